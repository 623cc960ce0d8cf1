"""Messages, as Anthropic and the servers like it speak them: the body of a request, a whole answer, a streamed one."""

from collections.abc import Mapping, Sequence
from typing import Any

from autoexp.proposers.model.client.failures import ErrorSaid, Unreadable
from autoexp.proposers.model.client.sse import ServerEvent
from autoexp.proposers.model.client.usage import anthropic_tokens, reported_usd
from autoexp.proposers.model.client.values import Answer, Endpoint, Finish, Message
from autoexp.proposers.model.client.wire import parsed, text_of

PATH, VERSION = "/messages", "/v1"
API_VERSION = "2023-06-01"
MAX_OUTPUT = 16384
MOST_MARKS = 4
FINISHES: Mapping[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


def headers(endpoint: Endpoint) -> dict[str, str]:
    """Give the headers that show who asks, and which version of the interface is meant."""
    key = endpoint.key.strip()
    return {"anthropic-version": API_VERSION} | ({"x-api-key": key} if key else {})


def body(endpoint: Endpoint, messages: Sequence[Message], *, host: str) -> dict[str, Any]:
    """Give the body of a request, `options` aside. Empty messages are left out: the service refuses them."""
    del host
    spoken = [message for message in messages if message.text.strip()]
    marked = {i for i, message in enumerate(spoken) if message.stable}
    marked = set(sorted(marked)[-MOST_MARKS:])
    blocks = [(message.role, _block(message.text, mark=i in marked)) for i, message in enumerate(spoken)]
    said: dict[str, Any] = {
        "model": endpoint.model,
        "max_tokens": MAX_OUTPUT if endpoint.max_output is None else endpoint.max_output,
        "messages": [{"role": role, "content": [block]} for role, block in blocks if role != "system"],
    }
    if system := [block for role, block in blocks if role == "system"]:
        said["system"] = system
    if endpoint.stream:
        said["stream"] = True
    return said


def whole(data: Mapping[str, Any]) -> Answer:
    """Read an answer that came in one piece. Raises Unreadable or ErrorSaid."""
    if data.get("type") == "error" or data.get("error"):
        raise ErrorSaid(data)
    if not isinstance(data.get("content"), list):
        raise Unreadable("the answer has no content in it")
    reader = Stream()
    reader.start(data)
    return reader.answer()


class Stream:
    """Collects the events of a streamed answer; `ended` tells that its end marker was there, `finished` that its text is whole."""

    def __init__(self) -> None:
        self.ended = False
        self.finished = False
        self._texts: list[str] = []
        self._finish = ""
        self._model = ""
        self._usage: dict[str, Any] = {}
        self._started = False

    def add(self, event: ServerEvent) -> None:
        """Take one event. Raises Unreadable or ErrorSaid."""
        data = parsed(event.data)
        kind = data.get("type", event.name)
        if kind == "error" or event.name == "error":
            raise ErrorSaid(data)
        if kind == "message_start":
            self.start(_object(data.get("message")))
        elif kind == "content_block_start":
            self._texts.append(text_of([data.get("content_block")]))
        elif kind == "content_block_delta":
            delta = _object(data.get("delta"))
            if delta.get("type") == "text_delta":
                self._texts.append(text_of(delta.get("text")))
        elif kind == "message_delta":
            self._settle(_object(data.get("delta")), data.get("usage"))
        elif kind == "message_stop":
            self.ended = True

    def start(self, message: Mapping[str, Any]) -> None:
        """Take a message, whole or as it stands at a stream's start. Raises Unreadable."""
        self._started = True
        if isinstance(message.get("model"), str):
            self._model = message["model"]
        self._texts.append(text_of(message.get("content")))
        self._settle(message, message.get("usage"))

    def answer(self) -> Answer:
        """Give what was said. Raises Unreadable when no message began."""
        if not self._started:
            raise Unreadable("the answer has no message in it")
        return Answer(
            text="".join(self._texts),
            finish=FINISHES.get(self._finish, "other"),
            model=self._model,
            tokens=anthropic_tokens(self._usage),
            reported_usd=reported_usd(self._usage),
        )

    def _settle(self, said: Mapping[str, Any], usage: Any) -> None:
        finish = said.get("stop_reason")
        if isinstance(finish, str) and finish:
            self._finish, self.finished = finish, True
        self._usage |= {name: count for name, count in _object(usage).items() if count is not None}


def _block(text: str, *, mark: bool) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": text}
    return block | {"cache_control": {"type": "ephemeral"}} if mark else block


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
