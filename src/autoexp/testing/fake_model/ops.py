"""Portable operations (read, write, edit, bash) as calls of whichever tools a request offers, or as text that an agent parses."""

import json
import posixpath
import re
import shlex
from typing import Any

from .scenario import Turn, ops_of
from .wire.reply import Call
from .wire.request import Json, Request

_TOOLS = {
    "write": ("Write", "write", "write_file", "create_file"),
    "edit": ("Edit", "edit", "replace", "search_replace", "edit_file"),
    "read": ("Read", "read", "read_file"),
}
_SHELLS = (
    "Bash",
    "bash",
    "run_shell_command",
    "exec_command",
    "shell_command",
    "shell",
    "local_shell",
    "execute_bash",
    "developer__shell",
    "terminal",
)
_PATHS = ("file_path", "filePath", "path", "absolute_path")
_OLDS = ("old_string", "oldString", "oldText", "old_text", "old_str")
_FENCE = re.compile(r"```(mswea_bash_command|bash)\b")


def parses_replies(request: Request) -> bool:
    """Tell whether the client reads edits out of the text of a reply instead of offering tools."""
    return not request.tools and ("SEARCH/REPLACE" in request.text or bool(_FENCE.search(request.text)))


def wants_blocks(request: Request) -> bool:
    """Tell whether the client asks for search/replace blocks."""
    return not request.tools and "SEARCH/REPLACE" in request.text


def spoken(request: Request, turn: Turn) -> tuple[str, tuple[Call, ...]]:
    """Return the text and the calls of a turn, as this client can use them. Raises LookupError when it has no tool for one."""
    ops = [(name, _arguments(name, given)) for name, given in ops_of(turn)]
    text = turn.get("text", "")
    calls = tuple(_literal(call, cwd=request.cwd) for call in turn.get("tool_calls", ()))
    if not ops:
        return text, calls
    if request.tools:
        return text, calls + tuple(_call(request, name, given) for name, given in ops)
    return _as_text(request, text, ops), calls


def _arguments(name: str, given: Any) -> Json:
    if isinstance(given, str):
        return {"command": given} if name == "bash" else {"path": given}
    return dict(given)


def _literal(call: Any, *, cwd: str) -> Call:
    args = call.get("args", call.get("arguments", {}))
    placed = json.loads(json.dumps(args).replace("${cwd}", json.dumps(cwd)[1:-1]))
    return Call(call["name"], placed, call.get("input"), call.get("namespace"))


def _call(request: Request, name: str, given: Json) -> Call:
    tool = next((tool for tool in _TOOLS.get(name, ()) if tool in request.tools), None)
    if tool:
        return Call(tool, _file_arguments(request, tool, name, given))
    if name in {"write", "edit"} and "apply_patch" in request.freeform and given.get("patch"):
        return Call("apply_patch", input=given["patch"])
    command = _shell(name, given)
    if shell := next((tool for tool in _SHELLS if tool in request.tools), None):
        return Call(shell, _shell_arguments(request, shell, command))
    if "exec" in request.freeform:  # the code mode of Codex: JavaScript that calls tools
        told = json.dumps({"cmd": command})
        return Call("exec", input=f"const r = await tools.exec_command({told}); text(JSON.stringify(r));")
    raise LookupError(f"no tool for {name} among {', '.join(sorted(request.tools))}")


def _file_arguments(request: Request, tool: str, name: str, given: Json) -> Json:
    known = _properties(request, tool)
    path = next((key for key in _PATHS if key in known), "file_path")
    args: Json = {path: posixpath.join(request.cwd, given["path"])}
    if name == "write":
        args["content"] = given["content"]
    elif name == "edit" and "edits" in known:
        args["edits"] = [{"oldText": given["old"], "newText": given["new"]}]
    elif name == "edit":
        old = next((key for key in _OLDS if key in known), "old_string")
        args |= {old: given["old"], old.replace("old", "new"): given["new"]}
    if name == "edit" and "instruction" in known:
        args["instruction"] = "scripted edit"
    return args


def _shell_arguments(request: Request, shell: str, command: str) -> Json:
    known = _properties(request, shell)
    if shell == "shell":
        return {"command": ["bash", "-lc", command]}
    args: Json = {"cmd" if "cmd" in known else "command": command}
    if "description" in known:
        args["description"] = "scripted command"
    if "is_background" in known:
        args["is_background"] = False
    return args


def _properties(request: Request, tool: str) -> Json:
    return dict(request.tools[tool].get("properties") or {})


def _shell(name: str, given: Json) -> str:
    """Return any operation as a shell command, for clients whose only tool is a shell."""
    if name == "bash":
        return str(given["command"])
    if name == "read":
        return "cat " + shlex.quote(given["path"])
    if name == "write":
        return f"printf %s {shlex.quote(given['content'])} > {shlex.quote(given['path'])}"
    path, old, new = given["path"], given["old"], given["new"]
    code = (
        f"import pathlib;p=pathlib.Path({path!r});s=p.read_text();"
        f"assert {old!r} in s,'old text not found';p.write_text(s.replace({old!r},{new!r},1))"
    )
    return "python3 -c " + shlex.quote(code)


def _as_text(request: Request, text: str, ops: list[tuple[str, Json]]) -> str:
    if wants_blocks(request):
        return "\n".join([text, *(_block(request, given) for name, given in ops if name in {"edit", "write"})])
    if fence := _FENCE.search(request.text):
        command = " && ".join(_shell(name, given) for name, given in ops)
        return f"{text}\n```{fence.group(1)}\n{command}\n```"
    return text


def _block(request: Request, given: Json) -> str:
    old, new = (str(given.get(name) or "").rstrip("\n") for name in ("old", "new" if "new" in given else "content"))
    if "content" in given:  # an empty search adds to a file, so one that the client shows is searched for as a whole
        shown = re.findall(
            rf"^{re.escape(given['path'])}\n```\w*\n((?!<<<<<<<).*?)\n?^```$", request.text, re.MULTILINE | re.DOTALL
        )
        old = shown[-1].rstrip("\n") if shown else ""
    return f"{given['path']}\n```\n<<<<<<< SEARCH\n{old}{old and chr(10)}=======\n{new}\n>>>>>>> REPLACE\n```"
