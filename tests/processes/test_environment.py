from pathlib import Path

import pytest

from autoexp.errors import AutoexpError
from autoexp.processes.environment import environment

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
