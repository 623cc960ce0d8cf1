"""The lines of an answer that say something about a proposal: their names, and their values in the form they are kept in."""

import math
import re

from autoexp.experiment.records import Idea

LONGEST_TEXT = 2000
NONE = {"", "-", "none", "n/a", "nothing"}
NO_REASON = "the model gave no reason"
_LONGEST_KIND = 60
_SHORT = 200
FIELDS = {
    "hypothesis": "hypothesis",
    "description": "description",
    "summary": "description",
    "change": "description",
    "kind": "kind",
    "expected gain": "gain",
    "expected_gain": "gain",
    "gain": "gain",
    "risk": "risk",
    "effort": "effort",
    "cost": "effort",
    "idea": "idea",
    "learned": "learned",
    "next": "next",
    "nothing left": "nothing",
    "nothing_left": "nothing",
}
_NAMES = "|".join(name.replace(" ", "[ _]") for name in FIELDS if "_" not in name)
_HEADER = re.compile(
    rf"^[\s#>*_-]{{0,8}}({_NAMES})(?:\s#?\d{{1,2}})?[*_]{{0,3}}\s?[:\uff1a][*_]{{0,3}}\s*(.*)$", re.IGNORECASE
)
_NOTHING = re.compile(r"^[\s#>*_-]{0,8}NOTHING LEFT[\s.!*_]{0,8}$")
_SEPARATOR = re.compile(
    r"^[\s#>*_=-]{0,12}(?:proposal|candidate|option)\s?#?\s?\d{1,2}(?:\s{0,4}[:.)=*_#\u2013\u2014-](.{0,200})|\s*)$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*([=*_-])\1{2,}\s*$")
_GAIN = re.compile(
    r"([-+]?\d{1,6}(?:\.\d{1,6})?)(?:\s?(?:-|\u2013|to|\.\.)\s?\d{1,6}(?:\.\d{1,6})?)?\s?(%|percent|x\b|\u00d7)?"
)


def header(line: str) -> tuple[str, str] | None:
    """Give the field and the value of a header line, such as `KIND: caching`."""
    if ":" not in line and "\uff1a" not in line and "NOTHING LEFT" not in line:
        return None
    line = line[: LONGEST_TEXT + 100]
    if _NOTHING.match(line):
        return "nothing", NO_REASON
    found = _HEADER.match(line)
    return (FIELDS[found[1].lower()], found[2].strip().strip("*").strip()[:LONGEST_TEXT]) if found else None


def separator(line: str) -> str | None:
    """Give the title (or nothing) of a line that begins another proposal; None for every other line."""
    found = _SEPARATOR.match(line[:400]) if any(char.isdigit() for char in line[:100]) else None
    return (found[1] or "").strip(" :.)=*_#-") if found else None


def is_rule(line: str) -> bool:
    """Tell whether a line is blank, or only drawn across."""
    return not line.strip() or bool(_RULE.match(line[:100]))


def idea(value: str) -> Idea | None:
    """Read `text | WHY: … | BLOCKED BY: …`."""
    parts = {"text": "", "why": "", "blocked by": ""}
    for part in value[:LONGEST_TEXT].split("|"):
        label = re.match(r"\s*[*_]{0,3}(why|blocked by)[*_]{0,3}\s?:", part, re.IGNORECASE)
        if label:
            parts[label[1].lower()] = part[label.end() :].strip(" *_")
        else:
            parts["text"] = f"{parts['text']} {part.strip()}".strip()
    if parts["text"].lower().strip(" .()") in NONE:
        return None
    return Idea(text=parts["text"], why=parts["why"], blocked_by=parts["blocked by"])


def kind(text: str) -> str:
    """Give a kind in the one form by which experiments are grouped."""
    return " ".join(text.lower().strip(" .`\"'").split())[:_LONGEST_KIND]


def gain(text: str) -> float | None:
    """Read `12%`, `5-10 %` (its lower end) or `0.12` as a fraction; anything else is unknown."""
    found = _GAIN.search(text[:_SHORT])
    if not found:
        return None
    value, unit = float(found[1]), found[2]
    if unit in {"%", "percent"}:
        value /= 100
    elif unit or not -1 <= value <= 1:
        return None
    return value if math.isfinite(value) else None
