"""opencode (`opencode run`): its settings with permissions by pattern, its stream of steps, its sessions."""

import json
from typing import Any, cast

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.many import KEY, OWN, Many, ManyOptions
from autoexp.proposers.agents.streams import Json, count, event_of, part, plus, text, usd
from autoexp.proposers.agents.weather import failure

SETTINGS = ".config/opencode/autoexp.json"
TITLE = "one experiment"
"""A session with a title of its own is not given one by a request that the stream does not count."""
_PACKAGES = {"openai": "@ai-sdk/openai-compatible", "anthropic": "@ai-sdk/anthropic"}
_FREE = ("read", "edit", "glob", "grep", "list", "todowrite", "todoread")
_NOT_ALLOWED = ("rule which prevents you", "rejected permission")
_DIGITS = 8
"""No server asks for more seconds than have fewer digits."""
_ENDINGS = {"length": "its answer was cut at the longest that its model gives", "content-filter": "its model refused"}
_QUIET = (
    "OPENCODE_DISABLE_AUTOUPDATE",
    "OPENCODE_DISABLE_MODELS_FETCH",
    "OPENCODE_DISABLE_SHARE",
    "OPENCODE_DISABLE_LSP_DOWNLOAD",
    "OPENCODE_DISABLE_PROJECT_CONFIG",
    "OPENCODE_DISABLE_CLAUDE_CODE",
    "OPENCODE_DISABLE_EXTERNAL_SKILLS",
    "OPENCODE_DISABLE_TERMINAL_TITLE",
)


class OpenCode:
    """Tokens are the sum of its steps; dollars are its own estimate where its price list knows the model."""

    facts = Facts(
        name="opencode",
        title="opencode",
        program="opencode",
        install="npm install -g opencode-ai",
        key="ANTHROPIC_API_KEY",
        logins=(".local/share/opencode/auth.json",),
        rules=".config/opencode/AGENTS.md",
        counts="tokens, and dollars where it knows a price",
    )
    options = ManyOptions

    def launch(self, task: Task) -> Launch:
        """Start it with settings that allow its editing tools, and a shell only for the commands that the contract allows."""
        options = cast(ManyOptions, task.options)
        argv = [task.program, "run", task.prompt, "--pure", "--format", "json", "--model", options.named]
        argv += ["--session", task.resume] if task.resume else ["--title", TITLE]
        env = dict.fromkeys(_QUIET, "1") | {"OPENCODE_CONFIG": f"{task.home}/{SETTINGS}"}
        if task.key:
            env[KEY] = task.key
        settings = json.dumps(_settings(options, keyed=bool(task.key)), indent=1)
        return Launch(tuple(argv), env, {SETTINGS: settings})

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one event."""
        event = event_of(line)
        if event is None:
            return
        heard.session = text(event.get("sessionID")) or heard.session
        match event.get("type"):
            case "step_start":
                heard.done = False
            case "step_finish":
                _step(part(event, "part"), heard)
            case "text":
                heard.text = text(part(event, "part").get("text")) or heard.text
            case "tool_use":
                _tool(part(event, "part"), heard)
            case "error":
                _error(part(event, "error"), heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Nothing more is known after its end."""


def _settings(options: ManyOptions, *, keyed: bool) -> Json:
    commands = options.allow or ()
    shell = {"*": "deny", **dict.fromkeys(commands, "allow")}
    permission = {"*": "deny", **dict.fromkeys(_FREE, "allow"), "bash": shell if commands else "deny"}
    permission["external_directory"] = {"*": "deny", "/brief/*": "allow"}
    settings: Json = {
        "model": options.named,
        "small_model": options.named,
        "permission": permission,
        "autoupdate": False,
        "share": "disabled",
        "snapshot": False,
        "lsp": False,
        "formatter": False,
    }
    key = {"apiKey": f"{{env:{KEY}}}"} if keyed else {}
    if options.base_url:
        model = {options.model: {"tool_call": True}}
        own = {"npm": _PACKAGES[options.api], "options": {"baseURL": _address(options), **key}, "models": model}
        settings["provider"] = {OWN: own}
    elif keyed:
        settings["provider"] = {options.model.partition("/")[0]: {"options": key}}
    return settings


def _address(options: ManyOptions) -> str:
    """Give the address as the SDK wants it, with its version at the end."""
    bare = options.api == "anthropic" and not options.base_url.endswith("/v1")
    return f"{options.base_url}/v1" if bare else options.base_url


def _step(step: Json, heard: Heard) -> None:
    heard.counted_by = "opencode, sum of its steps"
    heard.requests += 1
    heard.failure = None
    heard.tokens = plus(heard.tokens, _tokens(part(step, "tokens")))
    if cost := usd(step.get("cost")):  # 0 is said of a model without a price
        heard.cost_usd = (heard.cost_usd or 0.0) + cost
    reason = text(step.get("reason"))
    heard.ending = _ENDINGS.get(reason, "")
    heard.done = reason == "stop"


def _tool(tool: Json, heard: Heard) -> None:
    state = part(tool, "state")
    if state.get("status") == "error" and any(words in text(state.get("error")) for words in _NOT_ALLOWED):
        command = text(part(state, "input").get("command"))
        heard.denied.append(f"{text(tool.get('tool'))}({command[:60]})" if command else text(tool.get("tool")))


def _error(error: Json, heard: Heard) -> None:
    told = part(error, "data")
    status: Any = told.get("statusCode")
    words = text(told.get("message")) or text(error.get("name"))
    heard.done = False
    again = text(part(told, "responseHeaders").get("retry-after"))
    heard.failure = failure(
        words,
        status=status if isinstance(status, int) else None,
        retry_after_s=float(again) if again.isdecimal() and len(again) < _DIGITS else None,
    )


def _tokens(tokens: Json) -> Tokens:
    """Read the usage of one step: its input leaves out the cache, its output what was thought."""
    cached, written = count(part(tokens, "cache").get("read")), count(part(tokens, "cache").get("write"))
    thought = count(tokens.get("reasoning"))
    return Tokens(
        input=count(tokens.get("input")) + cached + written,
        cached=cached,
        cache_write=written,
        output=count(tokens.get("output")) + thought,
        reasoning=thought,
    )


PROPOSER = Many(OpenCode())
