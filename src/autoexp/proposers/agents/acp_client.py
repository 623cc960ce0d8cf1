"""A client of the Agent Client Protocol, run as a program inside of the sandbox: `acp_client.py TASK.json`, stdlib and the library `acp` alone.

It starts the agent, gives it one prompt, answers what it asks for by rule, and prints what comes as JSON, a line each. It decides nothing else.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]

LONGEST_LINE = 64 << 20
LARGEST_FILE = 16 << 20
MOST_REFUSALS = 5
REFUSED = "You may not use this here: {}. Go on without it, in the same way and for the same idea, and end as you were asked to."
"""Some agents break off where a tool is refused, as if a person had wanted to speak; this is what the person says."""
READS = frozenset({"read", "search"})
EDITS = frozenset({"edit", "delete", "move"})
_PATH_KEYS = frozenset({"path", "file_path", "filepath", "absolute_path", "filename", "old_path", "new_path"})
_LONG_AND_USELESS = frozenset({"available_commands_update"})
_ENDED_S = 2.0


class Ruling(NamedTuple):
    """What is answered to a question of the agent's: one of its options, and what the question was about."""

    kind: str
    option: str | None
    about: str


def ruling(call: Json, options: list[Json], *, workspace: str, allow: list[str]) -> Ruling:
    """Permit reading, edits inside of the workspace, and commands that a pattern names, each once. All else is refused."""
    command = _command(call)
    permitted = (
        allowed(command, allow)
        if command is not None
        else str(call.get("kind")) in READS or (_edits(call) and _inside(_paths(call), workspace))
    )
    wanted = "allow_once" if permitted else "reject_once"
    found = next((one for one in options if one.get("kind") == wanted and isinstance(one.get("optionId"), str)), None)
    about = f"the command {command}" if command is not None else str(call.get("title") or call.get("kind") or "a tool")
    return Ruling(wanted if found else "cancelled", found["optionId"] if found else None, about[:200])


def allowed(command: str, patterns: list[str]) -> bool:
    """Tell whether a command is one command of the shell's that a pattern matches as a whole; `*` stands for any text, alone for anything."""
    if "*" in patterns:
        return True
    return _is_single(command) and any(_matches(" ".join(command.split()), pattern) for pattern in patterns)


def _matches(command: str, pattern: str) -> bool:
    wanted = " ".join(pattern.split())
    if wanted.endswith(" *") and command == wanted[:-2]:
        return True
    return re.fullmatch(".*".join(map(re.escape, wanted.split("*"))), command) is not None


def _is_single(command: str) -> bool:
    """Tell whether a shell would run nothing but one command: no list, pipe, redirection or substitution, as far as quotes allow."""
    if not command or re.search(r"[\n\r\0]|\$['\"]", command):
        return False
    quote, skip = "", False
    for here, after in zip(command, [*command[1:], ""], strict=True):
        if skip:
            skip = False
        elif quote == "'":
            quote = "" if here == "'" else quote
        elif here == "\\":
            skip = True
        elif here == "`" or (here == "$" and after == "("):
            return False
        elif quote == '"':
            quote = "" if here == '"' else quote
        elif here in "'\"":
            quote = here
        elif here in ";&|<>()":
            return False
    return not quote and not skip


def _command(call: Json) -> str | None:
    """Give the command that a call would run, None when it is about something else, an empty one when it cannot be told."""
    raw = call.get("rawInput")
    said = raw.get("command", raw.get("cmd")) if isinstance(raw, dict) else None
    if isinstance(said, list) and said and all(isinstance(word, str) for word in said):
        shell = len(said) == 3 and re.fullmatch(r"(.*/)?(ba|da|z)?sh", said[0]) and re.fullmatch(r"-l?c", said[1])  # noqa: PLR2004
        return str(said[2]) if shell else " ".join(_quoted(word) for word in said)
    if isinstance(said, str) and said.strip():
        return said.strip()
    if call.get("kind") != "execute":
        return None
    return str(call.get("title", "")).strip() if raw is None else ""  # Gemini CLI tells the command as the title alone


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else "'" + word.replace("'", "'\"'\"'") + "'"


def _edits(call: Json) -> bool:
    return str(call.get("kind")) in EDITS or any(one.get("type") == "diff" for one in _objects(call.get("content")))


def _paths(call: Json) -> list[str]:
    """Give every path that a call names."""
    raw = call.get("rawInput")
    named = [one.get("path") for one in (*_objects(call.get("locations")), *_objects(call.get("content")))]
    if isinstance(raw, dict):
        named += [value for key, value in raw.items() if key.lower() in _PATH_KEYS]
        named += list(raw["changes"]) if isinstance(raw.get("changes"), dict) else []
    return [path for path in named if isinstance(path, str) and path]


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _inside(paths: list[str], workspace: str) -> bool:
    """Tell whether there are paths, and all of them are below the workspace, whatever links lead to."""
    root = os.path.realpath(workspace)
    return bool(paths) and all(os.path.realpath(Path(root, path)).startswith(f"{root}/") for path in paths)


def tell(kind: str, **more: Any) -> None:
    """Print one line."""
    sys.stdout.write(json.dumps({"acp": kind, **more}) + "\n")
    sys.stdout.flush()


class Client:
    """One conversation: what the agent says is printed, what it asks for is answered."""

    def __init__(self, task: Json) -> None:
        self._task, self._quiet, self._calls = task, False, dict[str, Json]()
        self._refused, self._resumed = ("", ""), False
        self._before: float | None = 0.0
        self._spent_file = Path.home() / ".autoexp/spent.json"

    async def talk(self, ask: Callable[[str, Json], Awaitable[Any]]) -> None:
        """Give the agent its prompt, in a new session or in the one that it worked in before."""
        capabilities = {"fs": {"readTextFile": True, "writeTextFile": True}, "terminal": False}
        own = {"name": "autoexp", "title": "autoexp", "version": "1"}
        hello = {"protocolVersion": 1, "clientCapabilities": capabilities, "clientInfo": own}
        agent = await ask("initialize", hello) or {}
        can = agent.get("agentCapabilities") or {}
        tell(
            "agent",
            info=agent.get("agentInfo"),
            loads=bool(can.get("loadSession")),
            protocol=agent.get("protocolVersion"),
        )
        if self._task["auth"]:
            await ask("authenticate", {"methodId": self._task["auth"]})
        session, prompt = await self._session(ask, loads=bool(can.get("loadSession")))
        for turn in range(MOST_REFUSALS + 1):
            content = [{"type": "text", "text": prompt}]
            result = await ask("session/prompt", {"sessionId": session, "prompt": content})
            broken_off = bool(self._refused[0]) and turn < MOST_REFUSALS
            tell("stop", result=result, first=turn == 0 and not self._resumed, last=not broken_off)
            if not broken_off:
                break
            prompt = REFUSED.format(self._refused[1])
            self._refused = ("", "")

    async def _session(self, ask: Callable[[str, Json], Awaitable[Any]], *, loads: bool) -> tuple[str, str]:
        task = self._task
        place: Json = {"cwd": task["workspace"], "mcpServers": []}
        made: Json = {}
        session, prompt = task["resume"], task["prompt"]
        if session and loads:
            self._quiet, self._before = True, self._spent()
            try:
                made = await ask("session/load", {"sessionId": session, **place}) or {}
            except Exception as error:  # noqa: BLE001  it works anew then, whatever the reason
                tell("note", words=f"the session could not be loaded: {error}")
                session = ""
            self._quiet = False
        else:
            session = ""
        resumed = self._resumed = bool(session)
        if not session:
            made = await ask("session/new", place) or {}
            session, self._before = str(made.get("sessionId", "")), 0.0
        if task["resume"] and not resumed and task["brief"]:
            prompt = f"{_text(task['brief'])}\n\n{prompt}"
        current = {name: _current(made, name) for name in ("model", "mode")}
        tell("session", id=session, resumed=resumed, loads=loads, **current)
        for name in ("model", "mode"):
            if task[name] and task[name] != current[name]:
                await ask(*_chosen(made, name, session, task[name]))
                tell("chosen", **{name: task[name]})
        return session, prompt

    def see(self, message: Json) -> None:
        """Print an update, as it came."""
        params = message.get("params")
        if message.get("method") != "session/update" or not isinstance(params, dict):
            return
        update = params.get("update")
        if isinstance(update, dict) and update.get("sessionUpdate") not in _LONG_AND_USELESS:
            self._follow(update)
            if not self._quiet:
                tell("update", update=update, before=self._before, meta=params.get("_meta"))

    def _follow(self, update: Json) -> None:
        """Note what later answers depend on."""
        kind = update.get("sessionUpdate")
        if kind in {"tool_call", "tool_call_update"}:
            self._learn(update)
        if kind == "usage_update":
            self._spend(update.get("cost"))
        spoken = (
            kind == "agent_message_chunk" and isinstance(update.get("content"), dict) and update["content"].get("text")
        )
        if spoken or (kind == "tool_call" and update.get("toolCallId") != self._refused[0]):
            self._refused = ("", "")

    def _spend(self, cost: Any) -> None:
        """Note what the session has cost, for when it goes on: the agent tells the sum of all its turns."""
        amount = cost.get("amount") if isinstance(cost, dict) else None
        if isinstance(amount, int | float) and self._quiet:
            self._before = float(amount)
        elif isinstance(amount, int | float):
            self._spent_file.parent.mkdir(exist_ok=True)
            self._spent_file.write_text(json.dumps(amount), encoding="utf-8")

    def _spent(self) -> float | None:
        try:
            amount = json.loads(self._spent_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return float(amount) if isinstance(amount, int | float) else None

    async def answer(self, method: str, params: Any, told: bool) -> Any:  # noqa: FBT001  called by the library
        """Answer a request of the agent's. Raises the library's RequestError for what is not offered."""
        from acp import RequestError  # noqa: PLC0415  known only once the task has said where it lies

        params = params if isinstance(params, dict) else {}
        if told:
            return None
        if method == "session/request_permission":
            return {"outcome": self._permission(params)}
        if method in {"fs/read_text_file", "fs/write_text_file"}:
            path = str(params.get("path", ""))
            if not _inside([path], self._task["workspace"]):
                tell("outside", path=path[:200], write=method == "fs/write_text_file")
                raise RequestError.invalid_params({"details": f"{path} is not below the working directory"})
            try:
                return _read(params, path) if method == "fs/read_text_file" else _write(params, path)
            except OSError as error:
                raise RequestError.internal_error({"details": f"{path}: {error.strerror}"}) from None
        raise RequestError.method_not_found(method)

    def _permission(self, params: Json) -> Json:
        call = params.get("toolCall")
        known = self._learn(call if isinstance(call, dict) else {})
        found = ruling(
            known, _objects(params.get("options")), workspace=self._task["workspace"], allow=self._task["allow"]
        )
        if found.kind != "allow_once":
            self._refused = (str(known.get("toolCallId") or "?"), found.about)
        tell(
            "permission",
            id=known.get("toolCallId"),
            answer=found.kind,
            about=found.about,
            call=call,
            options=params.get("options"),
        )
        return (
            {"outcome": "selected", "optionId": found.option} if found.option is not None else {"outcome": "cancelled"}
        )

    def _learn(self, call: Json) -> Json:
        """Give all that is known of a call: its parts come one by one, and the later ones count."""
        name = str(call.get("toolCallId", ""))
        self._calls[name] = {
            **self._calls.get(name, {}),
            **{key: value for key, value in call.items() if value is not None},
        }
        return self._calls[name]


def _text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace")


def _current(made: Json, name: str) -> str:
    """Tell the model or mode of a session, as agents tell it: in a list of its own, or as one of several settings."""
    listed = made.get(f"{name}s")
    current = (
        listed.get(f"current{name.title()}Id")
        if isinstance(listed, dict)
        else (_setting(made, name) or {}).get("currentValue")
    )
    return current if isinstance(current, str) else ""


def _chosen(made: Json, name: str, session: str, wanted: str) -> tuple[str, Json]:
    """Give the request that chooses a model or mode."""
    if isinstance(made.get(f"{name}s"), dict) or (setting := _setting(made, name)) is None:
        return f"session/set_{name}", {"sessionId": session, f"{name}Id": wanted}
    return "session/set_config_option", {"sessionId": session, "configId": setting.get("id"), "value": wanted}


def _setting(made: Json, name: str) -> Json | None:
    return next(
        (one for one in _objects(made.get("configOptions")) if name in {one.get("category"), one.get("id")}), None
    )


def _read(params: Json, path: str) -> Json:
    with open(path, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
        text = stream.read(LARGEST_FILE)
    line, limit = params.get("line"), params.get("limit")
    if isinstance(line, int) or isinstance(limit, int):
        start = max(line - 1, 0) if isinstance(line, int) else 0
        lines = text.splitlines(keepends=True)[start:]
        text = "".join(lines[:limit] if isinstance(limit, int) else lines)
    return {"content": text}


def _write(params: Json, path: str) -> Json:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(str(params.get("content", "")), encoding="utf-8")
    return {}


async def _converse(task: Json, environ: Mapping[str, str]) -> int:
    from acp import RequestError  # noqa: PLC0415  known only once the task has said where it lies
    from acp.connection import Connection, StreamDirection, StreamEvent  # noqa: PLC0415
    from acp.transports import spawn_stdio_transport  # noqa: PLC0415

    client, asked = Client(task), ""

    def see(event: StreamEvent) -> None:
        if event.direction is StreamDirection.INCOMING:
            client.see(event.message)

    how = {
        "env": environ,
        "cwd": task["workspace"],
        "stderr": None,
        "limit": LONGEST_LINE,
        "shutdown_timeout": _ENDED_S,
    }
    try:
        async with spawn_stdio_transport(*task["command"], **how) as (reader, writer, process):
            connection = Connection(client.answer, writer, reader, observers=[see])

            async def ask(method: str, params: Json) -> Any:
                nonlocal asked
                asked = method
                return await connection.send_request(method, params)

            try:
                await client.talk(ask)
            except RequestError as error:
                tell("error", during=asked, code=error.code, message=str(error), data=error.data)
                return 1
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                await asyncio.sleep(0.2)
                ended = (
                    f"the agent ended (exit code {process.returncode})"
                    if process.returncode is not None
                    else "the agent closed its end"
                )
                tell(
                    "error",
                    during=asked,
                    message=f"{ended} before it answered {asked or 'anything'}: {error}",
                    died=True,
                )
                return 1
            finally:
                await connection.close()
    except OSError as error:
        tell("error", during="start", message=f"the agent cannot be started: {error}", died=True)
        return 1
    return 0


if __name__ == "__main__":
    _task: Json = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.path.extend(_task["paths"])
    os._exit(asyncio.run(_converse(_task, os.environ)))  # a pipe that somebody still holds is no news
