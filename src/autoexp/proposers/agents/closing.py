"""What an agent says at its end: the line of JSON that it was asked for, or plain words."""

import json
import re

from autoexp.experiment.records import Proposal
from autoexp.proposers.answer import proposal_from

_FENCE = re.compile(r"^\s*`{3,}\w*\s*$")
_BEFORE = " \t`>*-"
"""What may stand before the line and is not text."""
_KEYS = frozenset({"description", "hypothesis", "asi", "ideas", "nothing_left"})
LONGEST_TEXT = 1 << 16
"""What is read of an agent's last words, their end."""
_MOST_TRIES = 500


def described(text: str) -> Proposal:
    """Give the words of a proposal. Of plain words the first line is the description; figures in them are not used."""
    line, _ = _line(text)
    said = proposal_from(line) if line else Proposal(description=_first_line(text))
    return Proposal(hypothesis=said.hypothesis, description=said.description, asi=said.asi, ideas=said.ideas)


def nothing_left(text: str) -> str:
    """Give why nothing is left to try, if that is what an agent says; else an empty text. What it says of such a line in passing is none."""
    line, alone = _line(text)
    reason = json.loads(line).get("nothing_left") if alone else None
    return reason.encode("utf-8", "replace").decode().strip()[:2000] if isinstance(reason, str) else ""


def _line(text: str) -> tuple[str, bool]:
    """Give the last JSON object with keys that were asked for, and whether it begins a line; on one line or several, in a fence or not."""
    end = text[-LONGEST_TEXT:]
    starts = [match.start() for match in re.finditer(r"\{", end)][-_MOST_TRIES:]
    found, alone, position = "", False, 0
    for start in starts:
        if start < position:  # inside of the one before
            continue
        try:
            value, stop = _DECODER.raw_decode(end, start)
        except (ValueError, RecursionError):
            continue
        position = stop
        if _KEYS & value.keys():
            found = end[start:stop]
            alone = not end[:start].rpartition("\n")[2].strip(_BEFORE)
    return found, alone


_DECODER = json.JSONDecoder()


def _first_line(text: str) -> str:
    lines = (line.strip().lstrip("#*- ").strip() for line in text.splitlines())
    return next((line for line in lines if line and not _FENCE.match(line)), "")[:200]
