"""Any agent that speaks the Agent Client Protocol: what it says of its sessions, its tools and what it used, and what it may do."""

import importlib.util
import json
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from autoexp.errors import AutoexpError
from autoexp.processes.sandbox.box import PYTHON
from autoexp.proposers.agents import acp_client
from autoexp.proposers.agents.acp_usage import add_usage
from autoexp.proposers.agents.agent import Ended, Facts, Failure, Heard, Launch, Task
from autoexp.proposers.agents.closing import LONGEST_TEXT
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.own import OwnOptions, named
from autoexp.proposers.agents.placeholders import check, filled
from autoexp.proposers.agents.streams import Json, event_of, part, text
from autoexp.proposers.agents.weather import failure
from autoexp.spec.strings import Strings

TASK_FILE = ".autoexp/acp.json"
PLACEHOLDERS = ("model", "home", "workspace")
_CLIENT = Path(acp_client.__file__)
_NEEDED = ("acp", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection", "annotated_types")
_ENDINGS = {
    "max_tokens": "it met the longest answer of its model",
    "max_turn_requests": "it met its cap of turns",
    "refusal": "its model refused to go on",
    "cancelled": "it broke off",
}
_AUTH_REQUIRED = -32000
_SAYING = "words"


class AcpOptions(OwnOptions):
    """Keys of `proposer: {kind: acp}`.

    `command` starts the agent, `auth` names the method by which it is to log in, where it has to be told, `mode` the one of its modes to work in.
    """

    command: Annotated[Strings, Field(min_length=1)]
    auth: str = ""
    mode: str = ""

    @field_validator("command")
    @classmethod
    def _is_understood(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        check(command, PLACEHOLDERS)
        return command


class Acp:
    """Commands are held to `allow` as far as the agent asks before it runs one; the client in the sandbox answers."""

    options = AcpOptions

    def __init__(self, options: AcpOptions | None = None) -> None:
        """Describe the agent that `options` name. Raises AutoexpError when the library for it is not installed."""
        self._libraries = _libraries() if options else ()
        self.facts = _facts(options)

    def launch(self, task: Task) -> Launch:
        """Start the client in the sandbox, which starts the agent there."""
        options = task.options
        assert isinstance(options, AcpOptions)  # noqa: S101  for the type checker: these are `self.options`
        command = filled(options.command, {"model": options.model, "home": task.home, "workspace": task.workspace})
        in_command = "model" in check(options.command, PLACEHOLDERS)
        told = {
            "paths": [str(path) for path in self._libraries],
            "command": [task.program, *command[1:]],
            "prompt": f"{_permitted(options)}\n\n{task.prompt}",
            "brief": task.brief_md,
            "resume": task.resume,
            "workspace": task.workspace,
            "allow": list(options.allow or ()),
            "model": "" if in_command else options.model,
            "auth": options.auth,
            "mode": options.mode,
        }
        argv = (*PYTHON, str(_CLIENT), f"{task.home}/{TASK_FILE}")
        return Launch(argv, files={**options.files, TASK_FILE: json.dumps(told)}, reads=(_CLIENT, *self._libraries))

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one line of the client's."""
        event = event_of(line) or {}
        match text(event.get("acp")):
            case "agent":
                info = part(event, "info")
                heard.version = " ".join(filter(None, (text(info.get("name")), text(info.get("version")))))[:80]
            case "session":
                heard.session = text(event.get("id")) if event.get("loads") is True else ""
                heard.model = text(event.get("model"))
            case "chosen":
                heard.model = text(event.get("model")) or heard.model
            case "update":
                _update(part(event, "update"), heard)
            case "permission":
                _answered(event, heard)
            case "stop" if event.get("last") is True:
                _stop(part(event, "result"), heard)
            case "error":
                _error(event, heard)
        add_usage(event, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Nothing more is known after its end."""


def _facts(options: AcpOptions | None) -> Facts:
    if options is None:
        return Facts(name="acp", title="an agent that speaks ACP", program="", install="", version=())
    return Facts(
        name=f"acp:{named(options.command[0])}",
        title=f"{named(options.command[0])} (ACP)",
        program=options.command[0],
        install="install it, or correct the first word of proposer.command",
        logins=options.logins,
        hosts=options.hosts,
        rules=options.rules or "",
        version=(),
    )


def _permitted(options: AgentOptions) -> str:
    """Say in words what will be refused, so that nothing is tried in vain."""
    allow = options.allow or ()
    if "*" in allow:
        return "You may change files below the current folder, and run shell commands."
    commands = (
        f"run no shell commands but these, one at a time (* is any text): {', '.join(allow)}"
        if allow
        else "run no shell commands"
    )
    return f"You may change files below the current folder, with your tools for that, and {commands}. Anything else is refused."


def _libraries() -> tuple[Path, ...]:
    """Give the folders in which the client's libraries lie."""
    found = [importlib.util.find_spec(name) for name in _NEEDED]
    if any(spec is None or spec.origin is None for spec in found):
        raise AutoexpError(
            "agents that speak ACP are driven by the library agent-client-protocol, which is not installed",
            where="proposer.kind",
            fix="pip install 'autoexp[acp]'",
        )
    return tuple(dict.fromkeys(_folder(Path(spec.origin)) for spec in found if spec and spec.origin))


def _folder(origin: Path) -> Path:
    return origin.parent.parent if origin.name == "__init__.py" else origin.parent


def _answered(event: Json, heard: Heard) -> None:
    heard.answer = ""
    if event.get("answer") != "allow_once":
        heard.denied.append(text(event.get("about")))
        heard.running.discard(text(event.get("id")))


def _update(update: Json, heard: Heard) -> None:
    status, name = text(update.get("status")), text(update.get("toolCallId"))
    match text(update.get("sessionUpdate")):
        case "agent_message_chunk":
            before = heard.text if heard.answer == _SAYING else ""
            heard.text = (before + text(part(update, "content").get("text")))[-LONGEST_TEXT:]
            heard.answer = _SAYING
        case "tool_call" | "tool_call_update":
            heard.answer = ""
            if status in {"completed", "failed"}:
                heard.running.discard(name)
            elif name:
                heard.running.add(name)


def _stop(result: Json, heard: Heard) -> None:
    heard.running.clear()
    reason = text(result.get("stopReason"))
    heard.ending = _ENDINGS.get(reason, "")
    heard.done = reason == "end_turn"
    if heard.done:
        heard.failure = None


def _error(event: Json, heard: Heard) -> None:
    heard.running.clear()
    data = part(event, "data")
    told = (event.get("message"), event.get("data"), data.get("message"), data.get("details"), data.get("error"))
    words = " ".join(dict.fromkeys(filter(None, map(text, told))))
    if event.get("died") is True:  # a program that ends is no weather, whatever the words
        heard.failure = Failure("other", words)
    else:
        heard.failure = failure(words, status=401 if event.get("code") == _AUTH_REQUIRED else None)


PROPOSER = Driven(Acp(), fitted=Acp)
