"""Gemini CLI (`gemini -p`): its stream of JSON events, its settings and its policy, its sessions."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.closing import LONGEST_TEXT
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.gemini_family import api_error
from autoexp.proposers.agents.notes import notes
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.streams import Json, count, event_of, part, plus, text
from autoexp.proposers.agents.weather import failure

SETTINGS = (".gemini/autoexp.json", ".gemini/settings.json")
"""Where its settings lie: as those of the system, which go before a repository's, and as the user's, for it refuses the first in a folder that
others may write to."""
POLICY = ".gemini/autoexp.toml"
RETRIES = 3
"""How often it asks in all before it gives up, and the engine waits instead."""
READING = ("read_file", "read_many_files", "list_directory", "glob", "grep_search")
EDITING = (*READING, "write_file", "replace")
_SHELL = "run_shell_command"
_TURNS = "FatalTurnLimitedError"
_LARGEST_NOTES = 64 << 20


class Gemini:
    """Tokens are those of its last event, thoughts among the output; it knows no price."""

    facts = Facts(
        name="gemini",
        title="Gemini CLI",
        program="gemini",
        install="npm install -g @google/gemini-cli",
        key="GEMINI_API_KEY",
        logins=(".gemini/oauth_creds.json", ".gemini/google_accounts.json"),
        hosts=("generativelanguage.googleapis.com:443", "cloudcode-pa.googleapis.com:443", "oauth2.googleapis.com:443"),
        rules=".gemini/GEMINI.md",
    )
    options = AgentOptions

    def launch(self, task: Task) -> Launch:
        """Start it with settings that go before those of the repository, and a policy that denies all but editing."""
        options = task.options
        argv = [task.program, "-p", task.prompt, "--output-format", "stream-json", "--approval-mode", "default"]
        argv += ["--admin-policy", f"{task.home}/{POLICY}", "--extensions", "none"]
        argv += ["--allowed-mcp-server-names", "none"]
        argv += ["--model", options.model] if options.model else []
        argv += ["--resume", task.resume] if task.resume else []
        env = {
            "GEMINI_CLI_SYSTEM_SETTINGS_PATH": f"{task.home}/{SETTINGS[0]}",
            "GEMINI_CLI_NO_RELAUNCH": "true",  # else a second process of it outlives the first
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
        }
        if options.base_url:
            env["GOOGLE_GEMINI_BASE_URL"] = options.base_url
        if task.key:
            env["GEMINI_API_KEY"] = task.key
        files = {**dict.fromkeys(SETTINGS, _settings(task)), POLICY: policy(options.allow or ())}
        return Launch(tuple(argv), env, files)

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one event."""
        event = event_of(line)
        match text(event.get("type")) if event else "", event:
            case "init", dict(event):
                heard.session, heard.model = text(event.get("session_id")), text(event.get("model"))
            case "message", dict(event) if event.get("role") == "assistant":
                heard.text = (heard.text + text(event.get("content")))[-LONGEST_TEXT:]
            case "tool_use", dict(event):
                heard.requests += not heard.running  # the calls of one answer come together, before their results
                heard.text = ""
                heard.running.add(text(event.get("tool_id")))
            case "tool_result", dict(event):
                _ran(event, heard)
            case "error", dict(event) if event.get("severity") == "error":
                heard.failure = failure(text(event.get("message")))
            case "result", dict(event):
                _result(event, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Count from its notes what it used when it was ended before its last event."""
        if heard.counted_by or not heard.session:
            return
        for answer in _noted(ended, heard.session):
            used = part(answer, "tokens")
            read, thought = count(used.get("input")), count(used.get("thoughts"))
            written = count(used.get("output")) + thought
            tokens = Tokens(input=read, cached=count(used.get("cached")), output=written, reasoning=thought)
            heard.tokens = plus(heard.tokens, tokens)
            heard.counted_by = "gemini, its notes until it was ended"


def policy(allow: tuple[str, ...]) -> str:
    """Give the rules for its tools as TOML: those that edit, and the shell for the commands that are allowed."""
    rules: list[Json] = [
        {"toolName": "*", "decision": "deny", "priority": 1},
        {"toolName": list(EDITING), "decision": "allow", "priority": 2},
        *({"toolName": _SHELL, **_command(one), "decision": "allow", "priority": 3} for one in allow),
    ]
    return "\n".join(
        "\n".join(["[[rule]]", *(f"{key} = {json.dumps(rule[key], ensure_ascii=False)}" for key in rule), ""])
        for rule in rules
    )


def _command(pattern: str) -> Json:
    """Give what of a rule says which command it is for; where `*` stands there may be no quotation mark."""
    if pattern == "*":
        return {"allowRedirection": True}
    start = pattern.removesuffix(" *")
    if start != pattern and "*" not in start:
        return {"commandPrefix": start}
    parts = (re.escape(json.dumps(part, ensure_ascii=False)[1:-1]) for part in pattern.split("*"))
    return {"commandRegex": '[^"]*'.join(parts) + '"'}


def _settings(task: Task) -> str:
    tools = [*EDITING, *([_SHELL] if task.options.allow else [])]
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key" if task.key else "oauth-personal"}},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": RETRIES},
        "model": {"maxSessionTurns": task.options.turns or -1},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "advanced": {"ignoreLocalEnv": True},
        "hooksConfig": {"enabled": False},
        "skills": {"enabled": False},
        "tools": {"core": tools, "allowed": [], "exclude": [], "discoveryCommand": "", "callCommand": ""},
        "admin": {"mcp": {"enabled": False}},
    }
    return json.dumps(settings, indent=1)


def _ran(event: Json, heard: Heard) -> None:
    name, error = text(event.get("tool_id")), part(event, "error")
    heard.running.discard(name)
    if error.get("type") == "policy_violation" or "requires user confirmation" in text(error.get("message")):
        heard.denied.append(name.partition("__")[0])


def _result(event: Json, heard: Heard) -> None:
    heard.running.clear()
    models = part(event, "stats", "models")
    heard.counted_by = "gemini, its last event"
    heard.tokens = Tokens()
    for model in models:
        heard.tokens = plus(heard.tokens, _tokens(part(models, model)))
    heard.done = event.get("status") == "success" and heard.failure is None
    heard.requests += heard.done and heard.text != ""
    error = part(event, "error")
    if error.get("type") == _TURNS:
        heard.ending = "it met its cap of turns"
    elif event.get("status") == "error" and (error or heard.failure is None):
        heard.failure = api_error(text(error.get("message")))


def _noted(ended: Ended, session: str) -> Iterable[Json]:
    """Give the answers of this run that its notes hold, the last note of each; a session that went on has older ones as well."""
    started = next((text(event.get("timestamp")) for line in _lines(ended.stdout) if (event := event_of(line))), "")
    answers: dict[str, Json] = {}
    for event in notes(ended.home, ".gemini/tmp", ending=f"-{session[:8]}.jsonl"):
        if event.get("type") == "gemini" and started <= text(event.get("timestamp")):
            answers[text(event.get("id"))] = event
    return answers.values()


def _lines(path: Path) -> Iterator[str]:
    """Give the lines of a file that an agent left, none of a link, of what is no file, or of one too large."""
    with suppress(OSError):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST_NOTES:
            with path.open(encoding="utf-8", errors="replace") as lines:
                yield from lines


def _tokens(model: Json) -> Tokens:
    """Read the sum of one model: what is neither input nor answer were its thoughts."""
    read, answered = count(model.get("input_tokens")), count(model.get("output_tokens"))
    thought = max(count(model.get("total_tokens")) - read - answered, 0)
    return Tokens(input=read, cached=count(model.get("cached")), output=answered + thought, reasoning=thought)


PROPOSER = Driven(Gemini())
