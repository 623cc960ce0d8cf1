"""OpenAI Responses: `POST /v1/responses`."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from .reply import Call, Event, Reply, Tokens, Written, new_id, pieces
from .request import Json, Message, Request, text_of

_FROM_MODEL = {"function_call", "custom_tool_call", "reasoning", "local_shell_call"}
_CUTS = {"length": "max_output_tokens", "refused": "content_filter"}


def read(body: Json, path: str) -> Request:
    """Return the request. Raises ValueError when a field is missing that the API asks for."""
    for name in ("model", "input"):
        if not body.get(name):
            raise ValueError(f"Missing required parameter: '{name}'")
    said = body["input"]
    items: list[Json] = [{"role": "user", "content": said}] if isinstance(said, str) else said
    system = [Message("system", text_of(body["instructions"]))] if body.get("instructions") else []
    late = [tool for item in items if item.get("type") == "additional_tools" for tool in item.get("tools") or []]
    tools = dict(_tools([*(body.get("tools") or []), *late], namespace=""))
    return Request(
        api="responses",
        path=path,
        body=body,
        model=str(body["model"]),
        stream=bool(body.get("stream")),
        messages=(*system, *(Message(_role(item), text_of(item)) for item in items)),
        tools=tools,
        freeform=frozenset(name for name, schema in tools.items() if schema.get("x-freeform")),
    )


def write(request: Request, reply: Reply) -> Written:
    """Return the response, and its events when the client asked for a stream."""
    items: list[Json] = [_message(reply.text)] if reply.text or not reply.calls else []
    items += [_call(request, call) for call in reply.calls]
    cut = _CUTS.get(reply.stop)
    base = {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(datetime.now(UTC).timestamp()),
        "model": request.model,
        "error": None,
        "incomplete_details": {"reason": cut} if cut else None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "metadata": {},
    }
    usage = None if reply.tokens is None else _usage(reply.tokens, reply.cost)
    body = {**base, "status": "incomplete" if cut else "completed", "output": items, "usage": usage}
    return Written(body, tuple(_events(base, body)) if request.stream else ())


def _role(item: Json) -> str:
    if item.get("type") in _FROM_MODEL:
        return "assistant"
    role = str(item.get("role") or "user")
    return "system" if role == "developer" else role


def _tools(tools: list[Json], *, namespace: str) -> Iterator[tuple[str, Json]]:
    for tool in tools:
        if tool.get("type") == "namespace":
            yield from _tools(tool.get("tools") or [], namespace=str(tool.get("name") or ""))
            continue
        marks = {"x-namespace": namespace} if namespace else {}
        marks |= {"x-freeform": "yes"} if tool.get("type") == "custom" else {}
        yield tool.get("name") or tool.get("type") or "?", {**(tool.get("parameters") or {}), **marks}


def _message(text: str) -> Json:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": new_id("msg"), "status": "completed", "role": "assistant", "content": content}


def _call(request: Request, call: Call) -> Json:
    same = {"call_id": new_id("call"), "status": "completed", "name": call.name}
    if call.input is not None or call.name in request.freeform:
        text = json.dumps(call.args) if call.input is None else call.input
        return {"type": "custom_tool_call", "id": new_id("ctc"), **same, "input": text}
    namespace = request.tools.get(call.name, {}).get("x-namespace") or call.namespace
    item = {"type": "function_call", "id": new_id("fc"), **same, "arguments": json.dumps(call.args)}
    return {**item, "namespace": namespace} if namespace else item


def _usage(tokens: Tokens, cost: float | None) -> Json:
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cache_read},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.prompt + tokens.output,
        **({} if cost is None else {"cost": cost}),
    }


def _events(base: Json, body: Json) -> Iterator[Event]:
    numbers = itertools.count()

    def event(name: str, **fields: Any) -> Event:
        return name, {"type": name, "sequence_number": next(numbers), **fields}

    begun = {**base, "status": "in_progress", "output": [], "usage": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(body["output"]):
        at = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            part = item["content"][0]
            open_item = {**item, "status": "in_progress", "content": []}
            yield event("response.output_item.added", output_index=index, item=open_item)
            yield event("response.content_part.added", content_index=0, part={**part, "text": ""}, **at)
            for piece in pieces(part["text"]):
                yield event("response.output_text.delta", content_index=0, delta=piece, **at)
            yield event("response.output_text.done", content_index=0, text=part["text"], **at)
            yield event("response.content_part.done", content_index=0, part=part, **at)
        else:
            field, name = (
                ("arguments", "function_call_arguments") if "arguments" in item else ("input", "custom_tool_call_input")
            )
            open_item = {**item, "status": "in_progress", field: ""}
            yield event("response.output_item.added", output_index=index, item=open_item)
            for piece in pieces(item[field]):
                yield event(f"response.{name}.delta", delta=piece, **at)
            yield event(f"response.{name}.done", **{field: item[field]}, **at)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event(f"response.{body['status']}", response=body)
