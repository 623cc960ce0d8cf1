"""What the model says, before a wire format writes it down, and what a format makes of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .request import Json

Event = tuple[str | None, Json | str]


@dataclass(frozen=True)
class Call:
    """One call of a tool; `input` instead of `args` for tools that take free text."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    input: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class Tokens:
    """Tokens of one request; `input` leaves cached ones out, `output` holds the reasoning."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, as OpenAI and Gemini count them."""
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True)
class Reply:
    """One answer: text, calls, why it ended, and what it cost; tokens of None are not reported at all."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    stop: str = "end"
    tokens: Tokens | None = None
    cost: float | None = None


@dataclass(frozen=True)
class Written:
    """A reply in a wire format: the whole body, and the events of a stream when one was asked for."""

    body: Json
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """An HTTP status and the body that a provider sends with it."""

    status: int
    body: Json


def new_id(prefix: str) -> str:
    """Return an identifier that no other reply has."""
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


def pieces(text: str, size: int = 24) -> list[str]:
    """Cut a text into the deltas of a stream; at least one, which may be empty."""
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]
