"""Qwen Code (`qwen -p`): its stream of JSON events, its settings and rules for tools, its sessions."""

import json
from typing import Literal

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.gemini_family import api_error
from autoexp.proposers.agents.options import OpenAiOptions
from autoexp.proposers.agents.streams import Json, count, event_of, items, part, plus, text

SETTINGS = ".qwen/autoexp.json"
RETRIES = 0
"""How often its library asks again. What is above that asks seven times in all, for some 80 s, and no setting of it is for that."""
EDITING = ("read_file", "grep_search", "glob", "list_directory", "edit", "write_file")
_TURNS = 53
_SHELL = "run_shell_command"
OTHERS = (
    "agent", "list_agents", "send_message", "skill", "web_fetch", "web_search", "read_mcp_resource", "get_goal", "update_goal",
    "propose_goal", "cron_create", "cron_list", "cron_delete", "loop_wakeup", "task_stop", "monitor", "enter_worktree", "exit_worktree",
    "record_artifact", "report_findings", "notebook_edit", "zoom_image", "ask_user_question", "todo_write", "save_memory", "exit_plan_mode",
)  # fmt: skip
"""Its other tools, which are not offered to the model."""


class Qwen:
    """Tokens are those of its answers and of its last event; it knows no price. `api` is the shape in which it speaks to its server."""

    options = OpenAiOptions

    def __init__(self, api: Literal["openai", "anthropic"] = "openai") -> None:
        self._api = api
        self.facts = Facts(
            name="qwen",
            title="Qwen Code",
            program="qwen",
            install="npm install -g @qwen-code/qwen-code",
            key=f"{api.upper()}_API_KEY",
            hosts=(f"api.{api}.com:443",),
            rules=".qwen/QWEN.md",
            allow="shell",  # it runs `cat "${X:-$(touch y)}"` where only `cat *` is allowed
        )

    def launch(self, task: Task) -> Launch:
        """Start it in a folder that it does not trust, with editing tools, and a shell where the contract allows any command."""
        options, named = task.options, self._api.upper()
        argv = [task.program, "-p", task.prompt, "--output-format", "stream-json", "--auth-type", self._api]
        argv += ["--model", options.model] if options.model else []
        argv += ["--max-session-turns", str(options.turns)] if options.turns else []
        argv += ["--resume", task.resume] if task.resume else []
        env = {"QWEN_CODE_SYSTEM_SETTINGS_PATH": f"{task.home}/{SETTINGS}"}
        if options.base_url:
            env[f"{named}_BASE_URL"] = options.base_url
        if options.model:
            env[f"{named}_MODEL"] = options.model
        if task.key:
            env[f"{named}_API_KEY"] = task.key
        return Launch(tuple(argv), env, {SETTINGS: _settings(task)})

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one event."""
        event = event_of(line)
        match text(event.get("type")) if event else "", event:
            case "system", dict(event) if event.get("subtype") == "init":
                heard.session, heard.model = text(event.get("session_id")), text(event.get("model"))
            case "assistant", dict(event):
                _assistant(part(event, "message"), heard)
            case "user", dict(event):
                heard.running -= {text(one.get("tool_use_id")) for one in items(part(event, "message").get("content"))}
            case "result", dict(event):
                _result(event, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Tell its cap of turns by its exit code: its stream just stops there."""
        if ended.returncode == _TURNS and not heard.done:
            heard.running.clear()
            heard.ending = "it met its cap of turns"


def _settings(task: Task) -> str:
    tools = [*EDITING, *([_SHELL] if task.options.allow else [])]
    settings = {
        "permissions": {"allow": tools},
        "tools": {"core": tools, "disabled": list(OTHERS), "toolSearch": {"enabled": False}, "useRipgrep": False},
        "security": {"folderTrust": {"enabled": True}},
        "general": {"enableAutoUpdate": False},
        "model": {"generationConfig": {"maxRetries": RETRIES}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "memory": dict.fromkeys(("enableManagedAutoMemory", "enableManagedAutoDream", "enableAutoSkill"), False),
        "agents": {"crossSessionMessaging": False},
    }
    return json.dumps(settings, indent=1)


def _assistant(message: Json, heard: Heard) -> None:
    """Take up a part of an answer; the last part alone has the usage."""
    content = list(items(message.get("content")))
    calls = {text(one.get("id")) for one in content if one.get("type") == "tool_use"}
    heard.requests += bool(calls) and not heard.running  # the calls of one answer come together, before their results
    heard.running |= calls
    said = [text(one.get("text")) for one in content if one.get("type") == "text"]
    heard.text = said[-1] if said and not calls else ""
    used = _tokens(part(message, "usage"))
    if used.total:
        heard.counted_by = "qwen, its answers"
        heard.tokens = plus(heard.tokens, used)


def _result(event: Json, heard: Heard) -> None:
    """Take up the end. Its own sum holds all of a session that went on, so it is not used."""
    heard.running.clear()
    heard.denied = [_denied(one) for one in items(event.get("permission_denials"))]
    heard.done = event.get("is_error") is False and event.get("subtype") == "success"
    if heard.done:
        heard.text = text(event.get("result")) or heard.text
        heard.requests += heard.text != ""
    else:
        heard.text = ""
        heard.failure = api_error(text(part(event, "error").get("message")))


def _denied(denial: Json) -> str:
    command, name = text(part(denial, "tool_input").get("command")), text(denial.get("tool_name"))
    return f"{name}({command[:60]})" if command else name


def _tokens(usage: Json) -> Tokens:
    """Read what was used: its input holds what came from a cache."""
    cached = count(usage.get("cache_read_input_tokens"))
    return Tokens(input=count(usage.get("input_tokens")), cached=cached, output=count(usage.get("output_tokens")))


PROPOSER = Driven(Qwen(), fitted=lambda options: Qwen(options.api))
