"""What each path answers: the four APIs by the scenario, and `/__log`, `/__stats`, `/__reset` beside them."""

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .ask import Ask
from .delivery import Delivery, as_asked, as_json, broken, refused
from .faults import Fault
from .scenario import ScenarioError, checked
from .session import Play, Session
from .wire import FORMATS, api_of
from .wire.reply import Reply
from .wire.request import Json, Request

_SECRET = {"authorization", "x-api-key", "x-goog-api-key"}


class Service:
    """The scenario in play: sessions by name, and the log of all of them."""

    def __init__(
        self, scenario: Mapping[str, Any], *, models: tuple[str, ...], log_file: Path | None, bodies: bool
    ) -> None:
        self._scenario = checked(scenario)
        self._models, self._log_file, self._bodies = models, log_file, bodies
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._log: list[Json] = []

    def log(self) -> list[Json]:
        """Return the entries so far."""
        with self._lock:
            return list(self._log)

    def stats(self) -> dict[str, Json]:
        """Return the counters of each session."""
        with self._lock:
            return {name: session.stats() for name, session in self._sessions.items()}

    def reset(self, scenario: Mapping[str, Any] | None = None) -> None:
        """Start again, with another scenario when one is given. Raises ScenarioError."""
        told = checked(scenario) if scenario else self._scenario
        with self._lock:
            self._scenario = told
            self._sessions.clear()
            self._log.clear()

    def answer(self, ask: Ask) -> Delivery:
        """Return what an HTTP request gets."""
        if ask.method != "POST":
            return self._looked_up(ask.path)
        try:
            body = json.loads(ask.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _error("the request body is no JSON object", status=400)
        if api := api_of(ask.path):
            return self._asked(api, body, ask)
        return self._beside(body, ask)

    def _asked(self, api: str, body: Json, ask: Ask) -> Delivery:
        try:
            request, wrong = FORMATS[api].read(body, ask.path), None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            request = Request(api, ask.path, body, str(body.get("model", "")), stream=False, messages=())
            wrong = Fault(status=400, message=str(error))
        request = replace(request, headers=ask.headers, query=ask.query, session=ask.session, size=len(ask.body))
        session = self._session(request.session)
        with session.lock:
            play = session.play(request) if wrong is None else session.turn_away(request, wrong)
            reply = session.reply(request, play)
        self._record(_entry(request, play, reply, bodies=self._bodies))
        return _delivery(request, play, reply)

    def _session(self, name: str) -> Session:
        with self._lock:
            if name not in self._sessions:
                self._sessions[name] = Session(self._scenario.get("sessions", {}).get(name) or self._scenario)
            return self._sessions[name]

    def _record(self, entry: Json) -> None:
        with self._lock:
            self._log.append(entry)
            if self._log_file:
                with self._log_file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry) + "\n")

    def _looked_up(self, path: str) -> Delivery:
        if path in {"/__log", "/__stats"}:
            return as_json(self.log() if path == "/__log" else self.stats())
        if "/models/" in path:
            return as_json({"id": path.rsplit("/", 1)[1], "object": "model", "type": "model"})
        if path.endswith("/models"):
            found = [{"id": name, "object": "model", "owned_by": "fake"} for name in self._models]
            return as_json({"object": "list", "data": found, "models": []})
        return as_json({"ok": True}) if path in {"/", "/health"} else _error(f"nothing at {path}", status=404)

    def _beside(self, body: Json, ask: Ask) -> Delivery:
        if ask.path.endswith("/count_tokens"):
            return as_json({"input_tokens": max(1, len(ask.body) // 4)})
        if ask.path.endswith(":countTokens"):
            return as_json({"totalTokens": max(1, len(ask.body) // 4)})
        if ask.path != "/__reset":
            self._record({"session": ask.session, "path": ask.target, "unknown": True})
            return _error(f"no model speaks at {ask.path}", status=404)
        try:
            self.reset(body)
        except ScenarioError as error:
            return _error(str(error), status=400)
        return as_json({"ok": True})


def _delivery(request: Request, play: Play, reply: Reply) -> Delivery:
    fault = play.fault
    if fault and fault.refusal and not (fault.in_stream and request.stream):
        return replace(refused(request, fault, now=datetime.now(UTC)), wait=play.wait)
    whole = as_asked(request, FORMATS[request.api].write(request, reply), pause=float(play.turn.get("chunk_delay", 0)))
    return replace(broken(whole, request, fault) if fault else whole, wait=play.wait)


def _error(message: str, *, status: int) -> Delivery:
    return as_json({"error": {"message": message}}, status=status)


def _entry(request: Request, play: Play, reply: Reply, *, bodies: bool) -> Json:
    headers = {name: "***" if name in _SECRET else value for name, value in request.headers.items()}
    return {
        "time": round(datetime.now(UTC).timestamp(), 3),
        "session": request.session,
        "api": request.api,
        "path": request.path,
        "model": request.model,
        "stream": request.stream,
        "tools": sorted(request.tools),
        "cwd": request.cwd,
        "assistant_turns": request.assistant_turns,
        "size": request.size,
        "last": request.last if bodies else request.last[-2000:],
        **({"text": request.text, "body": request.body, "headers": headers} if bodies else {}),
        "side": play.side,
        "fault": play.fault.name if play.fault else None,
        "reply": reply.text if play.answers else None,
        "calls": [{"name": call.name, "args": call.args, "input": call.input} for call in reply.calls if play.answers],
    }
