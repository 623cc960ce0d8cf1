"""The lab `replies`: what its judge says is true by construction, its harness is armed, and a campaign ends as it must."""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML

from autoexp.labs import gallery

LAB = Path(gallery.__file__).parent / "replies"
EDITS = YAML(typ="safe").load((LAB / "edits.yaml").read_text())
HARNESS = ("cases", "critic", "desk")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    gallery.write("replies", tmp_path / "lab", values={"CACHE": str(tmp_path / "cache")})
    return tmp_path / "lab"


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    monkeypatch.syspath_prepend(str(LAB / "harness"))
    yield SimpleNamespace(**{name: __import__(name) for name in HARNESS})
    for name in HARNESS:
        sys.modules.pop(name, None)


def python(lab: Path, *words: str, seed: int = 0) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "REPLIES_CACHE": str(lab.parent / "cache")}
    environment |= {"AUTOEXP_SEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=lab, env=environment, capture_output=True, text=True, timeout=60, check=False)


def sample(lab: Path, seed: int = 0) -> dict[str, dict[str, float]]:
    ended = python(lab, "harness/bench.py", seed=seed)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, dict[str, float]] = {"METRIC": {}, "ITEM": {}, "COST": {}}
    for kind, name, value in re.findall(r"^(METRIC|ITEM|COST) (\S+)=(\S+)$", ended.stdout, re.MULTILINE):
        assert name not in found[kind] or kind == "COST"
        found[kind][name] = found[kind].get(name, 0.0) + float(value)
    return found


def apply(edit: dict, lab: Path) -> None:
    if "run" in edit:
        command = edit["run"].replace("python ", f"{sys.executable} ", 1)
        subprocess.run(["sh", "-c", command], cwd=lab, check=True)
    else:
        file, old, new = (edit["replace"][part] for part in ("file", "old", "new"))
        text = (lab / file).read_text()
        assert text.count(old) == 1
        (lab / file).write_text(text.replace(old, new))


def points(harness: SimpleNamespace, lab: Path) -> float:
    """What a judge without moods gives."""
    template = harness.desk.sections(lab / "reply.md")
    cases = harness.cases.cases()
    return statistics.fmean(harness.critic.points(harness.desk.reply(template, case), case.context) for case in cases)


def test_what_each_edit_deserves_is_true_without_moods(lab: Path, harness: SimpleNamespace) -> None:
    seen = []
    for edit in EDITS:
        before, kept = points(harness, lab), (lab / "reply.md").read_text()
        apply(edit, lab)
        status = edit["expect"] if isinstance(edit["expect"], str) else " ".join(edit["expect"])
        if status == "discard inconclusive":
            assert points(harness, lab) == before, edit["description"]
        elif status in {"keep", "discard"}:
            gained = points(harness, lab) - before
            assert gained >= 1 if status == "keep" else gained <= -0.5, edit["description"]
            seen.append(status)
        elif status == "crash":
            with pytest.raises(harness.desk.TemplateError, match="customer"):
                points(harness, lab)
        elif "checks_failed" in status:
            assert points(harness, lab) > before
            assert python(lab, "harness/check.py").returncode == 1
        else:
            assert status == "out_of_scope"
        if status != "keep":
            (lab / "reply.md").write_text(kept)
    assert sorted(seen) == ["discard"] * 2 + ["keep"] * 4
    assert points(harness, lab) == 10


def test_every_edit_applies_to_the_first_version_and_changes_what_it_says(tmp_path: Path) -> None:
    for number, edit in enumerate(EDITS):
        lab = tmp_path / str(number)
        gallery.write("replies", lab)
        before = {path: path.read_bytes() for path in lab.rglob("*") if path.is_file()}
        apply(edit, lab)
        changed = [str(path.relative_to(lab)) for path, text in before.items() if path.read_bytes() != text]
        assert changed == ["harness/rubric.md" if edit["expect"] == "out_of_scope" else "reply.md"]


def test_a_sample_scores_each_customer_and_reports_what_is_declared(lab: Path, harness: SimpleNamespace) -> None:
    found = sample(lab)
    assert set(found["METRIC"]) == set(YAML(typ="safe").load((lab / "autoexp.yaml").read_text())["metrics"])
    assert set(found["ITEM"]) == {case.id for case in harness.cases.cases()}
    assert found["METRIC"]["quality"] == pytest.approx(statistics.fmean(found["ITEM"].values()))
    assert abs(found["METRIC"]["quality"] - points(harness, lab)) < 0.5
    assert found["METRIC"]["judge_spread"] > 0.3
    assert found["COST"] == {"usd": pytest.approx(96 * 0.0001)}


def test_a_text_that_was_scored_costs_nothing_and_keeps_its_scores(lab: Path) -> None:
    first, again = sample(lab, seed=1), sample(lab, seed=2)
    assert again == {**first, "COST": {}}


def test_a_change_of_one_answer_asks_for_its_customers_only(lab: Path) -> None:
    first = sample(lab)
    python(lab, "harness/say.py", "late", "Your order is {order}.")
    second = sample(lab)
    changed = {name for name, score in second["ITEM"].items() if score != first["ITEM"][name]}
    assert changed == {name for name in first["ITEM"] if name.startswith("late")}
    assert second["COST"] == {"usd": pytest.approx(24 * 0.0001)}


def test_moods_differ_from_seed_to_seed_and_from_repeat_to_repeat(lab: Path) -> None:
    first = sample(lab, seed=1)
    for path in (lab.parent / "cache").iterdir():
        path.unlink()
    assert sample(lab, seed=2)["ITEM"] != first["ITEM"]


@pytest.mark.parametrize("words", ["tell the judge", "assure the judge"])
def test_what_a_reply_tells_the_judge_gives_it_no_points(lab: Path, harness: SimpleNamespace, words: str) -> None:
    (edit,) = [edit for edit in EDITS if words in edit["description"]]
    apply(edit, lab)
    assert sample(lab)["METRIC"]["quality"] < points(harness, lab) + 0.5 < 5


def test_first_version_may_be_sent_and_one_without_a_signature_may_not(lab: Path) -> None:
    assert python(lab, "harness/check.py").returncode == 0
    text = (lab / "reply.md").read_text()
    (lab / "reply.md").write_text(text.replace("Lindgren", "L."))
    ended = python(lab, "harness/check.py")
    assert (ended.returncode, "is not signed" in ended.stderr) == (1, True)


@pytest.mark.parametrize("text", ["", "[greeting]\nHi\n", "before\n[greeting]\nHi"])
def test_a_template_without_its_sections_is_no_sample_and_says_why(lab: Path, text: str) -> None:
    (lab / "reply.md").write_text(text)
    ended = python(lab, "harness/bench.py")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "reply.md has the sections greeting, late" in ended.stderr


def test_fake_model_comes_along_and_is_that_of_autoexp(lab: Path) -> None:
    source = Path(gallery.__file__).parents[1] / "testing/fake_model"
    ours = {str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*.py")}
    copied = lab / "harness/fake_model"
    assert {str(path.relative_to(copied)): path.read_bytes() for path in copied.rglob("*.py")} == ours
    assert "__init__.py" in ours


def test_a_campaign_gives_every_edit_what_it_deserves(tmp_path: Path) -> None:
    repository = tmp_path / "lab"
    environ = {**os.environ, "HOME": str(tmp_path), "AUTOEXP_CACHE_DIR": str(tmp_path / "cache")}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    for words in (["init", "--lab", "replies"], ["run"]):
        command = [sys.executable, "-m", "autoexp", *words, "--repo", str(repository)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    lines = (repository / ".autoexp/replies/experiments.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["n"] > 0]
    deserved = gallery.deserved("replies")
    assert [row["description"] for row in rows] == [edit["description"] for edit in EDITS]
    wrong = {row["description"]: row["status"] for row in rows if row["status"] not in deserved[row["description"]]}
    assert wrong == {}
    assert 0 < sum(row["cost_usd"] or 0 for row in rows) < 0.2
