"""aider: one question with the files in scope, answered by text that holds edits. It is read from what `--verbose` prints: there is no JSON."""

import ast
import json
import re

from autoexp.experiment.records import Tokens
from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.litellm_errors import failure_of
from autoexp.proposers.agents.options import AgentOptions, OpenAiOptions
from autoexp.proposers.agents.streams import plus

FOLDER = ".autoexp"
"""Where our files lie below HOME."""
LONGEST_WAIT_S = 2.0
"""When it is about to wait as long as this before it asks again, the fifth time, it is ended, and the engine waits instead."""

_FLAGS = (
    *("--no-git", "--no-gitignore", "--no-auto-commits", "--no-dirty-commits", "--no-auto-lint", "--no-auto-test"),
    *("--no-stream", "--no-pretty", "--no-fancy-input", "--verbose", "--yes-always", "--no-dry-run", "--no-gui"),
    *("--no-check-update", "--no-show-release-notes", "--no-analytics", "--analytics-disable", "--no-notifications"),
    *("--no-suggest-shell-commands", "--no-detect-urls", "--no-watch-files", "--no-copy-paste", "--disable-playwright"),
    *("--no-show-model-warnings", "--no-restore-chat-history", "--map-tokens", "0", "--edit-format", "diff"),
    *("--max-chat-history-tokens", "100000000"),  # beyond that it would have the history summed up, by requests that it does not tell
    *("--lint-cmd", "true", "--test-cmd", "true", "--chat-history-file", "/dev/null", "--input-history-file", "/dev/null"),
)  # fmt: skip
"""Much of this is its default; named here, the settings of the repository cannot say otherwise."""

_PRICES = ".aider/caches/model_prices_and_context_window.json"
_KEYS = {"openai": ("OPENAI_API_KEY", "OPENAI_API_BASE"), "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_API_BASE")}
_ENDINGS = {
    "The LLM did not conform to the edit format.": "the edits of its last answer did not fit the files, not all were made",
    "Exception while updating files:": "the edits of its last answer could not be made",
}
_CONTENT = re.compile(r"\bmessage=Message\(content=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_MODEL = re.compile(r"\bmodel='([^'\\]*)'")
_ERROR = re.compile(r"litellm\.(?:exceptions\.)?(\w+): (.*)")
_VERSION = re.compile(r"Aider v(\d\S*)$")
_WAIT = re.compile(r"Retrying in (\d+\.\d) seconds\.\.\.$")
_CUT = re.compile(r"Model \S+ has hit a token limit!$")

HOW = """\
All files in scope that exist were added to this chat. You cannot run commands, and nobody adds more files: answer once, with all edits. The line
of JSON comes behind the last edit."""


class Aider:
    """Tokens are those of the answers themselves, as the server told them."""

    facts = Facts(
        name="aider",
        title="aider",
        program="aider",
        install="uv tool install --python 3.12 aider-chat",
        key="OPENAI_API_KEY",
        hosts=("api.openai.com:443", "api.anthropic.com:443"),
        allow="edits",
        resumes=False,
        takes_files=True,
        version=(),  # it tells it as it starts, and starting takes long
    )
    options: type[AgentOptions] = OpenAiOptions

    def launch(self, task: Task) -> Launch:
        """Start it with the files in scope, without git, and with nothing that it may run."""
        options, home = task.options, f"{task.home}/{FOLDER}"
        api = options.api if isinstance(options, OpenAiOptions) else "openai"
        model = f"{api}/{options.model}"
        argv = [task.program, *_FLAGS, "--model", model, "--weak-model", model, "--editor-model", model]
        argv += [
            "--env-file",
            f"{home}/env",
            "--model-settings-file",
            f"{home}/settings.yml",
            "--load",
            f"{home}/files",
        ]
        argv += ["--message", f"{task.prompt}\n\n{HOW}"]
        key, base = _KEYS[api]
        env = {
            "COLUMNS": "4000",  # its lines are not to be broken
            "PYTHONUTF8": "1",
            "BROWSER": "true",
            "GIT_PYTHON_GIT_EXECUTABLE": "/nonexistent",  # without it, no repository is looked for around the copy
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        told = {**({base: options.base_url} if options.base_url else {}), **({key: task.key} if task.key else {})}
        files = {
            "env": "".join(
                f"{name}={_quoted(value)}\n" for name, value in told.items()
            ),  # read behind the repository's .env
            "settings.yml": json.dumps([{"name": "aider/extra_params", "extra_params": {"max_retries": 0}}]),
            # Named so, and not by --file, paths are relative to the copy and not to the folder that all files share.
            "files": "".join(f'/add "{name}"\n' for name in task.files if '"' not in name and name.isprintable()),
        }
        ours = {f"{FOLDER}/{name}": content for name, content in files.items()}
        return Launch(tuple(argv), {**env, **told}, {**ours, _PRICES: '{"none": {}}'})

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one line. What its answer said is printed as well, and passed over."""
        line = line.rstrip()
        if line.startswith("ModelResponse(") and line.endswith(")"):
            _answer(line, heard)
        elif line.startswith("SYSTEM ") and not _is_quoted(line, heard):
            heard.done, heard.ending = False, ""  # it asks its model
        elif (ending := _ENDINGS.get(line) or _cut(line)) and not _is_quoted(line, heard):
            heard.done, heard.ending = False, ending
        elif not heard.done and not heard.ending:
            _before_an_answer(line, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Take back that it was done when it did not end by itself: edits are made at the very end."""
        heard.done = heard.done and ended.returncode == 0


def _answer(line: str, heard: Heard) -> None:
    """Take up an answer of the model, as Python shows the object."""
    usage = line[line.rfind("usage=Usage(") :] if "usage=Usage(" in line else ""
    content, model = _CONTENT.search(line), _MODEL.search(line)
    heard.text = _shown(content[1]) if content else ""
    heard.model = model[1] if model else heard.model
    heard.requests += 1
    heard.done, heard.failure, heard.ending = True, None, ""
    heard.counted_by = "aider, the usage of each answer"
    heard.tokens = plus(heard.tokens, _tokens(usage))


def _shown(content: str) -> str:
    """Read a text as Python shows it; empty when it does not."""
    try:
        return str(ast.literal_eval(content))
    except (SyntaxError, ValueError):
        return ""


def _before_an_answer(line: str, heard: Heard) -> None:
    if heard.requests == 0 and (version := _VERSION.match(line)):
        heard.version = version[1]
    elif error := _ERROR.match(line):
        heard.failure = failure_of(error[1], error[2])
    elif (wait := _WAIT.match(line)) and heard.failure is not None and float(wait[1]) >= LONGEST_WAIT_S:
        heard.hopeless = True


def _cut(line: str) -> str:
    return "a limit of its model's on tokens cut its answer" if _CUT.match(line) else ""


def _is_quoted(line: str, heard: Heard) -> bool:
    return line in {said.rstrip() for said in heard.text.splitlines()}


def _tokens(usage: str) -> Tokens:
    """Read the usage of one answer: LiteLLM's input holds what came from a cache or went into one."""
    return Tokens(
        input=_number(usage, "prompt_tokens") or 0,
        cached=_number(usage, "cached_tokens") or 0,
        cache_write=_number(usage, "cache_creation_input_tokens"),
        output=_number(usage, "completion_tokens") or 0,
        reasoning=_number(usage, "reasoning_tokens"),
    )


def _number(usage: str, name: str) -> int | None:
    found = re.search(rf"\b{name}=(\d{{1,12}})\b", usage)
    return int(found[1]) if found else None


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


PROPOSER = Driven(Aider())
