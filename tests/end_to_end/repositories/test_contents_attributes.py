"""Line ends, encodings, keywords and filters: what is edited, measured and kept are the blobs, whatever the settings of the user's git say."""

import pytest

from tests.end_to_end.conftest import Project
from tests.end_to_end.repositories.contents import asked, changed, command, scope, untouched

LINES = b"".join(b"line %d\n" % n for n in range(60))
FILES = {
    "a.lf": LINES,
    "b.eol": LINES,
    "c.auto": LINES,
    "d.u16": "\u00e9 line 7\n".encode("utf-16"),
    "e.ident": b"$Id$\n" + LINES,
    "f.filtered": LINES,
    "g.driven": LINES,
    "h.unexported": LINES,
    "i.crlf": LINES.replace(b"\n", b"\r\n"),
    "j.mixed": LINES + LINES.replace(b"\n", b"\r\n"),
}
ATTRIBUTES = """\
*.eol text eol=crlf
*.auto text=auto
*.u16 text working-tree-encoding=UTF-16
*.ident ident
*.filtered filter=odd
*.driven merge=odd diff=odd
*.unexported export-ignore
"""
CLEAN = "filter.odd.clean"
DRIVERS = (CLEAN, "filter.odd.smudge", "diff.odd.command", "diff.odd.textconv", "merge.odd.driver")
EDIT = """\
import pathlib, sys
for path in pathlib.Path().glob("?.*"):
    path.write_bytes(path.read_bytes().replace(b"line 7", b"LINE " + sys.argv[1].encode(), 1))
"""


@pytest.fixture
def odd(project: Project) -> Project:
    """Give a project of a user whose git converts everything, in whose checkout all files stand converted."""
    (project.path / ".gitattributes").write_text(ATTRIBUTES)
    for name, data in FILES.items():
        (project.path / name).write_bytes(data)
    (project.path / "edit.py").write_text(EDIT)
    bench = (project.path / "bench.sh").read_text()
    (project.path / "bench.sh").write_text(f"cat ?.* > '{project.path.parent}/seen'\n{bench}")
    project.git("add", ".")
    project.git("commit", "-qm", "attributes")
    for name, value in (("autocrlf", "true"), ("eol", "crlf"), ("safecrlf", "true"), ("fileMode", "false")):
        project.git("config", f"core.{name}", value)
    for name in DRIVERS:
        change = "s/shown/line/" if name == CLEAN else "s/line/shown/"
        project.git("config", name, f"touch '{project.path.parent}/ran {name}'; sed {change}")
    for name in FILES:
        (project.path / name).unlink()
    project.git("checkout", "-q", "--", ".")
    assert b"shown 7\n" in (project.path / "f.filtered").read_bytes().replace(b"\r", b"")
    assert b"\r\n" in (project.path / "a.lf").read_bytes()
    return project


def ran(project: Project) -> set[str]:
    """Give the drivers that ran since the last look. The one that cleans the user's own file may: git asks it whether that is changed."""
    found = list(project.path.parent.glob("ran *"))
    for path in found:
        path.unlink()
    return {path.name.removeprefix("ran ") for path in found} - {CLEAN}


def blob(name: str) -> bytes:
    return "\u00e9 line 7\n".encode() if name == "d.u16" else FILES[name]


def expected(name: str, text: bytes) -> tuple[str, bytes]:
    return "100644", blob(name).replace(b"line 7", b"LINE " + text, 1)


def test_one_line_changed_is_one_line_and_blobs_are_measured(odd: Project) -> None:
    scope(odd, "?.*")
    told = odd.path.parent / "told"
    odd.edits(
        command(90, "python3 edit.py a", f"git diff --numstat > '{told}'", f"git status --porcelain >> '{told}'"),
        command(95, "python3 edit.py b"),
        command(80, "git -c core.autocrlf=true -c core.eol=crlf commit -qam mine --allow-empty", "git checkout -q ."),
    )
    with untouched(odd):
        assert ran(odd) == {"filter.odd.smudge"}
        odd.run("run", "--experiments", "1")
        assert (odd.path.parent / "seen").read_bytes() == b"".join(expected(name, b"a")[1] for name in FILES)
        odd.run("run")
        odd.run("diff", "1")
        assert ran(odd) == set()
    assert odd.statuses() == ["keep", "keep", "discard", "keep"]
    assert changed(odd) == {name.encode(): expected(name, b"a") for name in FILES} | {b"value.txt": ("100644", b"80\n")}
    lines = told.read_text().splitlines()
    assert lines[: len(lines) // 2] == [f"1\t1\t{name}" for name in FILES]
    numbers = asked(odd, "diff", "--numstat", "--no-ext-diff", "--no-textconv", "refs/autoexp/demo/attempt/1^!")
    assert numbers.decode().splitlines() == [f"1\t1\t{name}" for name in (*FILES, "value.txt")]
    assert odd.shown(1)["diff_lines"] == 2 * (len(FILES) + 1)
