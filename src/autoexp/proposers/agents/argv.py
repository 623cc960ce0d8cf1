"""Any coding agent that the contract describes: its command, and where its output tells what it used and how it ended."""

import json
import re
from pathlib import Path
from typing import Any

from autoexp.proposers.agents.agent import Ended, Facts, Heard, Launch, Task
from autoexp.proposers.agents.argv_options import ArgvOptions
from autoexp.proposers.agents.argv_usage import add_usage
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.own import named
from autoexp.proposers.agents.paths import first, found
from autoexp.proposers.agents.placeholders import filled
from autoexp.proposers.agents.streams import event_of
from autoexp.proposers.agents.weather import failure

PROMPT_FILE = ".autoexp/prompt.md"
LONGEST_TEXT = 1 << 20
_LONGEST_OUTPUT = 64 << 20
_TAIL = 1 << 16
_ONLY_SESSION = "last"


class Argv:
    """What is known of it is what its keys say."""

    options = ArgvOptions

    def __init__(self, options: ArgvOptions | None = None) -> None:
        """Describe the program that `options` name; without them there is none."""
        self._options = options or ArgvOptions(argv=("mytool", "{prompt}"))
        self._regex = (
            re.compile(self._options.error.regex) if self._options.error and self._options.error.regex else None
        )
        self.facts = _facts(options)

    def launch(self, task: Task) -> Launch:
        """Start it with its placeholders filled in."""
        options = self._options
        values = {
            "prompt": task.prompt,
            "prompt_file": f"{task.home}/{PROMPT_FILE}",
            "brief": task.brief_md,
            "brief_json": task.brief_json,
            "model": options.model,
            "home": task.home,
            "workspace": task.workspace,
            "session": task.resume,
        }
        argv = filled(options.resume if task.resume else options.argv, values)
        first_word = (task.program,) if argv[0] == options.argv[0] else argv[:1]
        return Launch((*first_word, *argv[1:]), files={PROMPT_FILE: task.prompt, **options.files})

    def hear(self, line: str, heard: Heard) -> None:
        """Take up one line: an event of `jsonl`, or a line of text. A document of JSON is read at the end."""
        if self._options.output == "text":
            heard.text = f"{heard.text}{line}\n"[-LONGEST_TEXT:]
        elif self._options.output == "jsonl" and (event := event_of(line)) is not None:
            self._take(event, heard)
        self._search(line, heard)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        """Read a document of JSON, look for errors in stderr, and believe an exit code of 0 where nothing better was named."""
        options = self._options
        if options.output == "json" and (document := _document(ended.stdout)) is not None:
            self._take(document, heard)
        for line in _tail(ended.stderr).splitlines():
            self._search(line, heard)
        if options.done is None:
            heard.done = ended.returncode == 0 and heard.failure is None
        if options.resume and not options.session and heard.done:
            heard.session = _ONLY_SESSION

    def _take(self, value: Any, heard: Heard) -> None:
        options = self._options
        heard.session = _word(value, options.session) or heard.session
        heard.text = (_word(value, options.text) or heard.text)[-LONGEST_TEXT:]
        add_usage(value, options.usage, heard, by=f"{self.facts.title}, its own output")
        if options.error and options.error.path and (wrong := _true(found(value, options.error.path))) is not None:
            heard.failure = failure(_words(wrong, heard))
        if options.done and options.done.met(found(value, options.done.path)):
            heard.done, heard.failure = True, None

    def _search(self, line: str, heard: Heard) -> None:
        if self._regex is not None and not heard.done and (match := self._regex.search(line)):
            heard.failure = failure(line[match.start() :])


def _facts(options: ArgvOptions | None) -> Facts:
    if options is None:
        return Facts(name="argv", title="an agent of your own", program="", install="", allow="shell", version=())
    return Facts(
        name=f"argv:{named(options.argv[0])}",
        title=named(options.argv[0]),
        program=options.argv[0],
        install="install it, or correct the first word of proposer.argv",
        logins=options.logins,
        hosts=options.hosts,
        rules=options.rules or "",
        allow="shell",
        resumes=bool(options.resume),
        version=options.version,
    )


def _word(value: Any, path: str | None) -> str:
    """Give the last text at a path."""
    words = [one for one in found(value, path) if isinstance(one, str) and one] if path else []
    return words[-1] if words else ""


def _true(values: list[Any]) -> Any:
    return next((value for value in values if value), None)


def _words(wrong: Any, heard: Heard) -> str:
    """Give the words of an error: itself, its message, or what was said last where it is a mere flag."""
    if isinstance(wrong, str):
        return wrong
    if wrong is True:
        return heard.text
    return next(
        (one for one in (first(wrong, "message"), first(wrong, "data.message")) if isinstance(one, str)),
        json.dumps(wrong),
    )


def _document(path: Path) -> Any:
    """Give the JSON that a program printed: all of its output, or what begins at the start of a line and goes on to the end."""
    if path.stat().st_size > _LONGEST_OUTPUT:
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    starts = [0, *(match.start() for match in re.finditer(r"^[{\[]", text, re.MULTILINE))]
    for start in (*starts[:20], *starts[-20:]):
        try:
            return json.loads(text[start:])
        except (ValueError, RecursionError):
            continue
    return None


def _tail(path: Path) -> str:
    with path.open("rb") as stream:
        stream.seek(max(stream.seek(0, 2) - _TAIL, 0))
        return stream.read().decode("utf-8", "replace")


PROPOSER = Driven(Argv(), fitted=Argv)
