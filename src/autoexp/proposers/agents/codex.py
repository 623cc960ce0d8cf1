"""Codex (`codex exec`): its settings, its stream of JSON events, and the notes of its sessions, which count every answer."""

import json
import re
from typing import Any

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Failure, Heard, Launch, Task, Trouble
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.notes import notes
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.streams import Json, count, event_of, part, plus, text
from autoexp.proposers.agents.weather import failure

RETRIES = 3
"""How often it asks again by itself before it gives up, and the engine waits instead."""
_STREAM_IDLE_MS = 300_000
_OFF = (
    "apps",
    "browser_use",
    "computer_use",
    "goals",
    "hooks",
    "image_generation",
    "memories",
    "plugins",
    "unbounded_connection_retries",  # else it waits for a lost network for ever, and says nothing
)
_BUDGET = "budget reached"
_AGAIN = re.compile(r"Reconnecting\.\.\. [^(]*\((.*)\)", re.DOTALL)
_WORDS: tuple[tuple[str, Trouble], ...] = (
    ("idle timeout", "hang"),
    ("error sending request", "reset"),
    ("routing discovery failed", "reset"),
    ("high demand", "server"),  # its own words for any status 500
)


class Codex:
    """Its stream counts tokens once, at its end, and then for the whole session: those of one run are in the session's notes."""

    facts = Facts(
        name="codex",
        title="Codex",
        program="codex",
        install="npm install -g @openai/codex",
        key="OPENAI_API_KEY",
        logins=(".codex/auth.json",),
        hosts=("api.openai.com:443", "chatgpt.com:443", "auth.openai.com:443"),
        rules=".codex/AGENTS.md",
        allow="shell",
    )
    options = AgentOptions

    def launch(self, task: Task) -> Launch:
        """Start it without a sandbox of its own where there is one of ours around it."""
        argv = [task.program, "exec", "--json", "--skip-git-repo-check", "--ignore-rules"]
        argv += ["--sandbox", "danger-full-access" if task.walled else "workspace-write"]
        argv += ["--model", task.options.model] if task.options.model else []
        argv += ["resume", task.resume] if task.resume else []
        env = {"OPENAI_API_KEY": task.key} if task.key else {}
        return Launch((*argv, task.prompt), env, {".codex/config.toml": _settings(task)})

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one event."""
        event = event_of(line)
        match text(event.get("type")) if event else "", event:
            case "thread.started", dict(event):
                heard.session = text(event.get("thread_id"))
            case ("item.started" | "item.updated" | "item.completed") as when, dict(event):
                _item(part(event, "item"), heard, ended=when == "item.completed")
            case "error", dict(event):  # it tries again, or gives up
                _failed(text(event.get("message")), heard)
            case "turn.failed", dict(event):
                heard.running.clear()
                _failed(text(part(event, "error").get("message")), heard)
            case "turn.completed", dict(event):
                heard.running.clear()
                heard.done, heard.failure = True, None
                heard.tokens, heard.counted_by = _tokens(part(event, "usage")), "codex, its last event"

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Count what its notes say of this run, which is right also where the session is older or the run was cut."""
        answers: list[Tokens] = []
        for note in notes(ended.home, ".codex/sessions", ending=f"-{heard.session}.jsonl"):
            payload = part(note, "payload")
            match text(note.get("type")), text(payload.get("type")):
                case "event_msg", "task_started":
                    answers = []
                case "turn_context", _:
                    heard.model = text(payload.get("model")) or heard.model
                case "token_usage_record", _:
                    answers.append(_tokens(part(payload, "usage")))
        if not answers or not heard.requests:
            return
        heard.requests, heard.tokens = len(answers), Tokens()
        heard.counted_by = "codex, the notes of its session" + ("" if heard.done else " until it ended")
        for tokens in answers:
            heard.tokens = plus(heard.tokens, tokens)


def _settings(task: Task) -> str:
    """Write its settings, in TOML."""
    options = task.options
    provider: dict[str, Any] = {"name": "autoexp" if options.base_url else "OpenAI", "wire_api": "responses"}
    if options.base_url:
        provider["base_url"] = options.base_url
    if task.key:
        provider["env_key"] = "OPENAI_API_KEY"
    elif not options.base_url:
        provider["requires_openai_auth"] = True
    provider |= {"request_max_retries": 0, "stream_max_retries": RETRIES}
    provider["stream_idle_timeout_ms"] = min(_STREAM_IDLE_MS, int(options.idle_s * 1000))
    features: dict[str, Any] = dict.fromkeys(_OFF, False)
    if budget := _budget(options):
        features["rollout_budget"] = {"enabled": True, "reminder_at_remaining_tokens": [], **budget}
    settings = {
        "model_provider": "autoexp",
        "model_providers": {"autoexp": provider},
        "approval_policy": "never",
        "cli_auth_credentials_store": "file",
        "check_for_update_on_startup": False,
        "analytics": {"enabled": False},
        "feedback": {"enabled": False},
        "history": {"persistence": "none"},
        "web_search": "disabled",
        "allow_login_shell": False,  # a login shell forgets our PATH
        "shell_environment_policy": {"exclude": ["OPENAI_API_KEY"]},
        "suppress_unstable_features_warning": True,
        "agents": {"enabled": False},
        "features": features,
    }
    return "".join(f"{name} = {_toml(value)}\n" for name, value in settings.items())


def _budget(options: AgentOptions) -> dict[str, Any]:
    """Give the bound of its own budget: tokens, else millionths of a dollar. What came from a cache does not count there."""
    if options.tokens:
        return {"limit_tokens": options.tokens}
    price = options.price
    if not options.cost_usd or price is None:
        return {}
    weights = {"prefill_token_weight": price.input, "sampling_token_weight": price.output}
    return {"limit_tokens": max(int(options.cost_usd * 1e6), 1), **weights}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)  # texts, numbers, truths and lists look the same


def _item(item: Json, heard: Heard, *, ended: bool) -> None:
    """Take up a part of an answer. One answer ends where no tool of it runs any more: the next part is of another one."""
    kind = text(item.get("type"))
    if kind == "error":  # a warning: it goes on
        return
    heard.failure = None
    heard.requests += not heard.answer
    heard.answer = "begun"
    if kind == "agent_message":
        heard.text = text(item.get("text")) or heard.text
    elif kind != "reasoning" and not ended:
        heard.running.add(text(item.get("id")))
    elif kind != "reasoning":
        heard.running.discard(text(item.get("id")))
        heard.answer = "begun" if heard.running else ""


def _failed(words: str, heard: Heard) -> None:
    if words == _BUDGET:
        heard.ending = "it met its budget (proposer.tokens or proposer.cost_usd)"
        return
    again = _AGAIN.fullmatch(words)
    told = (again.group(1) if again else words).partition(", url: ")[0]
    kind = next((kind for known, kind in _WORDS if known in told), None)
    heard.failure = Failure(kind, told) if kind else failure(told)


def _tokens(usage: Json) -> Tokens:
    """Read usage: its input counts what came from a cache."""
    return Tokens(
        input=count(usage.get("input_tokens")),
        cached=count(usage.get("cached_input_tokens")),
        cache_write=count(usage.get("cache_write_input_tokens")),
        output=count(usage.get("output_tokens")),
        reasoning=count(usage.get("reasoning_output_tokens")),
    )


PROPOSER = Driven(Codex())
