"""Requests from faces to a running engine: one small file each, written whole, read once."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

RequestName = Literal["stop", "pause", "resume", "hint"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a face asks for."""

    name: RequestName
    text: str = ""


def leave(inbox: Path, request: Request, *, stamp: str) -> Path:
    """Write a request so that the engine sees all of it or nothing."""
    inbox.mkdir(parents=True, exist_ok=True)
    count = 0
    while (target := inbox / f"{stamp}-{os.getpid()}-{count:03}.json").exists():
        count += 1
    draft = target.with_suffix(".part")
    draft.write_text(json.dumps({"request": request.name, "text": request.text}), encoding="utf-8")
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
        name, text = body["request"], str(body.get("text", ""))
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
        return None
    return Request(name, text) if name in get_args(RequestName) else None
