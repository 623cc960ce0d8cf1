"""The same sandboxes for a user without rights, who has an unusual environment."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pydantic
import pytest

import autoexp

UID = 12345
AS_ANOTHER = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs", "env", "-i"]
PROGRAM = """
import json, os, sys
from pathlib import Path
from autoexp.harness.sealed import content_of
from autoexp.processes import Limits, run
from autoexp.processes.sandbox import ladder
from autoexp.processes.sandbox.view import View
os.umask(0o077)
folder, path = Path(sys.argv[1]), os.environ["PATH"]
def box(level):
    (folder / "tree").mkdir(exist_ok=True)
    (folder / "private").mkdir(exist_ok=True)
    sandbox = ladder.choose(level, path, allow_none=False)
    home = (sandbox.homes or (str(folder / "private"),))[0]
    view = View(folder / "tree", path=path, private=folder / "private")
    finished = run(
        "id -u; pwd; touch $HOME/new && echo $HOME; cat /proc/1/environ; touch new", cwd=folder / "tree",
        env={"PATH": path, "HOME": home}, limits=Limits(20), stdout=folder / "out", stderr=folder / "err",
        marker=f"test-{os.getpid()}:", box=sandbox.box(view),
    )
    return [sandbox.level, finished.how, finished.returncode, finished.leftovers, (folder / "out").read_text().split("\\n")]
def sealed():
    try:
        return content_of([folder / "half"])
    except PermissionError as error:
        return os.path.basename(error.filename)
print(json.dumps(eval(sys.argv[2])))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder below the system's temporary one that belongs to the other user."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can become another user, by setpriv")
    with tempfile.TemporaryDirectory(prefix="autoexp-test-") as made:
        os.chown(made, UID, UID)
        yield Path(made)


def answer(folder: Path, asked: str, *, environ: Sequence[str] = ()) -> object:
    """Run a piece of the program as the other user and give what it says."""
    python = _python(sites := [str(Path(module.__file__).parents[1]) for module in (autoexp, pydantic)])
    variables = [f"PYTHONPATH={':'.join(sites)}", "PYTHONDONTWRITEBYTECODE=1", f"HOME={folder}", *environ]
    closed = pwd.getpwuid(0).pw_dir
    path = f"PATH={closed}/bin:{closed}/nothing/bin:/usr/bin:/bin"
    done = subprocess.run(
        [*AS_ANOTHER, path, *variables, python, "-c", PROGRAM, str(folder), asked],
        capture_output=True, text=True, check=False, timeout=120, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _python(sites: Sequence[str]) -> str:
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        ready = [*AS_ANOTHER, f"PYTHONPATH={':'.join(sites)}", python, "-c", "import autoexp, pydantic"]
        if subprocess.run(ready, capture_output=True, check=False, cwd="/").returncode == 0:
            return python
    pytest.skip("no Python that another user can run, with what autoexp needs")


@pytest.mark.parametrize("home", [(), ("HOME=",), ("HOME=/nonexistent",)])
def test_a_user_without_rights_gets_a_sandbox(folder: Path, home: Sequence[str]) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    told = ["bwrap", "exited", 1, 0, [str(UID), "/w", "/home/run", ""]]
    assert answer(folder, 'box("bwrap")', environ=home) == told


def test_a_user_without_rights_is_held_by_landlock(folder: Path) -> None:
    told = ["landlock", "exited", 1, 0, [str(UID), f"{folder}/tree", f"{folder}/private", ""]]
    assert answer(folder, 'box("landlock")') == told


def test_a_sealed_folder_that_cannot_be_read_as_a_whole_is_no_seal(folder: Path) -> None:
    (folder / "half/closed").mkdir(parents=True)
    (folder / "half/closed/file").write_text("x")
    (folder / "half/closed").chmod(0o700)
    assert answer(folder, "sealed()") == "closed"
