"""Quotes text that nobody has read for a model, so that nothing in it passes for the words of the one who asks."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

PREFIX = "| "
# What separates roles in the templates of usual models; a server may read it as such in the middle of a text
_ROLE_MARKS = re.compile(
    r"<(?=/?[|\uff5c]|/?(?:s|bos|eos|start_of_turn|end_of_turn)>)|<(?=</?SYS>>)"
    r"|\[(?=/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
)
_UNSEEN = {"Cc", "Cs", "Co"}
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def quoted(text: str, name: str, *, longest: int) -> str:
    """Give the text as data: between two marks with a sign that it cannot know, each line behind a bar.

    Marks of roles are broken up and characters that nobody sees are spelt out, so that none of its lines begins or ends a
    quote, a role or an answer. What is longer than `longest` characters is cut, and the quote says so.
    """
    shown, rest = text[:longest], len(text) - longest
    sign = _sign(text)
    lines = [PREFIX + _harmless(line) for line in shown.splitlines() or [""]]
    note = [f"(cut here: {rest} more characters are not shown)"] if rest > 0 else []
    return "\n".join([f"=== {name} begins {sign} ===", *lines, f"=== {name} ends {sign} ===", *note])


def _sign(text: str) -> str:
    while True:
        sign = hashlib.sha256(secrets.token_bytes(32) + text.encode("utf-8", "backslashreplace")).hexdigest()[:24]
        if sign not in text:
            return sign


def _harmless(line: str) -> str:
    spelt = "".join(character if _is_seen(character) else f"<U+{ord(character):04X}>" for character in line)
    return _ROLE_MARKS.sub(lambda found: found[0] + " ", spelt)


def _is_seen(character: str) -> bool:
    if character == "\t" or character < "\u0080":
        return character == "\t" or " " <= character <= "~"
    return not (
        unicodedata.category(character) in _UNSEEN or character in _TURNING or "\U000e0000" <= character <= "\U000e0fff"
    )
