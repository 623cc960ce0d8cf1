import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.proposers.agents.acp_client import allowed, ruling

OPTIONS = [
    {"optionId": "always", "kind": "allow_always"},
    {"optionId": "once", "kind": "allow_once"},
    {"optionId": "no", "kind": "reject_once"},
    {"optionId": "never", "kind": "reject_always"},
]


@pytest.mark.parametrize(
    "command",
    [
        "make test",
        "  make   test ",
        "uv run python x.py",
        "uv run python",
        "uv run python 'a;b' \"c|d\"",
        "uv run python a\\;b",
    ],
)
def test_a_command_that_a_pattern_names_is_allowed(command):
    assert allowed(command, ["make test", "uv run python *"])


@pytest.mark.parametrize(
    "command",
    [
        "make test2", "make", "", "sudo make test", "uv run pythonx", "uv run python x; rm y", "uv run python x && rm y",
        "uv run python x | sh", "uv run python x > y", "uv run python $(rm y)", "uv run python `rm y`", 'uv run python "$(rm y)"',
        'uv run python "`rm y`"', "uv run python x\nrm y", "uv run python x & rm y", "uv run python <(rm y)",
        "uv run python $'a' ; x", "uv run python 'x", "uv run python x \\", "uv run python # '\nrm y #'", "(make test)",
    ],
)  # fmt: skip
def test_what_a_pattern_does_not_name_as_a_whole_is_not_allowed(command):
    assert not allowed(command, ["make test", "uv run python *"])


@given(st.text(), st.lists(st.text(alphabet="ab *;'\"", max_size=6), max_size=3))
def test_nothing_is_allowed_by_patterns_that_a_shell_could_read_as_two_commands(command, patterns):
    if "*" not in patterns and allowed(command, patterns):
        assert "\n" not in command
        assert ";" not in command.replace("\\;", "") or "'" in command or '"' in command


def test_any_command_is_allowed_by_a_star_alone():
    assert allowed("a; b | c > d", ["*"])
    assert not allowed("a", [])


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "w").mkdir()
    (tmp_path / "w/out").symlink_to(tmp_path)
    return str(tmp_path / "w")


def ruled(tree: str, call: dict, *allow: str) -> str:
    return ruling(call, OPTIONS, workspace=tree, allow=list(allow)).kind


@pytest.mark.parametrize(
    "call",
    [
        {"kind": "read", "locations": [{"path": "/etc/passwd"}]},
        {"kind": "search"},
        {"kind": "edit", "locations": [{"path": "a.py"}]},
        {"kind": "edit", "rawInput": {"filePath": "sub/new.py"}},
        {"kind": "delete", "locations": [{"path": "a.py"}]},
        {"content": [{"type": "diff", "path": "a.py"}]},
        {"kind": "execute", "rawInput": {"command": "make test"}},
        {"kind": "execute", "rawInput": {"command": ["make", "test"]}},
        {"kind": "execute", "rawInput": {"command": ["/bin/bash", "-lc", "make test"]}},
        {"kind": "execute", "title": "make test"},
    ],
)
def test_reading_edits_inside_and_named_commands_are_permitted_once(tree, call):
    found = ruling(call, OPTIONS, workspace=tree, allow=["make *"])
    assert (found.kind, found.option) == ("allow_once", "once")


@pytest.mark.parametrize(
    "call",
    [
        {"kind": "edit", "locations": [{"path": "../b.py"}]},
        {"kind": "edit", "locations": [{"path": "a.py"}, {"path": "/etc/passwd"}]},
        {"kind": "edit", "locations": [{"path": "out/b.py"}]},
        {"kind": "edit", "locations": [{"path": "a.py"}], "rawInput": {"file_path": "/b.py"}},
        {"kind": "edit", "locations": [{"path": "a.py"}], "rawInput": {"changes": {"/b.py": {}}}},
        {"kind": "edit"},
        {"kind": "edit", "locations": [{"path": "."}]},
        {"kind": "execute", "rawInput": {"command": "rm -r ."}},
        {"kind": "execute", "rawInput": {"command": ["sh", "-c", "make test; rm -r ."]}},
        {"kind": "execute", "rawInput": {"command": ["make", "x; rm -r ."], "title": "make test"}, "title": "ls"},
        {"kind": "execute", "rawInput": {}, "title": "make test"},
        {"kind": "execute"},
        {"kind": "read", "rawInput": {"command": "rm -r ."}},
        {"kind": "edit", "locations": [{"path": "a.py"}], "rawInput": {"command": "rm -r ."}},
        {"kind": "fetch", "title": "https://example.com"},
        {"kind": "switch_mode"},
        {"kind": "other"},
        {"kind": ["read"]},
        {},
    ],
)
def test_all_else_is_rejected_once(tree, call):
    found = ruling(call, OPTIONS, workspace=tree, allow=["make test"])
    assert (found.kind, found.option) == ("reject_once", "no")


def test_nothing_is_ever_permitted_for_good(tree):
    always = [one for one in OPTIONS if one["kind"] != "allow_once"]
    found = ruling({"kind": "read"}, always, workspace=tree, allow=["*"])
    assert (found.kind, found.option) == ("cancelled", None)


def test_a_link_that_leads_out_is_outside(tree):
    assert ruled(tree, {"kind": "edit", "locations": [{"path": "out/x"}]}) == "reject_once"
    assert ruled(tree, {"kind": "edit", "locations": [{"path": "out/w/x"}]}) == "allow_once"
    assert Path(os.path.realpath(tree)).is_dir()
