"""Portable operations: whichever tools a client offers, the same turn makes the same change."""

import json
import subprocess

import pytest

from autoexp.testing.fake_model import FakeModel

from .clients import ask, text

EDIT = {"text": "bigger", "edit": {"path": "a.py", "old": "x = 1", "new": "x = 'it''s'"}}
WRITE = {"write": {"path": "b.txt", "content": "it's\n100% new\n"}}


def test_an_edit_uses_the_tool_and_the_names_that_are_offered() -> None:
    first = _call(EDIT, {"name": "Edit", "parameters": _properties("file_path", "old_string", "new_string")})
    assert first == ("Edit", {"file_path": "/w/a.py", "old_string": "x = 1", "new_string": "x = 'it''s'"})
    second = _call(EDIT, {"name": "edit", "parameters": _properties("filePath", "oldString", "newString")})
    assert second == ("edit", {"filePath": "/w/a.py", "oldString": "x = 1", "newString": "x = 'it''s'"})
    third = _call(EDIT, {"name": "edit", "parameters": _properties("path", "edits")})
    assert third == ("edit", {"path": "/w/a.py", "edits": [{"oldText": "x = 1", "newText": "x = 'it''s'"}]})


def test_reading_and_writing_use_their_tools() -> None:
    assert _call({"read": "a.py"}, {"name": "read_file", "parameters": _properties("absolute_path")}) == (
        "read_file",
        {"absolute_path": "/w/a.py"},
    )
    assert _call(WRITE, {"name": "Write", "parameters": _properties("file_path")})[1]["content"] == "it's\n100% new\n"


@pytest.mark.parametrize(("shell", "key"), [("bash", "command"), ("exec_command", "cmd")])
def test_a_shell_alone_makes_the_same_changes(tmp_path, shell, key) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    for turn in (EDIT, WRITE, {"bash": "cp b.txt c.txt"}):
        name, args = _call(turn, {"name": shell, "parameters": _properties(key)})
        assert name == shell
        subprocess.run(["bash", "-c", args[key]], cwd=tmp_path, check=True)
    assert (tmp_path / "a.py").read_text() == "x = 'it''s'\n"
    assert (tmp_path / "c.txt").read_text() == "it's\n100% new\n"


def test_a_client_without_tools_gets_blocks_or_commands_in_the_text() -> None:
    turns = [{"read": "a.py"}, EDIT, WRITE]
    with FakeModel(turns=turns) as model:
        blocks = [_say(model, "answer with SEARCH/REPLACE blocks") for _ in range(2)]
    assert "a.py\n```\n<<<<<<< SEARCH\nx = 1\n=======\nx = 'it''s'\n>>>>>>> REPLACE\n```" in blocks[0]
    assert "<<<<<<< SEARCH\n=======\nit's\n100% new\n>>>>>>> REPLACE" in blocks[1]
    with FakeModel(turns=turns) as model:
        assert _say(model, "write one ```mswea_bash_command block") == "\n```mswea_bash_command\ncat a.py\n```"


def test_a_block_that_writes_a_file_replaces_what_the_client_shows_of_it() -> None:
    shown = "SEARCH/REPLACE\n\na.txt\n```\nold\n```\n\nb.txt\n```\none\n\ntwo\n```\n\nnow"
    with FakeModel(turns=[WRITE, {"write": {"path": "empty.txt", "content": "1"}}]) as model:
        said = [_say(model, f"{shown}\n\nempty.txt\n```\n```") for _ in range(2)]
    assert said[0] == "\nb.txt\n```\n<<<<<<< SEARCH\none\n\ntwo\n=======\nit's\n100% new\n>>>>>>> REPLACE\n```"
    assert said[1] == "\nempty.txt\n```\n<<<<<<< SEARCH\n=======\n1\n>>>>>>> REPLACE\n```"


def test_a_missing_tool_is_told_in_the_text() -> None:
    with FakeModel(turns=[EDIT]) as model:
        tools = [{"type": "function", "function": {"name": "search", "parameters": {}}}]
        assert text("chat", ask(model.url, tools=tools)[2]) == "fake_model: no tool for edit among search"


def test_tools_that_a_client_brings_along_in_its_messages_are_used() -> None:
    inner = [{"type": "custom", "name": "exec"}]
    brought = {"type": "additional_tools", "tools": [{"type": "namespace", "name": "functions", "tools": inner}]}
    with FakeModel(turns=[{"bash": "ls"}]) as model:
        body = json.loads(ask(model.url, "responses", input=[brought, {"role": "user", "content": "go"}])[2])
    assert body["output"][0]["name"] == "exec"
    assert '{"cmd": "ls"}' in body["output"][0]["input"]


def test_free_text_tools_of_responses_get_their_input() -> None:
    with FakeModel(turns=[{"tool_calls": [{"name": "apply_patch", "input": "*** Begin Patch"}]}]) as model:
        item = json.loads(ask(model.url, "responses", tools=[{"type": "custom", "name": "apply_patch"}])[2])["output"][
            0
        ]
    assert (item["type"], item["input"]) == ("custom_tool_call", "*** Begin Patch")


def _properties(*names):
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def _call(turn, function):
    messages = [{"role": "user", "content": "working directory: /w\nhi"}]
    with FakeModel(turns=[turn]) as model:
        raw = ask(model.url, messages=messages, tools=[{"type": "function", "function": function}])[2]
    called = json.loads(raw)["choices"][0]["message"]["tool_calls"][0]["function"]
    return called["name"], json.loads(called["arguments"])


def _say(model, prompt):
    return text("chat", ask(model.url, messages=[{"role": "user", "content": prompt}])[2])
