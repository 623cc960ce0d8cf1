"""Chat completions, as OpenAI and the many servers like it speak them: the body of a request, a whole answer, a streamed one."""

from collections.abc import Mapping, Sequence
from typing import Any

from autoexp.proposers.model.client.failures import ErrorSaid, Unreadable
from autoexp.proposers.model.client.sse import ServerEvent
from autoexp.proposers.model.client.usage import openai_tokens, reported_usd
from autoexp.proposers.model.client.values import Answer, Endpoint, Finish, Message
from autoexp.proposers.model.client.wire import parsed, text_of

PATH, VERSION = "/chat/completions", "/v1"
END = "[DONE]"
FINISHES: Mapping[str, Finish] = {"stop": "stop", "length": "length", "content_filter": "refusal"}
LIMITS = ("max_tokens", "max_completion_tokens")
NEW_LIMIT_HOSTS = ("api.openai.com", ".openai.azure.com")


def headers(endpoint: Endpoint) -> dict[str, str]:
    """Give the headers that show who asks."""
    key = endpoint.key.strip()
    return {"authorization": f"Bearer {key}"} if key else {}


def body(endpoint: Endpoint, messages: Sequence[Message], *, host: str) -> dict[str, Any]:
    """Give the body of a request, `options` aside."""
    said: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": m.role, "content": m.text} for m in messages],
    }
    if endpoint.max_output is not None and not any(limit in endpoint.options for limit in LIMITS):
        said[LIMITS[host.endswith(NEW_LIMIT_HOSTS)]] = endpoint.max_output
    if endpoint.stream:
        said |= {"stream": True, "stream_options": {"include_usage": True}}
    return said


def whole(data: Mapping[str, Any]) -> Answer:
    """Read an answer that came in one piece. Raises Unreadable or ErrorSaid."""
    reader = Stream()
    reader.read(data)
    answer = reader.answer()
    if not any(isinstance(choice.get("message"), dict) for choice in data["choices"]):
        raise Unreadable("the answer has a choice without a message")
    return answer


class Stream:
    """Collects the chunks of a streamed answer; `ended` tells that its end marker was there, `finished` that its text is whole."""

    def __init__(self) -> None:
        self.ended = False
        self.finished = False
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._finish = ""
        self._model = ""
        self._usage: Any = None
        self._chosen = False

    def add(self, event: ServerEvent) -> None:
        """Take one event. Raises Unreadable or ErrorSaid."""
        if event.data.strip() == END:
            self.ended = True
            return
        data = parsed(event.data)
        if event.name == "error":
            raise ErrorSaid(data)
        self.read(data)

    def read(self, data: Mapping[str, Any]) -> None:
        """Take one chunk, or a whole answer. Raises Unreadable or ErrorSaid."""
        if data.get("error"):
            raise ErrorSaid(data)
        if isinstance(data.get("model"), str):
            self._model = data["model"] or self._model
        if isinstance(data.get("usage"), dict):
            self._usage = data["usage"]
        choices = data.get("choices")
        for choice in choices if isinstance(choices, list) else []:
            if not isinstance(choice, dict):
                raise Unreadable("the answer has a choice that is no object")
            if choice.get("index") in {None, 0}:
                self._take(choice)

    def answer(self) -> Answer:
        """Give what was said. Raises Unreadable when there was no choice in it."""
        if not self._chosen:
            raise Unreadable("the answer has no choice in it")
        refusal = "".join(self._refusals)
        return Answer(
            text="".join(self._texts) or refusal,
            finish="refusal" if refusal else FINISHES.get(self._finish, "other"),
            model=self._model,
            tokens=openai_tokens(self._usage),
            reported_usd=reported_usd(self._usage),
        )

    def _take(self, choice: Mapping[str, Any]) -> None:
        if choice.get("error") or choice.get("finish_reason") == "error":
            raise ErrorSaid({"error": choice.get("error") or "the service gave up on its answer"})
        self._chosen = True
        said = choice.get("message", choice.get("delta"))
        if isinstance(said, dict):
            self._texts.append(text_of(said.get("content")))
            self._refusals.append(text_of(said.get("refusal")))
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish:
            self._finish, self.finished = finish, True
