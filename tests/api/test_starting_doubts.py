"""init warns where the method does not suit what is asked for, names the word that tells it, and is silent elsewhere."""

from pathlib import Path

import pytest

from autoexp.api.starting.suiting import doubts
from autoexp.engine.feedback import feedback_notices
from autoexp.labs import gallery
from autoexp.spec import load

FEW = {"inside": 1, "tracked": 10}


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("Make the landing page more beautiful", ("'beautiful'", "judge", "docs/judge.md")),
        ("Improve the writing style of the docs", ("'writing style'", "rubric")),
        ("Compose better music", ("taste", "judge")),
        ("Better UX for the settings page", ("'UX'", "rubric")),
        ("Raise the conversion rate of the shop", ("'conversion rate'", "proxy")),
        ("Tune the flight control loop", ("'flight control'", "review")),
        ("Shorter dosing cycle of the infusion pump", ("'infusion pump'", "review")),
        ("Take less time for sending emails", ("'sending emails'", "cannot be undone")),
        ("Charge customers faster", ("'Charge customers'", "stand-in")),
        ("Make queries on the production database faster", ("'production database'", "stand-in")),
        ("Refactor the storage layer", ("'Refactor'", "one small change")),
        ("Invent a compression format", ("'Invent'", "search")),
    ],
)
def test_goal_that_does_not_suit_is_told_with_what_to_do(goal: str, words: tuple[str, ...]) -> None:
    found = " ".join(doubts(goal, ("sh bench.sh",), **FEW))
    assert all(word in found for word in words), found


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("terraform apply -auto-approve", "`terraform apply` changes real infrastructure"),
        ("terraform -chdir=infra apply", "changes real infrastructure"),
        ("kubectl apply -f deployment.yaml", "`kubectl apply` changes a cluster"),
        ("aws s3 cp out.csv s3://bucket/", "`aws s3 cp` acts on a cloud account"),
        ("curl -s -X POST https://api.example.com/send", "sends a request"),
        ("psql -h prod.example.com -f query.sql", "works on a production database"),
        ("python report.py | mail -s Report team@example.com", "`mail -s` sends mail"),
        ("npm publish", "`npm publish` publishes"),
        ("./deploy.sh && ./measure.sh", "waits for a deployment"),
        ("kubectl rollout status deployment/web", "waits for a deployment"),
        ("./start.sh; sleep 120; ./measure.sh", "`sleep 120` waits in every run"),
    ],
)
def test_command_that_acts_or_waits_is_told(command: str, words: str) -> None:
    found = " ".join(doubts("Make it faster", (command,), **FEW))
    assert words in found
    assert ("no network unless the contract opens it" in found) != ("waits" in found)


@pytest.mark.parametrize(
    "command",
    [
        "python bench.py",
        "terraform plan -out plan.bin",
        "kubectl get pods --dry-run=client",
        "curl -s -X POST http://127.0.0.1:8000/query -d @q.json",
        "psql -d staging -f query.sql",
        "git push_stats",
        "sleep 1; ./bench",
        "./bench --deployment small",
        "python aws_parser.py data",
        "#!/bin/sh\n# kubectl apply comes later, by hand\necho aws is away",
        "cargo bench --offline",
        "docker build -q . | xargs docker image inspect",
    ],
)
def test_harmless_command_is_not_warned_of(command: str) -> None:
    assert list(doubts("Make it faster", (command,), **FEW)) == []


@pytest.mark.parametrize(
    "goal",
    [
        "Make the parser faster",
        "Optimize the benchmark suite",
        "Let the music player start in less time",
        "Make sends of the event loop cheaper",
        "Raise the hit rate of the cache",
        "Reduce the latency of the checkout page",
        "Lower the error rate of the speech recogniser",
        "Render the template of the newsletter in fewer milliseconds",
        "Speed up the design rule checker",
        "Improve accuracy on held-out reviews of users",
    ],
)
def test_goal_that_suits_is_not_warned_of(goal: str) -> None:
    assert list(doubts(goal, ("python bench.py", "pytest -q"), **FEW)) == []


@pytest.mark.parametrize("name", gallery.names())
def test_labs_are_not_warned_of(tmp_path: Path, name: str) -> None:
    gallery.write(name, tmp_path / name)
    spec = load((tmp_path / name / "autoexp.yaml").read_text())
    commands = [text for text in (spec.harness.measure, spec.harness.checks) if isinstance(text, str)]
    assert list(doubts(spec.goal, commands, **FEW)) == []


def test_goal_of_taste_with_a_judge_is_not_warned_of() -> None:
    assert list(doubts("Make the replies funnier", ("python judge.py",), **FEW)) == []


@pytest.mark.parametrize(
    ("inside", "tracked", "words"),
    [
        (400, 5000, "400 of 5000 files"),
        (60, 60, "the whole repository"),
        (101, 102, "the whole repository"),
        (1, 1, ""),
        (15, 16, ""),
        (80, 400, ""),
    ],
)
def test_wide_scope_is_told(inside: int, tracked: int, words: str) -> None:
    found = " ".join(doubts("Make it faster", (), inside=inside, tracked=tracked))
    assert (words in found and "--edit" in found) if words else not found


def test_slow_run_is_told_with_the_way_out() -> None:
    assert "12 min" in next(doubts("Make it faster", (), sample_s=720.0, **FEW))
    assert list(doubts("Make it faster", (), sample_s=599.0, **FEW)) == []


def test_check_tells_of_noise_and_slowness_from_where_on_they_hurt() -> None:
    assert list(feedback_notices(noise=0.09, sample_s=60)) == []
    assert list(feedback_notices(noise=None, sample_s=600)) == []
    [noisy] = feedback_notices(noise=0.2, sample_s=1)
    assert "vary by 20%" in noisy
    assert "median" in noisy
    [slow] = feedback_notices(noise=0.01, sample_s=1200)
    assert "20 min" in slow
    assert "proxy" in slow
