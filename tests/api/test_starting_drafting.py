"""What is not said is read off HEAD, what is said stays, and a contract is taken over whole."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autoexp import api
from autoexp.errors import AutoexpError, ContractError
from autoexp.spec import load

ANSWERS = api.Answers(goal="Faster", propose="true")
MODULE = "def count(text):\n    return len(text)\n"
TEXTS = {
    "src/counting/words.py": MODULE,
    "tests/test_words.py": "def test_one():\n    assert True\n",
    "bench.py": 'print("METRIC count_ms=1")\n',
    "pyproject.toml": '[project]\nname = "counting"\n',
}


def committed(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True)
    return folder


def test_all_is_found_out_and_told_with_its_source(tmp_path: Path) -> None:
    drafted = api.draft(committed(tmp_path, TEXTS), ANSWERS, environ=os.environ)
    found = drafted.answers
    assert "bench.py" in found.measure
    assert "pytest" in found.checks
    assert drafted.matched() == ("src/counting/words.py",)
    told = "\n".join(drafted.told)
    assert all(words in told for words in ("measure: ", "bench.py", "checks: ", "edit: "))


def test_what_is_said_goes_before_what_is_found(tmp_path: Path) -> None:
    said = replace(ANSWERS, measure="python3 src/counting/words.py", checks="none", edit=("bench.py",))
    drafted = api.draft(committed(tmp_path, TEXTS), said, environ=os.environ)
    found = drafted.answers
    assert (found.measure, found.checks, found.edit) == ("python3 src/counting/words.py", "", ("bench.py",))
    assert not any(line.startswith(("measure:", "checks:", "edit:")) for line in drafted.told)


def test_folder_of_a_repository_has_its_own_commands_and_paths_from_the_top(tmp_path: Path) -> None:
    texts = {**TEXTS, ".gitignore": ".venv/\n"}
    committed(tmp_path, {f"packages/one/{name}": text for name, text in texts.items()})
    (tmp_path / "packages/one/.venv/bin").mkdir(parents=True)
    (tmp_path / "packages/one/.venv/bin/python").touch()
    drafted = api.draft(tmp_path / "packages/one", ANSWERS, environ=os.environ)
    assert drafted.answers.cwd == "packages/one"
    assert drafted.answers.measure.startswith(".venv/bin/python")
    assert (drafted.answers.provide, drafted.blocked) == (("packages/one/.venv",), "")
    assert load(api.contract_text(drafted.answers)).harness.provide == ("packages/one/.venv",)
    assert drafted.matched() == ("packages/one/src/counting/words.py",)


def test_patterns_survive_the_file() -> None:
    edit = ("!a/b", "*.py", "# c", "/[x].js", "%d", "@a", "- b", "a: b", "é ü", "src/**")
    said = replace(ANSWERS, measure="m", edit=edit, hidden=("!x", "h/**"))
    spec = load(api.contract_text(said))
    assert (spec.scope.edit, spec.scope.hidden) == (edit, ("!x", "h/**"))


def test_command_of_the_top_stays_one_of_the_top(tmp_path: Path) -> None:
    committed(tmp_path, {"tools/bench.py": "print(1)\n", "sub/a.py": MODULE})
    said = replace(ANSWERS, measure="python3 tools/bench.py", edit=("sub/a.py",))
    assert api.draft(tmp_path / "sub", said, environ=os.environ).answers.cwd == ""


def test_what_nobody_says_and_nothing_shows_is_refused(tmp_path: Path) -> None:
    drafted = api.draft(committed(tmp_path, {".gitignore": "x\n"}), ANSWERS, environ=os.environ)
    with pytest.raises(AutoexpError, match="--measure and --edit must be given"):
        api.refuse_incomplete(drafted)


def test_folder_without_anything_points_to_the_top_that_has_it(tmp_path: Path) -> None:
    committed(tmp_path, {**TEXTS, "docs/pages/a.txt": "x\n"})
    drafted = api.draft(tmp_path / "docs/pages", ANSWERS, environ=os.environ)
    with pytest.raises(AutoexpError, match=f"autoexp init --repo {tmp_path}"):
        api.refuse_incomplete(drafted)


def test_without_a_run_the_name_comes_from_the_unit_and_that_is_told(tmp_path: Path) -> None:
    said = replace(ANSWERS, measure="python3 new.py", edit=("*.py",), unit="us")
    seen = api.untried(api.draft(committed(tmp_path, {"a.py": MODULE}), said, environ=os.environ))
    assert (seen.draft.answers.metric, seen.draft.answers.direction) == ("time_us", "lower")
    assert any("METRIC time_us=NUMBER" in note for note in seen.draft.notes)
    assert any("there is no file new.py" in note for note in seen.draft.notes)


CONTRACT = """\
# mine
version: 1
goal: Small.   # said so
scope: {edit: [a.py]}
harness: {measure: "python3 a.py"}
metrics: {x: {role: primary, direction: lower}}
proposer: {kind: command, command: "true"}
"""


@pytest.mark.parametrize("source", ["", "autoexp.yaml"])
def test_contract_is_taken_over_with_its_comments_and_its_page(tmp_path: Path, source: str) -> None:
    committed(tmp_path / "new", {"a.py": MODULE})
    (tmp_path / "old").mkdir()
    (tmp_path / "old/autoexp.yaml").write_text(CONTRACT)
    (tmp_path / "old/program.md").write_text("Known.\n")
    started = api.take_over(tmp_path / "new", tmp_path / "old" / source, api.Answers(name="second"))
    assert isinstance(started, api.Started)
    text = (tmp_path / "new/autoexp.yaml").read_text()
    assert "# mine" in text
    assert "# said so" in text
    assert (load(text).name, load(text).goal) == ("second", "Small.")
    assert (tmp_path / "new/program.md").read_text() == "Known.\n"


@pytest.mark.parametrize(
    ("answers", "text", "words"),
    [
        (api.Answers(measure="m"), CONTRACT, "--measure would change it"),
        (api.Answers(), "version: 1\n", "required key is missing"),
        (api.Answers(name="No Tag"), CONTRACT, "a tag has"),
        (api.Answers(), "", "nothing to take over"),
    ],
)
def test_contract_that_cannot_be_taken_over_writes_nothing(
    tmp_path: Path, answers: api.Answers, text: str, words: str
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "old").mkdir()
    if text:
        (tmp_path / "old/autoexp.yaml").write_text(text)
    with pytest.raises((AutoexpError, ContractError), match=words):
        api.take_over(tmp_path / "new", tmp_path / "old", answers)
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("layout", ["flat", "folder"])
def test_session_of_pi_autoresearch_gives_its_answers(tmp_path: Path, layout: str) -> None:
    names = (
        ("autoresearch.jsonl", "autoresearch.md", "autoresearch.sh", "autoresearch.checks.sh")
        if layout == "flat"
        else (".auto/log.jsonl", ".auto/prompt.md", ".auto/measure.sh", ".auto/checks.sh")
    )
    config = (
        '{"type": "config", "name": "Faster", "metricName": "total time", "metricUnit": "µs", "bestDirection": "lower"}'
    )
    page = "# Autoresearch: x\n\n## Files in Scope\n- `src/a.py`: the loop\n\n## Off Limits\n- `b.py`\n"
    for name, text in zip(names, (f"{config}\n{{broken\n", page, "echo METRIC total_time=1\n", "true\n"), strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = api.take_over(tmp_path, tmp_path, api.Answers())
    assert found == api.Answers(
        goal="Faster",
        measure=names[2],
        checks=names[3],
        edit=("src/a.py",),
        metric="total_time",
        unit="µs",
        direction="lower",
    )
