"""What a failed command printed, with the lines first that tell why."""

import re

_NAMED = re.compile(r"(?:FAILED|ERROR|FAIL)[: ]|--- FAIL|not ok ")
_ERRORS = re.compile(r"[\w.]*(?:Error|Exception)\b|(?:.*\b)?error(?:\[\w+\])?: |E  |.*\bpanicked at ")
_SHORT, _MOST = 8, 5


def reasons_first(detail: str) -> str:
    """Give a detail whose first line stays first, followed by the lines that name tests or errors; a short one stays as it is."""
    reason, *lines = detail.strip().splitlines() or [""]
    if len(lines) <= _SHORT:
        return detail.strip()
    telling = [line for line in lines if _NAMED.match(line)] or [line for line in lines if _ERRORS.match(line)]
    first = telling[-_MOST:]
    if not first or lines[: len(first)] == first:
        return detail.strip()
    return "\n".join([reason, *first, "its last lines:", *lines])
