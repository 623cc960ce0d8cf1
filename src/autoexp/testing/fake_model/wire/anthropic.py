"""Anthropic Messages: `POST /v1/messages`."""

import json

from .reply import Event, Refusal, Reply, Written, new_id, pieces
from .request import Json, Message, Request, text_of

_STOPS = {"length": "max_tokens", "refused": "refusal"}
_REFUSALS = {  # kind: status, type, message
    "bad_request": (400, "invalid_request_error", "The request is not valid"),
    "expired_key": (401, "authentication_error", "invalid x-api-key"),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use the specified resource"),
    "no_model": (404, "not_found_error", "model: {model}"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "rate_limit": (429, "rate_limit_error", "This request would exceed the rate limit of your organization"),
    "quota": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API"),
    "server": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}


def read(body: Json, path: str) -> Request:
    """Return the request. Raises ValueError when a field is missing that the API asks for."""
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            raise ValueError(f"{name}: Field required")
    system = [Message("system", text_of(body["system"]))] if body.get("system") else []
    said = [Message(str(message.get("role")), text_of(message.get("content"))) for message in body["messages"]]
    return Request(
        api="anthropic",
        path=path,
        body=body,
        model=str(body["model"]),
        stream=bool(body.get("stream")),
        messages=(*system, *said),
        tools={tool["name"]: tool.get("input_schema") or {} for tool in body.get("tools") or []},
    )


def write(request: Request, reply: Reply) -> Written:
    """Return the message, and its events when the client asked for a stream."""
    stop = _STOPS.get(reply.stop) or ("tool_use" if reply.calls else "end_turn")
    content: list[Json] = [{"type": "text", "text": reply.text}] if reply.text or not reply.calls else []
    content += [{"type": "tool_use", "id": new_id("toolu"), "name": c.name, "input": c.args} for c in reply.calls]
    usage = _usage(reply)
    message = {
        "id": new_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        **({"usage": usage} if usage else {}),
    }
    return Written(message, tuple(_events(message, usage)) if request.stream else ())


def refuse(kind: str, status: int | None, message: str | None, model: str) -> Refusal:
    """Return what the provider says for a kind of refusal; status 402 of `quota` is a billing error."""
    usual, type_, text = _REFUSALS[kind]
    if kind == "quota" and status == 402:  # noqa: PLR2004
        type_ = "billing_error"
    error = {"type": type_, "message": message or text.format(model=model)}
    return Refusal(status or usual, {"type": "error", "error": error, "request_id": new_id("req")})


def _usage(reply: Reply) -> Json:
    if reply.tokens is None:
        return {}
    tokens = reply.tokens
    return {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read,
        "output_tokens": tokens.output,
        **({} if reply.cost is None else {"cost": reply.cost}),
    }


def _events(message: Json, usage: Json) -> list[Event]:
    begun = {**message, "content": [], "stop_reason": None}
    if usage:
        begun["usage"] = {**usage, "output_tokens": 1}
    events = [_event("message_start", message=begun), _event("ping")]
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        events.append(_event("content_block_start", index=index, content_block=empty))
        for piece in pieces(block["text"] if is_text else json.dumps(block["input"])):
            delta = (
                {"type": "text_delta", "text": piece}
                if is_text
                else {"type": "input_json_delta", "partial_json": piece}
            )
            events.append(_event("content_block_delta", index=index, delta=delta))
        events.append(_event("content_block_stop", index=index))
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append(_event("message_delta", delta=ended, **({"usage": usage} if usage else {})))
    return [*events, _event("message_stop")]


def _event(name: str, **fields: object) -> Event:
    return name, {"type": name, **fields}
