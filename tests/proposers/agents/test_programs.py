"""Where an agent's program is found, and what of this machine a sandbox shows for it: enough to start, and not the user's HOME."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from autoexp.errors import AutoexpError
from autoexp.proposers.agents.agent import Facts
from autoexp.proposers.agents.programs import installation, program

FACTS = Facts(name="tool", title="The Tool", program="tool", install="npm install -g tool")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's HOME, with things in it that no agent has to see."""
    place = tmp_path / "user"
    (place / ".ssh").mkdir(parents=True)
    (place / ".ssh/id").write_text("private")
    monkeypatch.setenv("HOME", str(place))
    return place


def executable(path: Path, text: str = "#!/bin/sh\necho 1.0\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def link(path: Path, to: str | Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)
    return path


def shown(path: Path) -> list[Path]:
    return [bind.source for bind in installation(path)]


def covers(places: Sequence[Path], wanted: Path) -> bool:
    return any(wanted == place or place in wanted.parents for place in places)


def test_a_program_on_path_is_found_where_the_link_is(tmp_path: Path):
    real = executable(tmp_path / "lib/tool.js")
    found = link(tmp_path / "bin/tool", real)
    assert program(FACTS, "", {"PATH": f"/nowhere:{tmp_path}/bin"}) == found


def test_a_program_that_the_contract_names_goes_before_path(tmp_path: Path, home: Path):
    executable(tmp_path / "bin/tool")
    named = executable(home / "own/tool-nightly")
    environ = {"PATH": f"{tmp_path}/bin"}
    assert program(FACTS, str(named), environ) == named
    assert program(FACTS, "~/own/tool-nightly", environ) == named


@pytest.mark.parametrize(("named", "where"), [("", "proposer.kind"), ("/no/such/tool", "proposer.program")])
def test_a_missing_program_is_told_with_the_way_to_get_it(named: str, where: str, tmp_path: Path):
    with pytest.raises(AutoexpError) as raised:
        program(FACTS, named, {"PATH": str(tmp_path)})
    assert raised.value.what == f"The Tool is not installed: there is no program {named or 'tool'}"
    assert raised.value.where == where
    assert "npm install -g tool" in raised.value.fix
    assert "autoexp agents" in raised.value.fix


def test_a_file_that_cannot_be_started_is_no_program(tmp_path: Path):
    (tmp_path / "tool").write_text("not executable")
    with pytest.raises(AutoexpError, match="not installed"):
        program(FACTS, "", {"PATH": str(tmp_path)})


def test_a_package_of_npm_brings_what_lies_beside_it(tmp_path: Path, home: Path):
    modules = home / "agents/node_modules"
    real = executable(modules / "@some/tool/dist/cli.js")
    beside = executable(modules / "dependency/index.js")
    found = link(modules / ".bin/tool", "../@some/tool/dist/cli.js")
    places = shown(found)
    assert all(covers(places, one) for one in (found, real, beside))
    assert not covers(places, home / ".ssh/id")


def test_a_node_of_its_own_comes_as_a_whole(home: Path):
    version = home / ".nvm/versions/node/v24.1.0"
    node = executable(version / "bin/node")
    real = executable(version / "lib/node_modules/tool/cli.js")
    other = executable(home / ".nvm/versions/node/v18.0.0/bin/node")
    found = link(version / "bin/tool", "../lib/node_modules/tool/cli.js")
    places = shown(found)
    assert all(covers(places, one) for one in (found, real, node))
    assert not covers(places, other)
    assert not covers(places, home / ".ssh/id")


@pytest.mark.parametrize("tools", [".local/pipx/venvs/tool-chat", ".local/share/uv/tools/tool-chat"])
def test_a_tool_in_an_environment_of_its_own_brings_it_and_its_python(home: Path, tmp_path: Path, tools: str):
    python = executable(tmp_path / "pythons/cpython-3.12/bin/python3.12")
    venv = home / tools
    real = executable(venv / "bin/tool", f"#!{venv}/bin/python\n")
    (venv / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
    module = executable(venv / "lib/python3.12/site-packages/tool/main.py")
    found = link(home / ".local/bin/tool", real)
    places = shown(found)
    assert all(covers(places, one) for one in (found, real, module, python))
    assert not covers(places, home / ".ssh/id")


def test_a_program_with_versions_beside_it_is_shown_with_its_link(home: Path):
    real = executable(home / ".local/share/tool/versions/2.1.0")
    found = link(home / ".local/bin/tool", real)
    places = shown(found)
    assert all(covers(places, one) for one in (found, real))
    assert not covers(places, home / ".ssh/id")


def test_a_program_that_lies_in_home_itself_does_not_show_home(home: Path):
    found = executable(home / "tool")
    assert shown(found) == [found]
    linked = link(home / ".local/bin/tool2", found)
    assert not covers(shown(linked), home / ".ssh/id")


def test_nothing_is_shown_twice(home: Path):
    real = executable(home / "agents/node_modules/tool/cli.js")
    places = shown(link(home / "agents/node_modules/.bin/tool", real))
    assert not any(covers([one], other) for one in places for other in places if one != other)
