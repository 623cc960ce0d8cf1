"""How texts, numbers, statuses and tables look on a terminal."""

import json
import os
import re
import sys
from typing import Any

STYLES = {"keep": "green", "discard": "dim", "inconclusive": "yellow", "no_change": "dim", "explore": "cyan"}
# Control characters but newline and tab, and those that turn the direction of a text around.
_TURNING = "\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HOSTILE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNING}]")
_ESCAPED = re.compile(f"[\x7f-\x9f\ud800-\udfff{_TURNING}]")


def style_of(status: str) -> str:
    """Give the colour of a status; anything that went wrong is red."""
    return STYLES.get(status, "red")


def harmless(text: str) -> str:
    """Show what would command a terminal as the characters that it is made of; bytes that are no text as question marks."""
    shown = _HOSTILE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    encoding = sys.stdout.encoding or "utf-8"
    return shown.encode(encoding, "replace").decode(encoding)


def one_line(text: str) -> str:
    """Give a text as one harmless line."""
    return harmless(" ".join(text.split()))


def cut(text: str, *, letters: int = 160) -> str:
    """Give the beginning of a text, as much as stands beside an experiment's line."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def say(text: str, *, err: bool = False) -> None:
    """Print a line, or lines, that may hold what programs said."""
    _write((harmless(text) + "\n").encode((sys.stderr if err else sys.stdout).encoding or "utf-8", "replace"), err=err)


def write_data(text: str) -> None:
    """Print data byte for byte for the next program; a person's terminal gets it harmless."""
    _write((harmless(text) if sys.stdout.isatty() else text).encode("utf-8", "surrogateescape"))


def print_json(value: Any) -> None:
    """Print one JSON document. Characters that a terminal would obey are escaped, as JSON allows."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"
    _write(_ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode())


def _write(data: bytes, *, err: bool = False) -> None:
    """Write now. When whoever read has gone, the rest goes nowhere, and the command ends as it would have."""
    stream = sys.stderr if err else sys.stdout
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def number(value: float | None, unit: str = "") -> str:
    """Show a metric's value."""
    return "-" if value is None else f"{value:.5g}{' ' + unit if unit else ''}"


def gain(value: float | None) -> str:
    """Show a gain: a fraction of the baseline, positive = better."""
    return "-" if value is None else f"{value:+.1%}"


def seconds(value: float) -> str:
    """Show a span of time."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
