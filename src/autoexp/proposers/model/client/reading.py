"""The bytes of a successful reply to an Answer, whichever form they have: one JSON object, or a stream of events."""

from types import ModuleType
from typing import Literal

from autoexp.proposers.model.client import anthropic, openai
from autoexp.proposers.model.client.failures import Unreadable
from autoexp.proposers.model.client.sse import Events
from autoexp.proposers.model.client.values import Answer
from autoexp.proposers.model.client.wire import parsed

MARK = b"\xef\xbb\xbf"
EVENTS = (b"data", b"event", b":", b"id", b"retry")
ENOUGH = 8


def dialect(api: Literal["openai", "anthropic"]) -> ModuleType:
    """Give the module that speaks an interface."""
    return anthropic if api == "anthropic" else openai


class Reading:
    """Takes a body piece by piece; what was asked for does not matter, what comes does. `done` tells that no more is needed."""

    def __init__(self, api: Literal["openai", "anthropic"]) -> None:
        self._dialect = dialect(api)
        self._stream = self._dialect.Stream()
        self._events = Events()
        self._head = b""
        self._form: Literal["", "json", "events"] = ""
        self._pieces: list[bytes] = []

    @property
    def done(self) -> bool:
        """Tell whether the end marker of a stream was there."""
        return bool(self._stream.ended)

    def feed(self, chunk: bytes) -> None:
        """Take a piece of the body. Raises Unreadable or ErrorSaid."""
        if not self._form:
            self._head = (self._head + chunk).removeprefix(MARK).lstrip()
            if len(self._head) < ENOUGH:
                return
            chunk = self._begin()
        self._take(chunk)

    def answer(self) -> Answer:
        """Give the answer, after the last piece. Raises Unreadable or ErrorSaid."""
        if not self._form:
            if not self._head:
                raise Unreadable("the reply is empty")
            self._take(self._begin())
        answer: Answer
        if self._form == "json":
            answer = self._dialect.whole(parsed(b"".join(self._pieces)))
            return answer
        self._finish()
        answer = self._stream.answer()
        return answer

    def _begin(self) -> bytes:
        self._form = "events" if self._head.startswith(EVENTS) else "json"
        head, self._head = self._head, b""
        return head

    def _take(self, chunk: bytes) -> None:
        if self._form == "json":
            self._pieces.append(chunk)
            return
        for event in self._events.feed(chunk):
            if not self.done:
                self._stream.add(event)

    def _finish(self) -> None:
        try:
            for event in self._events.end():
                if not self.done:
                    self._stream.add(event)
        except Unreadable:
            raise Unreadable("the stream ended in the middle of an event", kind="cut") from None
        if not self.done and not self._stream.finished:
            raise Unreadable("the stream ended before its end marker", kind="cut")
