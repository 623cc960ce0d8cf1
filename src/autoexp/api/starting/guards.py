"""Limits as people write them on a command line: `memory_mb<=512`, `rows==baseline`, `latency_ms<=1.05*incumbent`."""

import re
from typing import Any

from autoexp.errors import AutoexpError

_GUARD = re.compile(r"\s*(?P<name>[^\s<>=]+)\s*(?P<sign><=|>=|==|=|<|>)\s*(?P<bound>.+?)\s*")
_TIMES = re.compile(r"(?:(?P<before>[0-9.]+)\s*\*\s*)?(?P<of>baseline|incumbent)(?:\s*\*\s*(?P<after>[0-9.]+))?")
_KINDS = {"<=": "at_most", ">=": "at_least", "==": "equals", "=": "equals"}


def guard_of(text: str) -> tuple[str, dict[str, Any]]:
    """Give the name of a guard and its section of the contract. Raises AutoexpError for a text that is no limit."""
    match = _GUARD.fullmatch(text)
    kind = _KINDS.get(match["sign"]) if match else None
    bound = _bound(match["bound"]) if match else None
    if match is None or kind is None or bound is None:
        raise AutoexpError(
            f"--guard {text!r} is not a limit",
            fix="write NAME<=LIMIT, NAME>=LIMIT or NAME==LIMIT; a limit is a number, baseline, incumbent or 1.05*incumbent",
        )
    return match["name"], {"role": "guard", kind: bound}


def _bound(text: str) -> Any:
    if match := _TIMES.fullmatch(text):
        times = match["before"] or match["after"]
        try:
            return {"of": match["of"], "times": float(times)} if times else match["of"]
        except ValueError:
            return None
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and abs(value) < 1e15 else value  # noqa: PLR2004  exact so far
