"""The lab `regex`: what is said of its edits is true on both sides, its harness is armed, and what is learned by heart is overfit."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from autoexp.labs import gallery

LAB = Path(gallery.__file__).parent / "regex"
EDITS = {edit["description"]: edit for edit in YAML(typ="safe").load((LAB / "edits.yaml").read_text())}
TRUTH = {edit["description"]: edit for edit in json.loads((LAB / "truth.json").read_text())["edits"]}
BY_HEART = "learn the training addresses by heart"
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "HOME": "/nonexistent",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    gallery.write("regex", tmp_path / "lab")
    return tmp_path / "lab"


def python(lab: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=lab, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)


def f1(lab: Path, program: str) -> float:
    ended = python(lab, program)
    assert ended.returncode == 0, ended.stderr
    (value,) = re.findall(r"^METRIC f1=(\S+)$", ended.stdout, re.MULTILINE)
    return float(value)


def both(lab: Path) -> list[float]:
    return [f1(lab, "harness/bench.py"), f1(lab, "holdout/run.py")]


def apply(edit: dict, lab: Path) -> None:
    if "run" in edit:
        subprocess.run(["sh", "-c", edit["run"]], cwd=lab, env=ENVIRONMENT, check=True)
        return
    file, old, new = (edit["replace"][part] for part in ("file", "old", "new"))
    text = (lab / file).read_text()
    assert text.count(old) == 1, edit["description"]
    (lab / file).write_text(text.replace(old, new))


def apply_kept(lab: Path, *, before: str) -> None:
    for description, edit in EDITS.items():
        if description == before:
            return
        if edit["expect"] == "keep":
            apply(edit, lab)


def test_what_is_learned_by_heart_is_perfect_in_training_and_poor_on_others(lab: Path) -> None:
    apply_kept(lab, before=BY_HEART)
    apply(EDITS[BY_HEART], lab)
    assert python(lab, "harness/check.py").returncode == 0
    trained, held_out = both(lab)
    assert trained == 1.0
    assert held_out == pytest.approx(0.642, abs=0.0005)


@pytest.mark.long
def test_figures_of_the_truth_are_those_of_the_lab(lab: Path) -> None:
    now = both(lab)
    for description, edit in EDITS.items():
        kept = {path: path.read_text() for path in (lab / "pattern.txt", lab / "harness/score.py")}
        apply(edit, lab)
        truth = TRUTH[description]
        if "f1" in truth:
            after = both(lab)
            figures = list(zip(now, after, strict=True))
            assert figures == [pytest.approx(truth[side], abs=0.0001) for side in ("f1", "held_out")], description
            now = after if truth["class"] == "keep" else now
        if truth["class"] == "crash":
            assert python(lab, "harness/bench.py").returncode == 1
        if truth["class"] == "checks_failed":
            assert python(lab, "harness/check.py").returncode == 1
        if truth["class"] != "keep":
            for path, text in kept.items():
                path.write_text(text)
    assert now == [1.0, 1.0]


def test_every_edit_applies_to_the_first_version_and_changes_what_it_says(tmp_path: Path) -> None:
    for number, edit in enumerate(EDITS.values()):
        lab = tmp_path / str(number)
        gallery.write("regex", lab)
        before = {path: path.read_bytes() for path in lab.rglob("*") if path.is_file()}
        apply(edit, lab)
        changed = [str(path.relative_to(lab)) for path, text in before.items() if path.read_bytes() != text]
        assert changed == ["harness/score.py" if edit["expect"] == "out_of_scope" else "pattern.txt"]


def test_a_sample_reports_what_is_declared_and_repeats_exactly(lab: Path) -> None:
    first, again = python(lab, "harness/bench.py"), python(lab, "harness/bench.py")
    assert first.stdout == again.stdout
    declared = YAML(typ="safe").load((lab / "autoexp.yaml").read_text())["metrics"]
    assert re.findall(r"^METRIC (\S+)=", first.stdout, re.MULTILINE) == list(declared)


def test_labels_are_the_addresses_and_held_out_names_hosts_and_images_are_new(lab: Path) -> None:
    code = (
        "import sys; sys.path[:0] = ['harness', 'holdout']; import json, run, training; from words import WORDS\n"
        "texts = [(m.text, list(m.words())) for m in training.messages()]\n"
        "print(json.dumps([texts, training.PEOPLE, [vars(w) for w in (WORDS, run.UNSEEN)]]))"
    )
    texts, people, (seen, unseen) = json.loads(python(lab, "-c", code).stdout)
    assert sorted(word for _, words in texts for word in words) == sorted(set(people))
    assert all(re.fullmatch(r"[\w.+]+@[a-z0-9.-]+", word) for word in people)
    lures = [text for text, words in texts if not words]
    assert len(lures) > 20
    for kind in ("names", "families", "hosts", "images"):
        assert not set(seen[kind]) & set(unseen[kind]), kind


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("( [a-z]+ )+ @", "no whole answer within 2 s"),
        ("( @", "it raised re.error"),
        ("\\xff", ""),
    ],
    ids=["slow", "no pattern", "finds nothing"],
)
def test_a_pattern_is_all_that_a_candidate_can_bring_in(lab: Path, pattern: str, said: str) -> None:
    (lab / "pattern.txt").write_text(pattern)
    ended = python(lab, "harness/bench.py")
    assert (ended.returncode, "METRIC" in ended.stdout) == ((1, False) if said else (0, True))
    assert said in ended.stderr


@pytest.mark.parametrize("pattern", ["[a-z]*", "\\S+@\\S+\\ \\S+", "\\S*", ".+"])
def test_checks_refuse_matches_that_can_be_no_address(lab: Path, pattern: str) -> None:
    (lab / "pattern.txt").write_text(pattern)
    ended = python(lab, "harness/check.py")
    assert (ended.returncode, "is no address" in ended.stderr) == (1, True)


def campaign(folder: Path, *words: str) -> list[dict]:
    repository = folder / "lab"
    environ = {**os.environ, "HOME": str(folder), "AUTOEXP_CACHE_DIR": str(folder / "cache")}
    environ["PATH"] = ENVIRONMENT["PATH"]
    for command in (["init", "--lab", "regex"], ["run", *words]):
        argv = [sys.executable, "-m", "autoexp", *command, "--repo", str(repository)]
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    lines = (repository / ".autoexp/regex/experiments.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["n"] > 0]


def test_edit_that_learns_the_training_addresses_by_heart_is_overfit_and_honest_ones_are_kept(tmp_path: Path) -> None:
    rows = campaign(tmp_path, "--experiments", "4")
    assert [row["status"] for row in rows] == ["keep", "keep", "keep", "discard"]
    by_heart = rows[-1]
    assert (by_heart["description"], by_heart["metric"], by_heart["flags"]) == (BY_HEART, 1.0, ["overfit"])
    assert by_heart["reasons"][0].startswith("discarded, the holdout failed")


@pytest.mark.long
def test_a_campaign_gives_every_edit_what_it_deserves(tmp_path: Path) -> None:
    rows = campaign(tmp_path)
    deserved = gallery.deserved("regex")
    assert [row["description"] for row in rows] == list(EDITS)
    wrong = {row["description"]: row["status"] for row in rows if row["status"] not in deserved[row["description"]]}
    assert wrong == {}
    overfit = [row["description"] for row in rows if "overfit" in row["flags"]]
    assert overfit == [name for name, edit in TRUTH.items() if edit.get("flag") == "overfit"]
    kept = [row["metric"] for row in rows if row["status"] == "keep"]
    assert all(before < after for before, after in pairwise(kept))
    assert kept[-1] == 1.0
