"""Claude Code (`claude -p`): its stream of JSON events, its lists of tools, its sessions."""

from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.notes import notes
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.streams import Json, count, event_of, items, part, plus, text, usd
from autoexp.proposers.agents.weather import failure

EDITING = ("Read", "Edit", "Write", "Glob", "Grep")
RETRIES = 3
"""How often it asks again by itself before it gives up, and the engine waits instead."""
_ENDINGS = {"error_max_turns": "it met its cap of turns", "error_max_budget_usd": "it met its cap of dollars"}
_REFUSED = (401, 403, 404)
_COUNTED = "claude-code, its last event"
_TASK = "task "
"""What stands before the name of a command that runs in the background."""


class ClaudeCode:
    """Tokens and dollars are those of the last event; dollars are the client's own estimate from its price list."""

    facts = Facts(
        name="claude-code",
        title="Claude Code",
        program="claude",
        install="npm install -g @anthropic-ai/claude-code",
        key="ANTHROPIC_API_KEY",
        logins=(".claude/.credentials.json",),
        hosts=("api.anthropic.com:443", "platform.claude.com:443", "console.anthropic.com:443"),
        rules=".claude/CLAUDE.md",
        counts="tokens, and dollars by its own price list",
    )
    options = AgentOptions

    def launch(self, task: Task) -> Launch:
        """Start it with its editing tools, and a shell only for the commands that the contract allows."""
        options, commands = task.options, task.options.allow or ()
        tools = (*EDITING, *(["Bash"] if commands else []))
        allowed = (*EDITING, *("Bash" if one == "*" else f"Bash({one})" for one in commands))
        argv = [task.program, "-p", task.prompt, "--output-format", "stream-json", "--verbose"]
        argv += ["--tools", ",".join(tools), "--allowedTools", *allowed, "--permission-mode", "dontAsk"]
        argv += ["--strict-mcp-config", "--setting-sources", "user"]  # what the repository configures does not count
        argv += ["--model", options.model] if options.model else []
        argv += ["--max-turns", str(options.turns)] if options.turns else []
        argv += ["--max-budget-usd", f"{options.cost_usd:g}"] if options.cost_usd else []
        argv += ["--resume", task.resume] if task.resume else []
        env = {
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": str(RETRIES),
            "DISABLE_AUTOUPDATER": "1",
        }
        if options.base_url:
            env["ANTHROPIC_BASE_URL"] = options.base_url
        if task.key:
            env["ANTHROPIC_API_KEY"] = task.key
        return Launch(tuple(argv), env)

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one event."""
        event = event_of(line)
        match text(event.get("type")) if event else "", event:
            case "system", dict(event):
                _system(event, heard)
            case "assistant", dict(event):
                _assistant(part(event, "message"), heard)
            case "user", dict(event):
                ended = {text(item.get("tool_use_id")) for item in items(part(event, "message").get("content"))}
                heard.running -= ended
            case "result", dict(event):
                _result(event, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Look in the notes of its session for the answers in whole, when it was ended before it could count them."""
        if heard.session and heard.requests and heard.counted_by != _COUNTED:
            answers = list(_noted(ended.home, heard.session).values())[-heard.requests :]
            if len(answers) == heard.requests:
                heard.counted_by = "claude-code, the notes of its session"
                heard.tokens = reduce(plus, map(_tokens, answers))


def _system(event: Json, heard: Heard) -> None:
    heard.session = text(event.get("session_id")) or heard.session
    if event.get("subtype") == "init":
        heard.model = text(event.get("model"))
    status = count(event.get("error_status"))
    if event.get("subtype") == "api_retry" and status in _REFUSED:
        heard.failure = failure(text(event.get("error")), status=status)
    if event.get("subtype") == "background_tasks_changed":
        others = {one for one in heard.running if not one.startswith(_TASK)}
        heard.running = others | {_TASK + text(task.get("task_id")) for task in items(event.get("tasks"))}


def _assistant(message: Json, heard: Heard) -> None:
    if message.get("model") == "<synthetic>":  # its own words, of an error
        return
    content = list(items(message.get("content")))
    heard.running |= {text(item.get("id")) for item in content if item.get("type") == "tool_use"}
    said = [text(item.get("text")) for item in content if item.get("type") == "text"]
    heard.text = said[-1] if said else heard.text
    name = text(message.get("id"))
    if name and name == heard.answer:  # an answer comes in one event for each of its parts, each with the same usage
        return
    heard.answer = name
    heard.done = False  # it may go on after a result, when a command ends that it had left running
    heard.requests += 1
    heard.counted_by = "claude-code, answers until it was ended, without all that they wrote"
    heard.tokens = plus(heard.tokens, _tokens(part(message, "usage")))


def _result(event: Json, heard: Heard) -> None:
    heard.running = {one for one in heard.running if one.startswith(_TASK)}
    heard.session = text(event.get("session_id")) or heard.session
    heard.counted_by = _COUNTED
    _settle(event, heard)
    heard.denied = list(_denied(event.get("permission_denials")))
    heard.text = text(event.get("result")) or heard.text
    heard.ending = _ENDINGS.get(text(event.get("subtype")), "")
    failed = event.get("is_error") is True and not heard.ending
    heard.done = not failed and event.get("subtype") == "success"
    if failed:
        errors = event.get("errors")
        words = text(event.get("result")) or " ".join(map(str, errors if isinstance(errors, list) else ()))
        heard.failure = failure(words, status=count(event.get("api_error_status")) or None)
    elif heard.done:
        heard.failure = None


def _settle(event: Json, heard: Heard) -> None:
    """Add what was used since the last result. One that does not tell it by model tells the dollars of all."""
    models = _models(event)
    for tokens in [_tokens_of(model) for model in models] or [_tokens(part(event, "usage"))]:
        heard.settled = plus(heard.settled, tokens)
    cost = _cost(models) if models else usd(event.get("total_cost_usd"))
    if models and cost is not None:
        cost = None if heard.settled_usd is None else heard.settled_usd + cost
    heard.settled_usd = cost
    heard.tokens, heard.cost_usd = heard.settled, heard.settled_usd


def _noted(home: Path, session: str) -> dict[str, Json]:
    """Give the usage of each answer in the notes of a session: there it is told in whole."""
    answers = (part(note, "message") for note in notes(home, ".claude/projects", ending=f"{session}.jsonl"))
    told = (one for one in answers if one.get("role") == "assistant" and one.get("model") != "<synthetic>")
    return {text(one.get("id")): part(one, "usage") for one in told}


def _models(event: Json) -> list[Json]:
    """Give what each model did since the session went on; the older table counts what came before that as well."""
    name = "model_usage_since_last_result"
    table = part(event, name) if name in event else {}
    return [part(table, model) for model in table]


def _cost(models: list[Json]) -> float | None:
    """Add the client's estimates; a model that is not in its price list has none."""
    if any(model.get("costBasis") == "unknown" for model in models):
        return None
    costs = [cost for model in models if (cost := usd(model.get("costUSD"))) is not None]
    return sum(costs) if costs else None


def _denied(denials: Any) -> Iterator[str]:
    for one in items(denials):
        command = text(part(one, "tool_input").get("command"))
        yield f"{text(one.get('tool_name'))}({command[:60]})" if command else text(one.get("tool_name"))


def _tokens(usage: Json) -> Tokens:
    """Read the usage of one answer: its input leaves out what came from a cache or went into one."""
    cached, written = count(usage.get("cache_read_input_tokens")), count(usage.get("cache_creation_input_tokens"))
    return Tokens(
        input=count(usage.get("input_tokens")) + cached + written,
        cached=cached,
        cache_write=written,
        output=count(usage.get("output_tokens")),
    )


def _tokens_of(model: Json) -> Tokens:
    """Read the sum of one model."""
    cached, written = count(model.get("cacheReadInputTokens")), count(model.get("cacheCreationInputTokens"))
    return Tokens(
        input=count(model.get("inputTokens")) + cached + written,
        cached=cached,
        cache_write=written,
        output=count(model.get("outputTokens")),
        reasoning=count(model.get("thinkingTokens")),
    )


PROPOSER = Driven(ClaudeCode())
