"""What an agent says at its end: the line of JSON that it was asked for, or plain words."""

import json
import re

from autoexp.experiment.records import Proposal
from autoexp.proposers.answer import proposal_from

_FENCE = re.compile(r"^\s*`{3,}\w*\s*$")
_LONGEST_TEXT = 1 << 20


def described(text: str) -> Proposal:
    """Give the words of a proposal. Of plain words the first line is the description; figures in them are not used."""
    line = _object(text[-_LONGEST_TEXT:])
    said = proposal_from(line) if line else Proposal(description=_first_line(text))
    return Proposal(hypothesis=said.hypothesis, description=said.description, asi=said.asi, ideas=said.ideas)


def nothing_left(text: str) -> str:
    """Give why nothing is left to try, if that is what an agent says; else an empty text."""
    line = _object(text[-_LONGEST_TEXT:])
    reason = json.loads(line).get("nothing_left") if line else None
    return reason.strip()[:2000] if isinstance(reason, str) else ""


def _object(text: str) -> str:
    """Give the JSON object that a text ends with, on one line or on several, in a fence or not; empty when there is none."""
    lines = [line for line in text.splitlines() if line.strip() and not _FENCE.match(line)]
    for start in range(len(lines) - 1, max(len(lines) - 40, -1), -1):
        if not lines[start].lstrip().startswith("{"):
            continue
        joined = " ".join(lines[start:])
        try:
            found = json.loads(joined)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return joined
    return ""


def _first_line(text: str) -> str:
    lines = (line.strip().lstrip("#*- ").strip() for line in text.splitlines())
    return next((line for line in lines if line and not _FENCE.match(line)), "")[:200]
