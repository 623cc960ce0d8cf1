"""Links, executable bits, and names that differ in their letters' case: what a candidate may make of them, and what is kept."""

import pytest

from tests.end_to_end.conftest import CONTRACT, Project
from tests.end_to_end.repositories.contents import Tree, changed, command, scope, untouched

LINKS = {
    "src/to_file": "real.txt",
    "src/to_folder": "../other",
    "src/dangling": "nowhere",
    "src/absolute": "/etc/hostname",
    "src/out_of_tree": "../../../../../up",
    "src/left": "/etc/hostname",
    "linked": "src",
}


@pytest.fixture
def linked(project: Project) -> Project:
    for folder in ("src", "other"):
        (project.path / folder).mkdir()
    for name, text in (("src/real.txt", "real\n"), ("other/in.txt", "in\n"), ("src/tool.sh", "#!/bin/sh\n")):
        (project.path / name).write_text(text)
    (project.path / "src/tool.sh").chmod(0o755)
    for name, target in LINKS.items():
        (project.path / name).symlink_to(target)
    project.git("add", ".")
    project.git("commit", "-qm", "links")
    return project


def detail(project: Project, n: int) -> str:
    return str(project.shown(n)["detail"])


def test_links_may_go_and_become_files_and_none_may_come(linked: Project) -> None:
    scope(linked, "src/", "linked/in.txt")
    linked.edits(
        command(90, "rm src/to_file src/to_folder src/dangling src/absolute", "echo now a file > src/to_file"),
        command(89, "ln -sf to_file src/real.txt", "ln -s /etc/passwd src/new"),
        command(88, "ln -sfn real.txt src/out_of_tree", "echo x > other/in.txt"),
        command(87, "echo through the link > linked/real.txt"),
        command(86, "rm -r src", "ln -s other src"),
        command(99),
        command(85, "mkdir src/to_folder", "echo deep > src/to_folder/deep", "ln src/real.txt src/second_name"),
    )
    with untouched(linked):
        linked.run("run")
    outside = ["out_of_scope"]
    assert linked.statuses() == ["keep", "keep", *outside * 2, "keep", *outside, "discard", "keep"]
    assert changed(linked) == {
        b"src/to_file": ("100644", b"now a file\n"),
        b"src/to_folder": ("", b""),
        b"src/to_folder/deep": ("100644", b"deep\n"),
        b"src/dangling": ("", b""),
        b"src/absolute": ("", b""),
        b"src/real.txt": ("100644", b"through the link\n"),
        b"src/second_name": ("100644", b"through the link\n"),
        b"value.txt": ("100644", b"85\n"),
    }
    link = "is a symbolic link"
    assert detail(linked, 2) == f"cannot be taken: src/new {link}; cannot be taken: src/real.txt {link}"
    assert detail(linked, 3).startswith("changed outside of the scope: other/in.txt; cannot be taken: src/out_of_tree")
    assert detail(linked, 5) == "changed outside of the scope: src"


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("linked/real.txt", "linked is a link to src: name the files where they are"),
        ("linked", "linked is a link to src: name the files where they are"),
        ("src/Real.txt", "did you mean src/real.txt? Letters' case counts"),
        ("caf\u00e9.txt", "HEAD has cafe\u0301.txt in another Unicode form of the same letters"),
    ],
)
def test_scope_that_only_looks_like_a_file_is_refused_with_the_one_meant(
    linked: Project, pattern: str, hint: str
) -> None:
    (linked.path / "cafe\u0301.txt").write_text("x\n")
    linked.git("add", "cafe\u0301.txt")
    linked.git("commit", "-qm", "in the other form")
    linked.contract(CONTRACT.replace("[value.txt]", f'["{pattern}"]'))
    linked.edits(command(90))
    said = linked.run("run", code=2)
    assert f"matches no file of HEAD: {pattern}" in said
    assert hint in said


def test_executable_bits_are_taken_whatever_the_users_settings_say(linked: Project) -> None:
    for name, value in (("fileMode", "false"), ("symlinks", "false")):
        linked.git("config", f"core.{name}", value)
    scope(linked, "src/")
    linked.edits(
        command(90, "chmod -x src/tool.sh", "chmod +x src/real.txt"), command(95), command(80, "chmod +x src/tool.sh")
    )
    with untouched(linked):
        linked.run("run")
    assert linked.statuses() == ["keep", "keep", "discard", "keep"]
    real: Tree = {b"src/real.txt": ("100755", b"real\n")}
    first = linked.refs()["attempt/1"]
    tool: Tree = {b"src/tool.sh": ("100644", b"#!/bin/sh\n")}
    assert changed(linked, first) == real | tool | {b"value.txt": ("100644", b"90\n")}
    assert changed(linked) == real | {b"value.txt": ("100644", b"80\n")}


def test_names_that_differ_in_case_are_different_names(project: Project) -> None:
    if (project.path / "VALUE.TXT").exists():
        pytest.skip("this disk does not tell names apart that differ in case")
    for name in ("Both.txt", "both.txt", "Old.txt"):
        (project.path / name).write_text(f"{name}\n")
    project.git("add", ".")
    project.git("commit", "-qm", "case")
    project.git("config", "core.ignorecase", "true")
    scope(project, "[Bb]oth.txt", "[Oo]ld.txt")
    project.edits(
        command(90, "mv Old.txt old.txt", "echo more >> Both.txt"),
        command(95),
        command(80, "mv Both.txt x", "mv both.txt Both.txt", "mv x both.txt"),
        command(70, "echo no > OLD.txt"),
    )
    with untouched(project):
        project.run("run")
    assert project.statuses() == ["keep", "keep", "discard", "keep", "out_of_scope"]
    assert changed(project) == {
        b"Old.txt": ("", b""),
        b"old.txt": ("100644", b"Old.txt\n"),
        b"Both.txt": ("100644", b"both.txt\n"),
        b"both.txt": ("100644", b"Both.txt\nmore\n"),
        b"value.txt": ("100644", b"80\n"),
    }
