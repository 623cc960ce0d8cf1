"""What a person reads of the holdout: how often it was looked at, and what it said at the end."""

from typing import Any

from autoexp.faces.cli.printing import gain


def holdout_lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the lines of a status; none where the holdout has given no answer."""
    looks, end = found["holdout_looks"], found["holdout_end"]
    at = f" at {found['holdout_items']} held-out items" if found["holdout_items"] else ""
    many = "; each look lets a little of it through: take fresh data for it" if found["holdout_looks_many"] else ""
    return [
        *([("holdout", f"{looks} look{'s' if looks != 1 else ''}{at}{many}")] if looks else []),
        *([("at the end", end_line(end))] if end else []),
    ]


def end_line(end: dict[str, Any]) -> str:
    """Say how much of the claimed gain the holdout showed as the campaign ended; `end` has gain, claimed, passed and detail."""
    if end["passed"] is None:
        return f"the holdout gave no answer: {end['detail']}"
    verdict = "passed" if end["passed"] else "FAILED"
    if end["gain"] is None:
        return f"the holdout {verdict}: {end['detail']}"
    return f"the holdout shows {gain(end['gain'])} of {gain(end['claimed'])} claimed, {verdict}"
