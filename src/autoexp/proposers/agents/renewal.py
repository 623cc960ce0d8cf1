"""What of a login is secret, and whether another one is the same login renewed. An agent's commands may have written it: all that could do more is refused."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

_SECRET_NAMES = ("token", "secret", "key", "access", "refresh", "credential", "password")
_TOKEN_NAMES = ("token", "access", "refresh")
_DATE_NAMES = ("refresh", "expir", "date", "_at")
_SHORTEST_SECRET = 12
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~+/=:|%#@-]{0,16383}")
"""Agents take some texts for more than a token: one that begins with an exclamation mark is run as a command, a dollar names a variable."""
_DATE = re.compile(r"[0-9TZ:.+ -]{1,40}")
_WHOSE = ("iss", "sub")
"""What a signed token says of whom it is for."""


def renews(before: bytes, after: bytes) -> bool:
    """Tell whether a login, as it lies in its file, is another with new tokens and times, and nothing else."""
    return _renewed(_strictly(before), _strictly(after))


def secrets_in(login: bytes) -> Iterator[str]:
    """Give the values that must not be seen anywhere."""
    try:
        left = [json.loads(login)]
    except (ValueError, RecursionError):
        return
    while left:  # a loop: what an agent wrote may be nested as deep as it likes
        value = left.pop()
        if isinstance(value, list):
            left.extend(value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, str) and len(inner) >= _SHORTEST_SECRET and _named(name, _SECRET_NAMES):
                    yield inner.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be looked for
                else:
                    left.append(inner)


def _renewed(before: Any, after: Any) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(name, before[name], after[name]) for name in before)
    return False


def _same(name: str, before: Any, after: Any) -> bool:
    if isinstance(before, dict) and isinstance(after, dict):
        return _renewed(before, after)
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(after, str) and isinstance(before, str | None):
        return before == after or _renewed_text(name, before, after)
    return bool(before == after) or all(isinstance(value, int | float) for value in (before, after))


def _renewed_text(name: str, before: str | None, after: str) -> bool:
    """Tell whether a text is a date or token in place of another. Keys are not renewed, and where a token is sent to does not change."""
    if _named(name, _DATE_NAMES) and _DATE.fullmatch(after):
        return True
    if before is None or "://" in f"{before}{after}" or _named(name, ("key",)):
        return False
    return _named(name, _TOKEN_NAMES) and _TOKEN.fullmatch(after) is not None and _whose(before) == _whose(after)


def _whose(token: str) -> tuple[Any, ...] | None:
    """Give whom a signed token is for; None for a token that does not say so."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  header, claims, signature
        return None
    try:
        claims = _strictly(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return tuple(claims.get(name) for name in _WHOSE) if isinstance(claims, dict) else None


def _strictly(login: bytes) -> Any:
    """Read JSON that every program reads alike; None for any other."""
    try:
        return json.loads(login.decode("utf-8"), object_pairs_hook=_no_key_twice, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None


def _named(name: str, words: tuple[str, ...]) -> bool:
    return any(word in name.lower() for word in words)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
