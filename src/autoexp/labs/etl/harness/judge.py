"""The judge's side of an answer: what is right, worked out with numpy alone, and whether an answer is that."""

import contextlib
import hashlib
import json
import math
from pathlib import Path

import numpy as np
from generate import CATEGORIES, EVENTS, NULL_INT, Delivery, atomic

RTOL = 1e-9


def reference(numbers: dict[str, np.ndarray], query: dict) -> list[list]:
    """Work out the answer without any of the engines under test."""
    when, value, category, event = (numbers[name] for name in ("timestamp", "value", "category", "event_type"))
    keep = (when >= query["since"]) & (when < query["until"]) & (value >= query["min_value"])
    keep &= (category >= 0) & (event >= 0)
    group = category[keep].astype(np.int64) * len(EVENTS) + event[keep]
    size = len(CATEGORIES) * len(EVENTS)
    total, count = np.bincount(group, value[keep], size), np.bincount(group, minlength=size)
    user = numbers["user_id"][keep]
    known = user != NULL_INT
    users = np.bincount(np.unique(group[known] << 32 | user[known]) >> 32, minlength=size)
    lines = [
        [
            CATEGORIES[at // len(EVENTS)],
            EVENTS[at % len(EVENTS)],
            total[at],
            total[at] / count[at],
            count[at],
            users[at],
        ]
        for at in np.flatnonzero(count)
    ]
    return [[number if isinstance(number, str) else number.item() for number in line] for line in sorted(lines)]


def golden(delivery: Delivery, query: dict) -> list[list]:
    """The right answer, kept beside the delivery for the next sample that asks the same."""
    facts = Path(__file__).read_bytes() + json.dumps(query, sort_keys=True).encode()
    path = delivery.folder / "golden" / f"{hashlib.sha256(facts).hexdigest()[:16]}.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    rows = reference(delivery.numbers(), query)
    with contextlib.suppress(OSError):  # a cache that may only be read still serves
        atomic(path, lambda temporary: temporary.write_text(json.dumps(rows), encoding="utf-8"))
    return rows


def same(rows: object, right: list[list]) -> bool:
    """Compare line by line: texts and counts exactly, sums and means to RTOL."""
    return isinstance(rows, list) and len(rows) == len(right) and all(map(_same_line, rows, right))


def _same_line(line: object, right: list) -> bool:
    if not isinstance(line, list) or len(line) != len(right):
        return False
    exact = line[:2] == right[:2] and line[4:] == right[4:]
    close = all(
        isinstance(a, float) and math.isclose(a, b, rel_tol=RTOL) for a, b in zip(line[2:4], right[2:4], strict=True)
    )
    return exact and close
