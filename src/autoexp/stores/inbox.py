"""Requests from faces to an engine: one small file each, written whole, read once."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from autoexp.durable import sync_folder

RequestName = Literal["stop", "pause", "resume", "hint", "clear_hints", "idea", "drop_idea", "accept", "reject"]

REVIEWS: frozenset[RequestName] = frozenset({"accept", "reject"})
"""Requests about one experiment."""

LASTING: frozenset[RequestName] = REVIEWS | {"hint", "clear_hints", "idea", "drop_idea"}
"""Requests that wait for the next session when none is running; the others are for the one that runs."""

_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What a face asks for; `n` is the number of the experiment that it is about, `why` and `blocked_by` belong to an idea."""

    name: RequestName
    text: str = ""
    n: int | None = None
    why: str = ""
    blocked_by: str = ""


def leave(inbox: Path, request: Request, *, stamp: str) -> Path:
    """Write a request so that the engine sees all of it or nothing, also after a power loss; once this returns, all of it.

    Its name begins with a number above those of all that wait: a clock that is set back changes no order.
    """
    if not inbox.is_dir():
        inbox.mkdir(parents=True, exist_ok=True)
        sync_folder(inbox.parent)
    number = max((_number(path) for path in inbox.glob("*.json")), default=0) + 1
    count = 0
    while (target := inbox / f"{number:0{_DIGITS}}-{stamp}-{os.getpid()}-{count:03}.json").exists():
        count += 1
    draft = target.with_suffix(".part")
    more = {"n": request.n, "why": request.why or None, "blocked_by": request.blocked_by or None}
    body = {
        "request": request.name,
        "text": request.text,
        **{key: value for key, value in more.items() if value is not None},
    }
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(body))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(inbox)
    return target


def take(inbox: Path) -> list[tuple[Path, Request | None]]:
    """Give the waiting requests, oldest first; None for one that cannot be read. The caller removes each file."""
    if not inbox.is_dir():
        return []
    return [(path, _read(path)) for path in sorted(inbox.glob("*.json"), key=lambda path: (_number(path), path.name))]


def remove(path: Path) -> None:
    """Remove a request that is answered, so that no power loss brings it back. Raises OSError."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _number(path: Path) -> int:
    """Give the number that a name begins with; earlier versions wrote the time there."""
    digits = re.match(rf"\d{{1,{_DIGITS}}}", path.name)
    return int(digits[0]) if digits else 0


def _read(path: Path) -> Request | None:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        name, n = body["request"], body.get("n")
        text, why, blocked_by = (str(body.get(key, "")) for key in ("text", "why", "blocked_by"))
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
        return None
    if name not in get_args(RequestName) or (type(n) is not int if name in REVIEWS else n is not None):
        return None
    return Request(name, text, n, why, blocked_by)
