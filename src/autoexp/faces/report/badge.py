"""A badge for a README: the confirmed gain, or that there is none. Nothing else is called the gain there."""

from typing import Any

from autoexp.faces.report.figures import gain
from autoexp.faces.report.text import esc

_GOOD, _NONE = "#12784a", "#76808b"
_WIDTH, _PAD = 6.6, 10


def badge(found: dict[str, Any]) -> str:
    """Give the badge as an SVG picture that needs nothing else. `found` is a status, as `autoexp status --json` prints it."""
    confirmed = found["confirmed_gain"]
    if confirmed is None:
        return _drawn("gain", "not confirmed", _NONE)
    words = f"{gain(confirmed['gain'])} ({gain(confirmed['low'])} to {gain(confirmed['high'])})"
    return _drawn("confirmed gain", words, _GOOD if confirmed["low"] > 0 else _NONE)


def _drawn(label: str, words: str, colour: str) -> str:
    left, right = (round(_WIDTH * len(text) + 2 * _PAD) for text in (label, words))
    whole = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{esc(label)}: {esc(words)}">'
        f"<title>{esc(label)}: {esc(words)}</title>"
        f'<rect width="{left}" height="20" fill="#3a424b"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{esc(label)}</text><text x="{left + right / 2:g}" y="14">{esc(words)}</text></g></svg>\n'
    )
