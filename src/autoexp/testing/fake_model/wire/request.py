"""One request to the model, whatever wire format it came in: what handlers and scenarios look at."""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_FOLDERS = (  # how agents tell their working directory in a prompt
    r"<cwd>([^<\n]+)</cwd>",
    r"(?i)(?:primary |current )?working (?:directory|dir)[^:\n]{0,20}:\s*`?([/~][^\s`<\n]*)",
    r"(?i)current(?:ly)? working in the directory:?\s*`?(/[^\s`<\n]*)",
    r"(?i)workspace director(?:y|ies)[^/\n]*\n?\s*-?\s*(/[^\s`<\n]*)",
)


@dataclass(frozen=True)
class Message:
    """One message of the conversation: `role` is system, user or assistant."""

    role: str
    text: str


@dataclass(frozen=True)
class Request:
    """What a client asked: `api` is anthropic, chat, responses or gemini; `tools` maps names to parameter schemas."""

    api: str
    path: str
    body: Json
    model: str
    stream: bool
    messages: tuple[Message, ...]
    tools: Mapping[str, Json] = field(default_factory=dict)
    freeform: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    session: str = "default"
    size: int = 0

    @property
    def system(self) -> str:
        """The system prompt."""
        return "\n".join(message.text for message in self.messages if message.role == "system")

    @property
    def text(self) -> str:
        """The whole prompt: system and every message."""
        return "\n".join(message.text for message in self.messages)

    @property
    def last(self) -> str:
        """The text of the last message; empty when there is none."""
        return self.messages[-1].text if self.messages else ""

    @property
    def assistant_turns(self) -> int:
        """How often the model has spoken in this conversation."""
        return sum(role == "assistant" for role, _ in itertools.groupby(message.role for message in self.messages))

    @property
    def cwd(self) -> str:
        """The working directory that the prompt names; empty when it names none."""
        found = (re.search(pattern, self.text) for pattern in _FOLDERS)
        return next((match.group(1).strip().rstrip(".,") for match in found if match), "")


def text_of(content: Any) -> str:
    """Return all text inside a content value of any wire format, results of tools included."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text_of(part) for part in content)
    return _text_of_part(content) if isinstance(content, dict) else ""


def _text_of_part(part: Json) -> str:
    if isinstance(part.get("text"), str):
        return str(part["text"])
    if response := part.get("functionResponse") or part.get("function_response"):
        return json.dumps(response.get("response"))
    return text_of(next((part[key] for key in ("content", "output", "parts") if key in part), ""))
