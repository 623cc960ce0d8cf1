import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoexp.errors import AutoexpError
from autoexp.processes.environment import environment, remove

CALLER = {"PATH": "/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": "/somewhere", "KEY": "s3cret", "OTHER": "x"}


def test_path_lang_and_tz_pass_and_nothing_else():
    with environment(CALLER) as around:
        assert set(around.variables) == {"PATH", "LANG", "TZ", "HOME", "TMPDIR"}
        assert around.variables["HOME"] != "/somewhere"


def test_private_folders_exist_only_inside_the_block():
    with environment(CALLER) as around:
        places = [Path(around.variables[name]) for name in ("HOME", "TMPDIR")]
        assert all(place.is_dir() for place in places)
    assert not any(place.exists() for place in places)


def test_private_folders_go_also_when_made_read_only():
    with environment(CALLER) as around:
        home = Path(around.variables["HOME"])
        (home / "cache").mkdir()
        (home / "cache" / "module").write_text("x")
        (home / "cache").chmod(0o500)
        home.chmod(0o500)
    assert not home.parent.exists()


def test_the_contract_may_name_another_home():
    with environment(CALLER, env={"HOME": "/mine"}) as around:
        assert around.variables["HOME"] == "/mine"


def test_named_variables_come_from_the_caller_and_are_secret():
    with environment(CALLER, env_from=["KEY"]) as around:
        assert around.variables["KEY"] == "s3cret"
        assert around.secrets == ("s3cret",)


def test_a_variable_that_is_not_set_is_named():
    with (
        pytest.raises(AutoexpError, match="MISSING and GONE are not set"),
        environment(CALLER, env_from=["MISSING", "KEY", "GONE"]),
    ):
        pass


def test_a_name_that_no_shell_passes_on_is_refused():
    with pytest.raises(AutoexpError, match=r"'a\.b' is not a name"), environment(CALLER, env={"a.b": "1"}):
        pass


NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that also others than root can come to."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o777)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_a_folder_that_a_command_closed_to_everybody_is_removed(folder: Path):
    closed = folder / "home/deep/deeper"

    def as_somebody() -> None:
        closed.mkdir(parents=True)
        (closed / "login.json").touch()
        for place in (closed, closed.parent, closed.parent.parent):
            place.chmod(0)
        remove(folder / "home")

    child = os.fork()
    if child == 0:  # root could remove it anyway
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        as_somebody()
        os._exit(0)
    os.waitpid(child, 0)
    assert not (folder / "home").exists()
