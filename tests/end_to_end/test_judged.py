"""Whole campaigns whose harness asks a judge: from inside of the sandbox, with a key that only the harness has."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from autoexp.processes.sandbox import ladder
from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import CONTRACT, Project, write
from tests.harness_kit.judged import between_marks

BENCH = """\
import os
from autoexp.harness_kit import isolated, judge, report, withhold
withhold("JUDGE_KEY")
seen = isolated("candidate.py:look", [()]).answers[0]
texts = {f"item-{n}": f"{n} {open('value.txt').read()}" for n in range(12)}
judge(
    texts, rubric="rubric.md", model="m", base_url=os.environ["JUDGE"], key_env="JUDGE_KEY", repeats=1,
    cache=os.environ["CACHE"],
).report("x")
report(ok=seen is None)
"""

CANDIDATE = "import os\ndef look(): return os.environ.get('JUDGE_KEY')\n"


@pytest.fixture(params=["bwrap", "landlock"])
def level(request: pytest.FixtureRequest) -> str:
    if not next(rung.holds for rung in ladder.rungs(os.environ["PATH"]) if rung.level == request.param):
        pytest.skip(f"the level {request.param} does not hold on this machine")
    return request.param


def score(request: Any) -> str:
    """Tell the number that the text holds, a little higher for each item."""
    number, value = between_marks(request.last)["TEXT"].split()
    return f"SCORE: {float(value) + int(number) / 100}"


def prepared(project: Project, level: str, model: FakeModel, cache: Path) -> None:
    python = Path(sys.executable).resolve()
    for name, text in (
        ("value.txt", "8\n"),
        ("bench.py", BENCH),
        ("rubric.md", "Low is good."),
        ("candidate.py", CANDIDATE),
    ):
        (project.path / name).write_text(text)
    project.git("add", ".")
    project.git("commit", "-q", "-m", "a judge")
    network = f'["127.0.0.1:{model.port}"]' if level == "bwrap" else "host"
    text = CONTRACT.replace('"sh bench.sh"', f'"{python} bench.py"').replace("timeout: 5s", "timeout: 60s")
    text = text.replace("measurement: {deterministic: true}\n", "")
    text = text.replace(
        "\n  checks:", f'\n  env: {{JUDGE: "{model.openai_url}", CACHE: "{cache}"}}\n  env_from: [JUDGE_KEY]\n  checks:'
    )
    sandbox = f'harness: {{level: {level}, network: {network}, write: ["{cache}"]}}'
    project.contract(text.replace("harness: {level: none}", sandbox))
    cache.mkdir()
    project.environ["JUDGE_KEY"] = "sk-of-the-judge"


def test_a_judge_is_asked_from_inside_and_its_scores_decide(project: Project, tmp_path: Path, level: str) -> None:
    cache = tmp_path / "judge cache"
    with FakeModel(handler=score, key="sk-of-the-judge", cost=0.01) as model:
        prepared(project, level, model, cache)
        project.edits(write(5), write(9), write(3), write(12))
        printed = project.run("run")
        assert project.statuses() == ["keep", "keep", "discard", "keep", "crash"], printed
        assert "is off the scale from 0 to 10" in project.run("show", "4")
        assert model.answered >= 4 * 12  # a text is judged once, however often it is measured
        assert model.answered - 4 * 12 <= 2 * 4  # and what is off the scale twice a thread at most
    status = project.status()
    assert status["incumbent"]["metrics"]["x"] == pytest.approx(3.055)
    assert 0.48 <= status["cost_usd"] <= 0.48 + 0.08 + 1e-9
    stored = [path for path in (project.path / ".git/autoexp").rglob("*") if path.is_file()]
    assert not [path for path in (*stored, *cache.iterdir()) if b"sk-of-the-judge" in path.read_bytes()]
    assert len(list(cache.iterdir())) == 4 * 12


def test_a_judge_that_refuses_its_key_pauses_the_campaign_and_costs_no_experiment(
    project: Project, tmp_path: Path
) -> None:
    expired = [True]

    def refusing(request: Any) -> Any:
        first = between_marks(request.last)["TEXT"].split()[1] == "8"
        return score(request) if first or not expired[0] else {"error": {"kind": "expired_key", "instead": True}}

    with FakeModel(handler=refusing, key="sk-of-the-judge") as model:
        prepared(project, "none", model, tmp_path / "cache")
        project.edits(write(5), write(9), write(3))
        printed = project.run("run", code=4)
        assert "refuses the key" in printed
        assert project.status()["experiments"] == 0
        expired[0] = False
        project.run("run")
    assert project.statuses() == ["keep", "infra_error", "infra_error", "infra_error", "keep", "discard", "keep"]
    assert project.status()["experiments"] == 3
