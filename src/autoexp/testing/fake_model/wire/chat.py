"""OpenAI Chat Completions: `POST /v1/chat/completions`; also what OpenAI says when it refuses, in both of its formats."""

import json
from datetime import UTC, datetime

from .reply import Event, Refusal, Reply, Tokens, Written, new_id, pieces
from .request import Json, Message, Request, text_of

_ROLES = {"developer": "system"}
_STOPS = {"length": "length", "refused": "content_filter"}
_REFUSALS = {  # kind: status, type, code, message
    "bad_request": (400, "invalid_request_error", None, "The request is not valid"),
    "expired_key": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-***"),
    "forbidden": (403, "request_forbidden", "unsupported_country_region_territory", "Country or region not supported"),
    "no_model": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it",
    ),
    "too_large": (413, "invalid_request_error", "request_too_large", "The request is too large"),
    "rate_limit": (429, "tokens", "rate_limit_exceeded", "Rate limit reached for {model} on tokens per min (TPM)"),
    "quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, check your plan and billing details",
    ),
    "server": (500, "server_error", None, "The server had an error while processing your request"),
    "overloaded": (503, "server_error", None, "The engine is currently overloaded, please try again later"),
}


def read(body: Json, path: str) -> Request:
    """Return the request. Raises ValueError when a field is missing that the API asks for."""
    for name in ("model", "messages"):
        if not body.get(name):
            raise ValueError(f"Missing required parameter: '{name}'")
    functions = [tool.get("function") or {} for tool in body.get("tools") or []]
    return Request(
        api="chat",
        path=path,
        body=body,
        model=str(body["model"]),
        stream=bool(body.get("stream")),
        messages=tuple(
            Message(_ROLES.get(said["role"], said["role"]), text_of(said.get("content"))) for said in body["messages"]
        ),
        tools={function.get("name", "?"): function.get("parameters") or {} for function in functions},
    )


def write(request: Request, reply: Reply) -> Written:
    """Return the completion, and its chunks when the client asked for a stream; in a stream, usage comes only when asked for, or with a cost."""
    calls = [
        {
            "id": new_id("call"),
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.args)},
        }
        for call in reply.calls
    ]
    message: Json = {"role": "assistant", "content": reply.text or (None if calls else "")}
    if calls:
        message["tool_calls"] = calls
    stop = _STOPS.get(reply.stop) or ("tool_calls" if calls else "stop")
    head = {"id": new_id("chatcmpl"), "created": int(datetime.now(UTC).timestamp()), "model": request.model}
    usage = {} if reply.tokens is None else {"usage": _usage(reply.tokens, reply.cost)}
    body = {
        **head,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        **usage,
    }
    if not request.stream:
        return Written(body)
    told = reply.cost is not None or (request.body.get("stream_options") or {}).get("include_usage")
    return Written(body, tuple(_chunks(head, reply.text, calls, stop, usage if told else {})))


def refuse(kind: str, status: int | None, message: str | None, model: str) -> Refusal:
    """Return what the provider says for a kind of refusal; status 402 of `quota` is the short form of OpenRouter."""
    usual, type_, code, text = _REFUSALS[kind]
    if status == 402:  # noqa: PLR2004
        return Refusal(402, {"error": {"code": 402, "message": message or "Insufficient credits"}})
    error = {"message": message or text.format(model=model), "type": type_, "param": None, "code": code}
    return Refusal(status or usual, {"error": error})


def _usage(tokens: Tokens, cost: float | None) -> Json:
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.prompt + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
        **({} if cost is None else {"cost": cost}),
    }


def _chunks(head: Json, text: str, calls: list[Json], stop: str, usage: Json) -> list[Event]:
    def chunk(delta: Json, finish: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return None, {**head, "object": "chat.completion.chunk", "choices": [choice]}

    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": piece}) for piece in (pieces(text) if text else [])]
    for index, call in enumerate(calls):
        function = call["function"]
        begun = {**call, "index": index, "function": {**function, "arguments": ""}}
        events.append(chunk({"tool_calls": [begun]}))
        events += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            for piece in pieces(function["arguments"])
        ]
    events.append(chunk({}, stop))
    if usage:
        events.append((None, {**head, "object": "chat.completion.chunk", "choices": [], **usage}))
    return [*events, (None, "[DONE]")]
