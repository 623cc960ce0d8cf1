"""What a proposing program says about its proposal: a JSON object on its last line, read with care."""

import json
import math
from pathlib import Path
from typing import Any

from autoexp.experiment.records import Idea, Proposal, Tokens

LONGEST_TEXT = 2000
LONGEST_ANSWER = 1 << 20
MOST_IDEAS = 50
MOST = 10**12
"""Tokens and dollars that nobody uses for one change: such a claim is no claim."""
LARGEST_NOTES = 20_000
_SHOWN = 200


def last_line(stdout: Path) -> str:
    """Give the last line of a file that is not blank, as long as it lies within the last MB."""
    with stdout.open("rb") as stream:
        stream.seek(max(stream.seek(0, 2) - LONGEST_ANSWER, 0))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def proposal_from(line: str) -> Proposal:
    """Read the line. Unknown keys, and values of the wrong type, are passed over; a line that is no JSON object is the
    description.
    """
    answer = _object(line)
    if answer is None:
        return Proposal(description=line[:_SHOWN])
    tokens = answer.get("tokens")
    tokens = tokens if isinstance(tokens, dict) else {}
    ideas = answer.get("ideas")
    return Proposal(
        hypothesis=_text(answer.get("hypothesis")),
        description=_text(answer.get("description")),
        asi=_asi(answer),
        ideas=tuple(idea for one in ideas if (idea := _idea(one)))[:MOST_IDEAS] if isinstance(ideas, list) else (),
        tokens=Tokens(**{name: _count(tokens.get(name)) for name in ("input", "cached", "output")}),
        cost_usd=_cost(answer.get("cost_usd")),
        requests=_count(answer.get("requests")),
    )


def retry_after(line: str) -> float | None:
    """Give the seconds after which a program wants to be asked again, if its last line says `retry_after_s`."""
    answer = _object(line) or {}
    return _cost(answer.get("retry_after_s"))


def _object(line: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(line, parse_constant=lambda _: None, parse_float=_finite)
        # Half a surrogate pair is JSON but cannot be written as UTF-8; here it becomes a question mark.
        answer = json.loads(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _text(value: Any) -> str:
    return value.strip()[:LONGEST_TEXT] if isinstance(value, str) else ""


def _notes(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) and len(json.dumps(value)) <= LARGEST_NOTES else {}


def _asi(answer: dict[str, Any]) -> dict[str, Any]:
    """Give the notes; `idea`, the id of the idea that is tried, may also stand beside them."""
    notes, idea = _notes(answer.get("asi")), _text(answer.get("idea"))
    return {"idea": idea, **notes} if idea else notes


def _idea(value: Any) -> Idea | None:
    """Read an idea: a text, or an object with `idea` or `text`, and perhaps `why` and `blocked_by`."""
    said = value if isinstance(value, dict) else {"text": value}
    text = _text(said.get("idea")) or _text(said.get("text"))
    return Idea(text=text, why=_text(said.get("why")), blocked_by=_text(said.get("blocked_by"))) if text else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST else None


def _cost(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < MOST:
        return None
    return float(value)
