"""The four wire formats, each in a file of its own: how a request reads, how a reply and a refusal are written."""

from collections.abc import Callable
from dataclasses import dataclass

from . import anthropic, chat, gemini, responses
from .reply import Refusal, Reply, Written
from .request import Json, Request


@dataclass(frozen=True)
class Format:
    """One wire format; `read` raises ValueError with what a provider would say of the request."""

    read: Callable[[Json, str], Request]
    write: Callable[[Request, Reply], Written]
    refuse: Callable[[str, int | None, str | None, str], Refusal]


FORMATS = {
    "anthropic": Format(anthropic.read, anthropic.write, anthropic.refuse),
    "chat": Format(chat.read, chat.write, chat.refuse),
    "responses": Format(responses.read, responses.write, chat.refuse),
    "gemini": Format(gemini.read, gemini.write, gemini.refuse),
}


def api_of(path: str) -> str | None:
    """Return the wire format that is spoken at a path; None when none is."""
    endings = {
        "/messages": "anthropic",
        "/chat/completions": "chat",
        "/responses": "responses",
        ":generateContent": "gemini",
        ":streamGenerateContent": "gemini",
    }
    return next((api for ending, api in endings.items() if path.endswith(ending)), None)
