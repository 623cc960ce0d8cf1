"""Requests from faces to an engine: one small file each, written whole, read once."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

RequestName = Literal["stop", "pause", "resume", "hint", "accept", "reject"]

LASTING: frozenset[RequestName] = frozenset({"accept", "reject"})
"""Requests that wait for the next session when none is running; the others are for the one that runs."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a face asks for; `n` is the number of the experiment that it is about."""

    name: RequestName
    text: str = ""
    n: int | None = None


def leave(inbox: Path, request: Request, *, stamp: str) -> Path:
    """Write a request so that the engine sees all of it or nothing."""
    inbox.mkdir(parents=True, exist_ok=True)
    count = 0
    while (target := inbox / f"{stamp}-{os.getpid()}-{count:03}.json").exists():
        count += 1
    draft = target.with_suffix(".part")
    about = {} if request.n is None else {"n": request.n}
    draft.write_text(json.dumps({"request": request.name, "text": request.text, **about}), encoding="utf-8")
    draft.replace(target)
    return target


def take(inbox: Path) -> list[tuple[Path, Request | None]]:
    """Give the waiting requests, oldest first; None for one that cannot be read. The caller removes each file."""
    if not inbox.is_dir():
        return []
    return [(path, _read(path)) for path in sorted(inbox.glob("*.json"))]


def _read(path: Path) -> Request | None:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        name, text, n = body["request"], str(body.get("text", "")), body.get("n")
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
        return None
    if name not in get_args(RequestName) or (type(n) is not int if name in LASTING else n is not None):
        return None
    return Request(name, text, n)
