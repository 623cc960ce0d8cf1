"""What is known of coding agents without starting one: who they are, what their programs need, and how they would be let in."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autoexp.errors import AutoexpError
from autoexp.proposers.agents import surveying
from autoexp.proposers.agents.agent import Facts
from autoexp.proposers.agents.needs import missing_of, needed_node

EIGHT = {"claude-code", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini-swe-agent"}
FACTS = Facts(name="one", title="One", program="one", install="get one", key="ONE_KEY", logins=(".one/login.json",))


def test_eight_agents_are_known_with_program_and_install() -> None:
    known = surveying.known()
    assert set(known) >= EIGHT
    assert all(known[name].program and known[name].install and known[name].title for name in EIGHT)
    assert "command" not in known


@pytest.mark.parametrize("name", ["claude", "command", ""])
def test_name_of_no_agent_is_refused(name: str) -> None:
    with pytest.raises(AutoexpError, match="there is no agent") as refused:
        surveying.facts_of([name])
    assert "claude-code" in refused.value.fix


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        (">=22.19.0", (22, 19, 0)),
        (">= 20", (20,)),
        ("^20.11 || >=22.1.0", (20, 11)),
        (">=v18 <25", (18,)),
        ("*", ()),
        (22, ()),
        (None, ()),
    ],
)
def test_lowest_node_that_a_package_asks_for_is_read(tmp_path: Path, asked: object, needed: tuple[int, ...]) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/one"
    program.write_text("#!/usr/bin/env node\n")
    (tmp_path / "package.json").write_text(json.dumps({"engines": {"node": asked}}))
    assert needed_node(program) == needed


@pytest.mark.parametrize("package", ["", "{", "[]", '{"engines": []}', '{"engines": "22"}'])
def test_package_that_cannot_be_read_asks_for_nothing(tmp_path: Path, package: str) -> None:
    (tmp_path / "package.json").write_text(package)
    assert needed_node(tmp_path / "one") == ()


def test_agent_of_node_without_node_is_told_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"engines": {"node": ">=22"}}')
    program = tmp_path / "one"
    program.write_text("#!/usr/bin/env node\n")
    missing = missing_of(FACTS, program, "env: node: No such file", {"PATH": str(tmp_path / "nothing")})
    assert missing is not None
    assert "no program node on PATH" in missing.what
    assert missing.fix.startswith("install Node 22 or newer")


@pytest.mark.parametrize("there", [True, False])
def test_package_that_an_installation_leaves_out_is_named(tmp_path: Path, *, there: bool) -> None:
    packages = tmp_path / "lib/python3.12/site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").touch()
    program = tmp_path / "bin/mini"
    program.write_text(f"#!{tmp_path}/bin/python\n")
    if there:
        (packages / "mcp").mkdir()
    missing = missing_of(replace(FACTS, name="mini-swe-agent"), program, "", {})
    assert (missing is None) == there
    assert missing is None or missing.fix == f"{tmp_path}/bin/python -m pip install mcp"


def test_python_that_is_gone_is_told(tmp_path: Path) -> None:
    program = tmp_path / "one"
    program.write_text(f"#!{tmp_path}/gone/bin/python3\n")
    missing = missing_of(FACTS, program, "", {})
    assert missing is not None
    assert (missing.what, missing.fix) == (
        f"One runs on {tmp_path}/gone/bin/python3, which is gone",
        "install it again: get one",
    )


def test_program_that_is_no_script_lacks_nothing_that_is_known(tmp_path: Path) -> None:
    program = tmp_path / "one"
    program.write_bytes(b"\x7fELF\x02\x01\x01\xff\xfe")
    assert missing_of(FACTS, program, "No module named 'x'", {}) is None


def test_login_is_that_of_the_variable_then_of_the_file_else_none_or_unknown(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    key = "sk-of-somebody-0123456789"
    assert surveying.login_of(FACTS, home).state == "none"
    assert surveying.login_of(replace(FACTS, key="", logins=()), home).state == "unknown"
    assert surveying.login_of(FACTS, {**home, "ONE_KEY": " "}).state == "none"
    (tmp_path / ".one").mkdir()
    (tmp_path / ".one/login.json").write_text("{}")
    assert surveying.login_of(FACTS, home) == surveying.Login("file", "~/.one/login.json")
    both = surveying.login_of(FACTS, {**home, "ONE_KEY": key})
    assert both.state == "key"
    assert "ONE_KEY" in both.words
    assert "~/.one/login.json" in both.words
    assert key not in both.words
