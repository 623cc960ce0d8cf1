"""Plain HTTP clients for the fake model: standard library only, no retries, no cleverness."""

import json
import urllib.error
import urllib.request
from typing import Any

HI = [{"role": "user", "content": "hi"}]
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "anthropic": ("/v1/messages", {"model": "m", "max_tokens": 100, "messages": HI}),
    "chat": ("/v1/chat/completions", {"model": "m", "messages": HI, "stream_options": {"include_usage": True}}),
    "responses": ("/v1/responses", {"model": "m", "input": "hi"}),
    "gemini": ("/v1beta/models/m:generateContent", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
}
APIS = sorted(BODIES)


def post(url: str, body: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body, also of refusals. Raises OSError or HTTPException when the connection breaks."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        request = urllib.request.Request(url, raw, told)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            return reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, {k.lower(): v for k, v in refusal.headers.items()}, refusal.read()


def ask(base: str, api: str = "chat", *, stream: bool = False, **more: Any) -> tuple[int, dict[str, str], bytes]:
    """Ask the model in one of its formats."""
    path, body = BODIES[api]
    if api == "gemini":
        path = path.replace(":generate", ":streamGenerate") + "?alt=sse" if stream else path
        return post(base + path, {**body, **more})
    return post(base + path, {**body, **({"stream": True} if stream else {}), **more})


def events(raw: bytes) -> list[Any]:
    """Return the data of each server-sent event; the closing mark of Chat Completions is left out."""
    lines = [line[6:] for line in raw.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def text(api: str, raw: bytes) -> str:
    """Return what the model said in a whole body."""
    body = json.loads(raw)
    return {
        "anthropic": lambda: body["content"][0]["text"],
        "chat": lambda: body["choices"][0]["message"]["content"],
        "responses": lambda: body["output"][0]["content"][0]["text"],
        "gemini": lambda: body["candidates"][0]["content"]["parts"][0]["text"],
    }[api]()


def streamed(api: str, raw: bytes) -> str:
    """Return what the model said in a stream."""
    found = events(raw)
    if api == "anthropic":
        return "".join(e["delta"]["text"] for e in found if e["type"] == "content_block_delta")
    if api == "chat":
        return "".join(c["delta"].get("content") or "" for e in found for c in e["choices"])
    if api == "responses":
        return "".join(e["delta"] for e in found if e["type"] == "response.output_text.delta")
    return "".join(e["candidates"][0]["content"]["parts"][0]["text"] for e in found)
