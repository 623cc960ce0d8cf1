"""Pi (`pi --mode json`): its settings, an extension that holds its shell to a list of commands, its stream of messages."""

import json
from typing import Any, cast

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.many import KEY, OWN, Many, ManyOptions
from autoexp.proposers.agents.streams import Json, count, event_of, items, part, plus, text, usd
from autoexp.proposers.agents.weather import failure

EDITING = ("read", "edit", "write", "ls", "grep", "find")
RETRIES = 2
"""How often it asks again by itself before it gives up, and the engine waits instead."""
FOLDER = ".pi/agent"
GATE = f"{FOLDER}/autoexp-allow.js"
COUNTED = "pi, sum of its answers"
REFUSED = "autoexp does not allow this command"
_APIS = {"openai": "openai-completions", "anthropic": "anthropic-messages"}
_ENDINGS = {"length": "its answer was cut at the longest that its model gives"}
_SETTINGS = {
    "defaultProjectTrust": "never",
    "retry": {"maxRetries": RETRIES, "baseDelayMs": 1000, "provider": {"maxRetries": 0, "maxRetryDelayMs": 5000}},
    "cacheWarming": "off",
    "enableInstallTelemetry": False,
    "enableAnalytics": False,
    "shellCommandPrefix": f"unset {KEY};",
}
_ENV = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0", "PI_SKIP_VERSION_CHECK": "1"}
_GATE = """\
// Holds the shell to the commands of proposer.allow. What a shell would read as more than one command is refused.
const patterns = %s;
const refused = %s;
const literal = (text) => text.replace(/[.*+?^${}()|[\\]\\\\]/g, "\\\\$&");
const matches = (pattern, command) =>
  new RegExp("^" + literal(pattern).replace(/ \\\\\\*$/, "( .*)?").replace(/\\\\\\*/g, ".*") + "$", "s").test(command);
const simple = (command) =>
  !/[\\r\\n]/.test(command) && !/[;&|<>`$()\\\\#]/.test(command.replace(/'[^']*'|"[^"`$\\\\]*"/g, "''"));
export default function (pi) {
  pi.on("tool_call", async (event) => {
    if (event.toolName !== "bash") return undefined;
    const command = String(event.input.command).trim();
    if (simple(command) && patterns.some((pattern) => matches(pattern, command))) return undefined;
    return { block: true, reason: `${refused}: ${command}` };
  });
}
"""


class Pi:
    """Tokens are the sum of its answers; dollars are its own estimate where its price list knows the model."""

    facts = Facts(
        name="pi",
        title="Pi",
        program="pi",
        install="npm install -g @earendil-works/pi-coding-agent",
        key="ANTHROPIC_API_KEY",
        logins=(f"{FOLDER}/auth.json",),
        rules=f"{FOLDER}/APPEND_SYSTEM.md",
        counts="tokens, and dollars where it knows a price",
    )
    options = ManyOptions

    def launch(self, task: Task) -> Launch:
        """Start it with its editing tools, and a shell only for the commands that the contract allows."""
        options, commands = cast(ManyOptions, task.options), task.options.allow or ()
        tools = (*EDITING, *(["bash"] if commands else []))
        argv = [task.program, "-p", task.prompt, "--mode", "json", "--model", options.named, "--tools", ",".join(tools)]
        argv += ["--no-approve", "--no-extensions", "--no-skills", "--no-prompt-templates", "--no-context-files"]
        argv += ["--session-dir", f"{task.home}/{FOLDER}/sessions"]  # settings of the repository may name another
        files = {
            f"{FOLDER}/settings.json": json.dumps(_SETTINGS, indent=1),
            f"{FOLDER}/models.json": json.dumps(_models(options, keyed=bool(task.key)), indent=1),
        }
        if commands and "*" not in commands:
            files[GATE] = _GATE % (json.dumps(commands), json.dumps(REFUSED))
            argv += ["--extension", f"{task.home}/{GATE}"]
        argv += ["--session", task.resume] if task.resume else []
        env = _ENV | ({KEY: task.key} if task.key else {})
        return Launch(tuple(argv), env, files)

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one event."""
        event = event_of(line)
        match event.get("type") if event else None, event:
            case "session", dict(event):
                heard.session = text(event.get("id")) or heard.session
            case "message_end", dict(event):
                _message(part(event, "message"), heard)
            case "tool_execution_start", dict(event):
                heard.running.add(text(event.get("toolCallId")))
            case "tool_execution_end", dict(event):
                heard.running.discard(text(event.get("toolCallId")))
                _tool(event, heard)
            case "compaction_end", dict(event):
                _count(part(event, "result", "usage"), heard)
            case "agent_settled", dict(event):
                heard.done = heard.failure is None and not heard.ending

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Nothing more is known after its end."""


def _models(options: ManyOptions, *, keyed: bool) -> Json:
    key = {"apiKey": f"${KEY}"} if keyed else {}
    if options.base_url:
        own = {"baseUrl": options.base_url, "api": _APIS[options.api], "models": [{"id": options.model}]}
        return {"providers": {OWN: {**own, **(key or {"apiKey": "none"})}}}
    return {"providers": {options.model.partition("/")[0]: key} if keyed else {}}


def _message(message: Json, heard: Heard) -> None:
    if message.get("role") != "assistant":
        return
    heard.model = text(message.get("model")) or heard.model
    reason = text(message.get("stopReason"))
    if reason in {"error", "aborted"}:
        heard.failure = failure(text(message.get("errorMessage")) or reason)
        if (cut := _tokens(part(message, "usage"))).total:
            heard.tokens, heard.counted_by = plus(heard.tokens, cut), COUNTED
        return
    heard.failure, heard.ending = None, _ENDINGS.get(reason, "")
    said = [text(item.get("text")) for item in items(message.get("content")) if item.get("type") == "text"]
    heard.text = said[-1] if said else heard.text
    _count(part(message, "usage"), heard)


def _count(usage: Json, heard: Heard) -> None:
    if not usage:
        return
    heard.counted_by = COUNTED
    heard.requests += 1
    heard.tokens = plus(heard.tokens, _tokens(usage))
    if cost := usd(part(usage, "cost").get("total")):  # 0 is said of a model without a price
        heard.cost_usd = (heard.cost_usd or 0.0) + cost


def _tool(event: Json, heard: Heard) -> None:
    said: Any = [text(item.get("text")) for item in items(part(event, "result").get("content"))]
    if event.get("isError") is True and said and said[0].startswith(REFUSED):
        heard.denied.append(f"bash({said[0].removeprefix(REFUSED)[2:62]})")


def _tokens(usage: Json) -> Tokens:
    """Read the usage of one answer: its input leaves out what came from a cache or went into one."""
    cached, written = count(usage.get("cacheRead")), count(usage.get("cacheWrite"))
    return Tokens(
        input=count(usage.get("input")) + cached + written,
        cached=cached,
        cache_write=written,
        output=count(usage.get("output")),
    )


PROPOSER = Many(Pi())
