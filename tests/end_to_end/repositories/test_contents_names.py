"""Names may hold any bytes but NUL and slash: what is kept is right, and what is printed does nothing to a terminal."""

import json
import os
import re

from tests.end_to_end.conftest import Project, write
from tests.end_to_end.repositories.contents import asked, changed, command, scope, untouched

NAMES = (
    b"src/a b.txt",
    b"src/ lead",
    b"src/trail ",
    b'src/it\'s "so".txt',
    b"src/back\\slash.txt",
    b"src/-rf",
    b"src/star*?[x]",
    b"src/\xc3\xa9.txt",
    b"src/e\xcc\x81.txt",
    b"src/\xff\xfe.txt",
    b"src/new\nline\n",
    b"src/tab\there\r",
    b"src/\x1b[31mred",
    b"src/turned\xe2\x80\xaetxt",
    b"src/a\nfolder/x.py",
    b"-top.txt",
)
EDIT = """\
import os, sys
for folder, _, files in os.walk(b"src"):
    for name in files:
        with open(folder + b"/" + name, "ab") as file:
            file.write(sys.argv[1].encode())
with open("./-top.txt", "a") as file:
    file.write(sys.argv[1])
"""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


def test_any_name_is_changed_kept_and_printed(project: Project) -> None:
    for path in (project.path / os.fsdecode(name) for name in NAMES):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"old\n")
    (project.path / "edit.py").write_text(EDIT)
    project.git("add", ".")
    project.git("commit", "-qm", "names")
    scope(project, "src/*", "src/**/x.py", "-top.txt")
    project.edits(
        command(90, "python3 edit.py first"),
        command(95, "python3 edit.py second"),
        command(80, "mv 'src/a b.txt' \"$(printf 'src/new\\n\\377\\ttwo')\""),
        command(70, "touch \"$(printf 'edit\\n\\377.py')\" 'value.txt\n'"),
    )
    with untouched(project):
        project.run("run")
    assert project.statuses() == ["keep", "keep", "discard", "keep", "out_of_scope"]
    first = dict.fromkeys(NAMES, ("100644", b"old\nfirst")) | {b"value.txt": ("100644", b"90\n")}
    moved = {b"src/a b.txt": ("", b""), b"src/new\n\xff\ttwo": ("100644", b"old\nfirst")}
    assert changed(project, "refs/autoexp/demo/attempt/1") == first
    assert changed(project) == first | moved | {b"value.txt": ("100644", b"80\n")}
    assert project.shown(4)["detail"] == r'changed outside of the scope: "edit\n\377.py", "value.txt\n"'
    for words in (["show", "1"], ["show", "4"], ["log"], ["status"], ["repair", "--check"]):
        assert not CONTROL.search(project.run(*words)), words
    assert project.ran("diff", "3")[0].encode("utf-8", "surrogateescape").rstrip(b"\n") == asked(
        project, "-c", "core.quotePath=false", "diff", "--no-renames", "refs/autoexp/demo/attempt/3^!"
    ).rstrip(b"\n")
    project.run("report")
    assert "value 80" in (project.path / ".autoexp/demo/report.html").read_text(encoding="utf-8")
    assert len((project.path / ".autoexp/demo/results.tsv").read_text(encoding="utf-8").splitlines()) == 6


def test_folder_of_the_repository_may_have_any_name(project: Project) -> None:
    odd = project.path.with_name('it\'s: "\u00fc"\n\\ -x\t(1)')
    project.path = project.path.rename(odd)
    scope(project)
    project.edits(
        write(90), write(95), command(80, "git status --porcelain", "echo 1 > value.txt", "git commit -qam mine")
    )
    with untouched(project):
        project.run("run")
    assert project.statuses() == ["keep", "keep", "discard", "keep"]
    assert changed(project) == {b"value.txt": ("100644", b"80\n")}
    project.run("report")
    project.run("repair", "--check")
    lines = (odd / ".autoexp/demo/experiments.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["keep", "keep", "discard", "keep"]
    assert not CONTROL.search(project.run("show", "1"))
