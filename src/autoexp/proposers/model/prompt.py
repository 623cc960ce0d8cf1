"""What a model reads in one request: who it is and how to answer, the code, then the brief. What changes least comes first."""

import re
from collections.abc import Iterator, Mapping

from autoexp import briefs
from autoexp.campaign.views import Brief
from autoexp.proposers.model.client.values import Message
from autoexp.proposers.model.protocol import instructions

LONGEST_ANSWER = 8_000
_TICKS = re.compile(rb"`{3,}")

_ROLE = """\
You improve code by experiments. Each of your answers is one change to the files in scope; it is applied, measured by a harness that \
you cannot see or run, compared with the best so far under noise, and kept only when the gain is real. Numbers that you state are not used.
Think of what the measurement really spends its time or its points on. Prefer one clear idea to many small ones, never give up \
correctness for the number, and do not try again what has failed."""


def messages(
    brief: Brief,
    files: Mapping[str, bytes],
    shown: Mapping[str, bytes],
    *,
    several: int,
    last_answer: str = "",
) -> tuple[Message, ...]:
    """Give the request of one experiment. `shown` are files to read only; `last_answer` is the one that could not be used."""
    system = Message("system", f"{_ROLE}\n\n{instructions(several)}", stable=True)
    code = Message("user", "\n".join(_listing(files, shown)), stable=True)
    return (system, code, Message("user", _request(brief, several=several, last_answer=last_answer)))


def letters(request: tuple[Message, ...]) -> int:
    """Count the letters of a request."""
    return sum(len(message.text) for message in request)


def _listing(files: Mapping[str, bytes], shown: Mapping[str, bytes]) -> Iterator[str]:
    yield "# Files that you may change"
    for path, content in files.items():
        yield from _file(path, content)
    if not files:
        yield "None of them exists yet."
    if shown:
        yield "# Files to read only"
    for path, content in shown.items():
        yield from _file(path, content)


def _file(path: str, content: bytes) -> Iterator[str]:
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in _TICKS.findall(content)), default=0))
    yield f"\n{path}"
    yield fence
    try:
        yield content.decode("utf-8").replace("\r\n", "\n").removesuffix("\n")
    except UnicodeDecodeError:
        yield f"({len(content)} bytes that are not UTF-8 text)"
    yield fence


def _request(brief: Brief, *, several: int, last_answer: str) -> str:
    parts = [briefs.as_markdown(brief).strip()]
    if last_answer:
        cut = last_answer if len(last_answer) <= LONGEST_ANSWER else f"{last_answer[:LONGEST_ANSWER]}\n(cut)"
        fence = "`" * max(4, 1 + max((len(ticks) for ticks in _TICKS.findall(cut.encode())), default=0))
        parts.append(f"Your last answer, which could not be used:\n{fence}\n{cut}\n{fence}")
    if brief.repair is not None:
        parts.append(
            "Answer with edits to the files as they are shown above: they hold your change already, if it was applied."
        )
    elif several > 1:
        parts.append(
            f"Answer with {several} proposals, best first, each of them against the files as they are shown above."
        )
    else:
        parts.append("Answer with one proposal.")
    return "\n\n".join(parts)
