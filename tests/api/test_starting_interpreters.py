"""The Python that a draft's commands start is named with its environment, and the lack of pytest in it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from autoexp.api import Answers
from autoexp.api.starting.interpreters import notes_on_python


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    return tmp_path / "bare"


def test_environment_is_named_and_pytest_that_is_not_there(bare: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "PATH": f"{bare}/bin:{os.environ['PATH']}"}
    answers = Answers(measure="cd x && python3 bench.py", checks="python3 -m pytest -q tests")
    lacking, seen = notes_on_python(answers, tmp_path, environ)
    assert lacking.startswith(
        f"--checks: python3 ({bare}/bin/python3) has no pytest: {bare}/bin/python3 -m pip install pytest"
    )
    assert f"the packages of the environment {bare}, also" in seen
    assert "harness.provide: [.venv]" in seen


def test_own_environment_of_autoexp_is_told_and_one_of_the_project_needs_no_word(bare: Path, tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", "import pytest"], check=True).returncode == 0
    (own,) = notes_on_python(
        Answers(measure=f"{sys.executable} b.py", checks=f"{sys.executable} -m pytest"), tmp_path, os.environ
    )
    assert f"{sys.prefix}, which is autoexp's own" in own
    said = Answers(measure="bare/bin/python b.py", checks="sh test.sh", provide=("bare",))
    assert list(notes_on_python(said, bare.parent, os.environ)) == []
    assert list(notes_on_python(Answers(measure="no-python here", checks="pythonless -m pytest"), tmp_path, {})) == []
