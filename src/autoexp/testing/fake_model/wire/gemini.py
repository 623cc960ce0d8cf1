"""Gemini: `POST /v1beta/models/M:generateContent` and `:streamGenerateContent`."""

import re

from .reply import Refusal, Reply, Tokens, Written, new_id, pieces
from .request import Json, Message, Request, text_of

_STOPS = {"length": "MAX_TOKENS", "refused": "SAFETY"}
_REFUSALS = {  # kind: status, name of the status, message
    "bad_request": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "expired_key": (400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
    "forbidden": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "no_model": (404, "NOT_FOUND", "models/{model} is not found for API version v1beta"),
    "too_large": (413, "INVALID_ARGUMENT", "Request payload size exceeds the limit"),
    "rate_limit": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "quota": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, check your plan and billing details."),
    "server": (500, "INTERNAL", "An internal error has occurred."),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
}


def read(body: Json, path: str) -> Request:
    """Return the request. Raises ValueError when it has no contents."""
    if not body.get("contents"):
        raise ValueError("contents is not specified")
    named = re.search(r"/models/([^:/]+):(\w+)", path)
    system = body.get("systemInstruction") or body.get("system_instruction")
    said = body["contents"] if isinstance(body["contents"], list) else [body["contents"]]
    declared = [
        function
        for tool in body.get("tools") or []
        for function in tool.get("functionDeclarations") or tool.get("function_declarations") or []
    ]
    return Request(
        api="gemini",
        path=path,
        body=body,
        model=named.group(1) if named else "",
        stream=bool(named and named.group(2).startswith("stream")),
        messages=(
            *([Message("system", text_of(system))] if system else []),
            *(Message("assistant" if m.get("role") == "model" else "user", text_of(m.get("parts"))) for m in said),
        ),
        tools={f["name"]: f.get("parametersJsonSchema") or f.get("parameters") or {} for f in declared},
    )


def write(request: Request, reply: Reply) -> Written:
    """Return the candidate, and one event a part when the client asked for a stream."""
    parts: list[Json] = [{"text": reply.text}] if reply.text or not reply.calls else []
    parts += [{"functionCall": {"id": new_id("fc"), "name": c.name, "args": c.args}} for c in reply.calls]
    head = {"modelVersion": request.model, "responseId": new_id("resp")}
    usage = {} if reply.tokens is None else {"usageMetadata": _usage(reply.tokens)}

    def part_of(some: list[Json], *, last: bool) -> Json:
        candidate: Json = {"content": {"role": "model", "parts": some}, "index": 0}
        if last:
            candidate["finishReason"] = _STOPS.get(reply.stop, "STOP")
        return {"candidates": [candidate], **head, **(usage if last else {})}

    body = part_of(parts, last=True)
    if not request.stream:
        return Written(body)
    split = _split(parts)
    return Written(body, tuple((None, part_of([part], last=n == len(split))) for n, part in enumerate(split, start=1)))


def refuse(kind: str, status: int | None, message: str | None, model: str) -> Refusal:
    """Return what the provider says for a kind of refusal; a key that is not valid is a 400 here."""
    usual, name, text = _REFUSALS[kind]
    told = message or text.format(model=model)
    error: Json = {"code": status or usual, "message": told, "status": name}
    if kind == "expired_key":
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        error["details"] = [{**info, "domain": "googleapis.com"}]
    return Refusal(status or usual, {"error": error})


def _split(parts: list[Json]) -> list[Json]:
    texts = [{"text": piece} for part in parts if "text" in part for piece in pieces(part["text"])]
    return texts + [part for part in parts if "text" not in part]


def _usage(tokens: Tokens) -> Json:
    return {
        "promptTokenCount": tokens.prompt,
        "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": max(tokens.output - tokens.reasoning, 0),
        "thoughtsTokenCount": tokens.reasoning,
        "totalTokenCount": tokens.prompt + tokens.output,
    }
