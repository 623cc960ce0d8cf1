"""Completion: what the shells ask by an environment variable, and a real bash that sources our script."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Project, write

AUTOEXP = Path(sys.executable).with_name("autoexp")


def offered(project: Project, line: str, *, repo: Path | None = None, code: int = 0) -> list[str]:
    """Give what bash would be offered at the end of a line; a line that ends with a space asks for a new word."""
    words = [*line.split(), *([""] if line.endswith(" ") else [])]
    if len(words) > 2:
        words[2:2] = ["--repo", str(repo or project.path).replace(" ", "\\ ")]
    project.environ = {
        "_AUTOEXP_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    out, err = project.ran(code=code)
    project.environ = {}
    assert not err
    return out.split()


def test_commands_options_and_values_are_offered(project: Project) -> None:
    project.edits(write(50), write(40))
    project.run("run")
    project.run("run", "--tag", "second", "--experiments", "1")
    assert offered(project, "autoexp sta") == ["status"]
    assert {"run", "try", "report"} <= set(offered(project, "autoexp "))
    assert offered(project, "autoexp run --expe") == ["--experiments"]
    assert offered(project, "autoexp status --tag ") == ["demo", "second"]
    assert offered(project, "autoexp status --tag se") == ["second"]
    assert offered(project, "autoexp show ") == ["1", "2"]
    assert offered(project, "autoexp diff --tag second ") == ["1"]
    assert offered(project, "autoexp log --format ts") == ["tsv"]
    assert "etl" in offered(project, "autoexp init --lab ")
    assert offered(project, "autoexp init --agent cl") == ["claude-code"]


def test_outside_of_a_repository_it_is_silent(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert offered(project, "autoexp status --tag ", repo=empty) == []
    assert offered(project, "autoexp show ", repo=empty / "nowhere") == []
    assert offered(project, "autoexp status ", repo=empty) == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_are_answered_in_their_own_words(project: Project, shell: str) -> None:
    project.environ = {
        "_AUTOEXP_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "autoexp conf",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    out, _ = project.ran()
    assert out.startswith({"zsh": '_arguments \'*: :(("confirm":', "fish": "confirm\t"}[shell])


def test_an_unknown_shell_is_no_noise(project: Project) -> None:
    project.environ = {"_AUTOEXP_COMPLETE": "complete_tcsh"}
    assert project.ran(code=1) == ("", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.skipif(not AUTOEXP.exists(), reason="autoexp is not installed as a program")
def test_a_real_bash_sources_the_script_and_completes(project: Project, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environ = {"PATH": f"{AUTOEXP.parent}:{os.environ['PATH']}", "HOME": str(home), "SHELL": "/bin/bash"}
    script = (
        "autoexp --install-completion >&2 || exit\n"
        'source "$HOME/.bash_completions/autoexp.sh"\n'
        "complete -p autoexp >&2 || exit\n"
        "COMP_WORDS=(autoexp init --lab re) COMP_CWORD=3\n"
        '_autoexp_completion autoexp\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
        "autoexp --show-completion | head -1\n"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environ, cwd=project.path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["regex", "replies", "_autoexp_completion() {"], done.stderr
    assert "autoexp.sh" in (home / ".bashrc").read_text(encoding="utf-8")
