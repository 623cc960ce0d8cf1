"""mini-swe-agent (`mini`): its messages, which an agent class of ours prints as JSON, one a line. Its only tool is a shell."""

import json
from typing import Any

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.litellm_errors import failure_of
from autoexp.proposers.agents.options import AgentOptions, OpenAiOptions
from autoexp.proposers.agents.streams import Json, count, event_of, items, part, plus, text, usd

ATTEMPTS = 3
"""How often it asks for one answer before it gives up, and the engine waits instead."""
COMMAND_S = 120
"""The longest that one command may take."""
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
FOLDER = ".autoexp"
"""Where our files lie below HOME."""

_KEYS = {"openai": ("OPENAI_API_KEY", "OPENAI_API_BASE"), "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_API_BASE")}
_LIMITS = {
    "LimitsExceeded": "it met its cap of turns or dollars",
    "RepeatedFormatError": "its model called no tool three times in a row",
}
_ADVICE = " You can permanently set your API key"
"""Where its own words on a key begin, which mean nothing in a HOME of ours."""

TELLING = '''\
"""Prints every message of the agent as one line of JSON."""

import json
import os

from minisweagent import __version__
from minisweagent.agents.default import DefaultAgent

print(json.dumps({"role": "start", "version": __version__}), flush=True)
os.environ.pop("PYTHONPATH", None)  # it brought this module; the commands that are run shall not see it


class Telling(DefaultAgent):
    def add_messages(self, *messages):
        for message in messages:
            print(json.dumps(message, default=str), flush=True)
        return super().add_messages(*messages)
'''

SYSTEM = """\
You work in a shell, unattended, on the code in the current folder. Your only tool is `bash`: each answer calls it at least once. Every command
runs in a new shell, in the same folder; one that takes longer than {seconds} s is ended.
"""

TASK = """\
{{{{task}}}}

---

How to end: your last command prints the line {submit} and behind it the line of JSON that is asked for, nothing else. Mind the quotes:

cat <<'END'
{submit}
{{"description": "...", "hypothesis": "..."}}
END

Do not join it with any other command. Nothing can be done after it.
"""

SEEN = """\
exit code {{output.returncode}}{% if output.exception_info %} ({{output.exception_info}}){% endif %}
{% if output.output | length < 20000 %}{{output.output}}{% else %}{{output.output[:10000]}}
[{{output.output | length - 20000}} characters are left out here]
{{output.output[-10000:]}}{% endif %}"""

MISTAKEN = f"{{{{error}}}} Call the tool `bash`; to end, print the line {SUBMIT} as you were told."


class MiniSweAgent:
    """Tokens are those of the answers themselves, as the server told them; dollars come from the price list that LiteLLM brings."""

    facts = Facts(
        name="mini-swe-agent",
        title="mini-swe-agent",
        program="mini",
        install="uv tool install --with mcp mini-swe-agent",
        key="OPENAI_API_KEY",
        hosts=("api.openai.com:443", "api.anthropic.com:443"),
        allow="shell",
        resumes=False,
        counts="tokens, and dollars by LiteLLM's price list",
        version=(),  # it has no such option; our class tells it
    )
    options: type[AgentOptions] = OpenAiOptions

    def launch(self, task: Task) -> Launch:
        """Start it with settings of ours alone; what lies in the repository is no setting of its."""
        options, home = task.options, f"{task.home}/{FOLDER}"
        api = options.api if isinstance(options, OpenAiOptions) else "openai"
        argv = [task.program, "-c", f"{home}/mini.yaml", "-m", f"{api}/{options.model}", "-t", task.prompt]
        argv += ["--agent-class", "autoexp_telling.Telling", "-o", f"{home}/trajectory.json"]
        argv += ["-l", f"{options.cost_usd or 0:g}", "-y", "--exit-immediately"]
        key, base = _KEYS[api]
        env = {
            "PYTHONPATH": home,
            "TYPER_STANDARD_TRACEBACK": "1",  # else it prints every variable that led to an error
            "MSWEA_CONFIGURED": "true",
            "MSWEA_SILENT_STARTUP": "1",
            "MSWEA_GLOBAL_CONFIG_DIR": home,
            "MSWEA_COST_TRACKING": "ignore_errors",
            "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT": str(ATTEMPTS),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_MODE": "PRODUCTION",  # else it looks for a file .env
        }
        if options.base_url:
            env[base] = options.base_url
        if task.key:
            env[key] = task.key
        files = {"mini.yaml": json.dumps(_settings(options.turns), indent=2), "autoexp_telling.py": TELLING}
        return Launch(tuple(argv), env, {f"{FOLDER}/{name}": content for name, content in files.items()})

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one message."""
        message = event_of(line)
        if message is None:
            return
        extra = part(message, "extra")
        _answer(part(extra, "response"), extra, heard)  # that of a mistaken call lies in the message that says so
        match message.get("role"):
            case "start":
                heard.version = text(message.get("version"))
            case "assistant":
                heard.running |= {text(call.get("id")) for call in items(message.get("tool_calls"))}
            case "tool":
                heard.running.discard(text(message.get("tool_call_id")))
            case "exit":
                _exit(extra, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Nothing more is known after its end."""


def _settings(turns: int | None) -> dict[str, Any]:
    no_keys = {name: "" for names in _KEYS.values() for name in names}
    return {
        "agent": {
            "system_template": SYSTEM.format(seconds=COMMAND_S),
            "instance_template": TASK.format(submit=SUBMIT),
            "step_limit": turns or 0,
        },
        "environment": {"timeout": COMMAND_S, "env": {"PAGER": "cat", **no_keys}},
        "model": {
            "observation_template": SEEN,
            "format_error_template": MISTAKEN,
            "model_kwargs": {"drop_params": True, "max_retries": 0},
        },
    }


def _answer(response: Json, extra: Json, heard: Heard) -> None:
    """Count one answer of the model."""
    if not response:
        return
    usage = part(response, "usage")
    heard.requests += 1
    heard.failure = None
    heard.model = text(response.get("model")) or heard.model
    said = [text(part(choice, "message").get("content")) for choice in items(response.get("choices"))]
    heard.text = next(filter(None, said), heard.text)
    heard.counted_by = "mini-swe-agent, the usage of each answer"
    heard.tokens = plus(heard.tokens, _tokens(usage))
    if cost := usd(extra.get("cost")):  # 0 says that it knows no price
        heard.cost_usd = (heard.cost_usd or 0.0) + cost


def _exit(extra: Json, heard: Heard) -> None:
    status = text(extra.get("exit_status"))
    heard.running.clear()
    heard.done = status == "Submitted"
    heard.ending = _LIMITS.get(status, "")
    if heard.done:
        heard.text = text(extra.get("submission")).strip() or heard.text
    elif not heard.ending:
        words = text(extra.get("exception_str")).partition(_ADVICE)[0]
        heard.failure = failure_of(status, words or status)


def _tokens(usage: Json) -> Tokens:
    """Read the usage of one answer in LiteLLM's shape: its input holds what came from a cache."""
    told = part(usage, "prompt_tokens_details")
    return Tokens(
        input=count(usage.get("prompt_tokens")),
        cached=count(told.get("cached_tokens")),
        cache_write=count(told.get("cache_creation_tokens")),
        output=count(usage.get("completion_tokens")),
        reasoning=count(part(usage, "completion_tokens_details").get("reasoning_tokens")),
    )


PROPOSER = Driven(MiniSweAgent())
