"""Every mistake gives one clear error, with its place and the way out, and leaves everything as it was."""

import re
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Project, write
from tests.end_to_end.test_untouched import snapshot
from tests.mistakes import of_harness, of_record, of_repository, of_text
from tests.mistakes.case import Case

TABLE = [*of_text.CASES, *of_repository.CASES, *of_harness.CASES, *of_record.CASES]


def entries() -> list[object]:
    """Give each mistake with each command that tells it; the first command of a short one runs with every test run."""
    return [
        pytest.param(
            case,
            command,
            id=f"{case.name}, {command}",
            marks=[] if case.short and command == case.commands[0] else pytest.mark.long,
        )
        for case in TABLE
        for command in case.commands
    ]


def everything(project: Project) -> dict[str, object]:
    """Give what a refused command may not touch: checkout, index, HEAD, refs, journal, exports and the cache of the campaign."""
    git = project.path / ".git"
    held = [path for folder in (git / "autoexp", project.path / ".autoexp") for path in sorted(folder.rglob("*"))]
    files: dict[str, object] = {str(path): path.read_bytes() for path in held if path.is_file() and path.name != "lock"}
    files["folders"] = sorted(str(path) for path in held if path.is_dir())
    files["refs"] = project.git("for-each-ref")
    campaigns = [path.name for path in project.cache.glob("*") if re.fullmatch(r"[0-9a-f]{16}", path.name)]
    files["caches"] = sorted(campaigns)
    return {**snapshot(project.path), **files}


def said(project: Project, case: Case, command: str) -> str:
    name, *more = command.split(" --repo ")
    arguments = (name, "--no-audits") if name == "check" else (name,)
    out, err = project.ran(*arguments, code=case.code, repo=project.path / more[0] if more else None)
    assert "autoexp: " in err
    return out + err


@pytest.mark.parametrize(("case", "command"), entries())
def test_mistake_is_told_with_the_way_out_and_touches_nothing(project: Project, case: Case, command: str) -> None:
    project.edits(write(50))
    case.spoil(project)
    before = everything(project)
    told = said(project, case, command)
    assert case.family in told
    assert "fix:" in told or not case.fix
    assert case.fix in told
    for words in case.told:
        assert words in told
    assert "Traceback" not in told
    if case.recorded and command == "run":
        assert "baseline" in [event["event"] for event in project.journal()]
        assert snapshot(project.path) == {name: before[name] for name in snapshot(project.path)}
    else:
        assert everything(project) == before


def test_many_mistakes_of_different_kinds_are_told_at_once_sorted_by_line(project: Project) -> None:
    project.edits(write(50))
    of_repository.TEN(project)
    for command in ("run", "check"):
        told = project.ran(command, code=2)[1]
        assert f"{len(of_repository.TEN_KEYS)} mistakes in the contract" in told
        places = [line.split(": ")[:2] for line in told.splitlines() if line.startswith("autoexp.yaml:")]
        assert [(int(place.partition(":")[2]), key) for place, key in places] == of_repository.TEN_KEYS
    assert not (project.path / ".git/autoexp").exists()


@pytest.mark.parametrize("form", ["BOM", "CRLF", "both"])
def test_byte_order_mark_and_line_ends_of_windows_are_no_mistake(project: Project, form: str) -> None:
    project.edits(write(50))
    path = project.path / "autoexp.yaml"
    content = path.read_text(encoding="utf-8")
    content = content if form == "BOM" else content.replace("\n", "\r\n")
    path.write_bytes((content if form == "CRLF" else f"\ufeff{content}").encode())
    project.run("run")
    assert project.statuses() == ["keep", "keep"]


def test_page_of_errors_explains_every_family() -> None:
    page = (Path(__file__).parents[2] / "docs/errors.md").read_text(encoding="utf-8")
    assert [case.family for case in TABLE if case.family not in page] == []
