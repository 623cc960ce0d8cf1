"""The command: serve a scenario until interrupted or terminated."""

import argparse
import importlib.util
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from .model import FakeModel
from .scenario import Handler, ScenarioError


def main(argv: list[str] | None = None) -> int:
    """Print the URL and serve; returns 0 at the end, 2 for a scenario, handler or port that cannot be used."""
    options = _options().parse_args(argv)
    try:
        scenario = _scenario(options.scenario)
        if options.handler:
            scenario["handler"] = _handler(options.handler)
        model = FakeModel(
            scenario,
            port=options.port,
            models=tuple(options.model or ["fake-model"]),
            log_file=options.log,
            bodies=options.full,
        ).start()
    except (OSError, ScenarioError) as error:
        sys.stderr.write(f"fake_model: {error}\n")
        return 2
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with model:
        if options.port_file:
            options.port_file.write_text(str(model.port), encoding="utf-8")
        if options.until_eof:
            threading.Thread(target=_wait_for_eof, args=(ended,), daemon=True).start()
        sys.stdout.write(f"{model.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


def _wait_for_eof(ended: threading.Event) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    ended.set()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fake_model", description="A scripted model over HTTP on 127.0.0.1.")
    parser.add_argument("scenario", nargs="?", type=Path, help="a JSON file")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="write the port here once it listens")
    parser.add_argument(
        "--until-eof",
        action="store_true",
        help="end when stdin ends, so that whoever started it is survived by nothing",
    )
    parser.add_argument("--log", type=Path, help="append one JSON line a request")
    parser.add_argument("--full", action="store_true", help="log whole requests")
    parser.add_argument("--handler", help="FILE.py:FUNCTION, called with each request; returns a turn")
    parser.add_argument("--model", action="append", help="a name to list at /v1/models")
    return parser


def _scenario(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ScenarioError(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ScenarioError(f'{path} holds no object; write {{"turns": [...]}}')
    return found


def _handler(place: str) -> Handler:
    file, _, name = place.partition(":")
    found = importlib.util.spec_from_file_location("fake_model_handler", file)
    if not found or not found.loader or not Path(file).is_file():
        raise ScenarioError(f"--handler {place}: there is no Python file {file}")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    handler = getattr(module, name or "handle", None)
    if not callable(handler):
        raise ScenarioError(f"--handler {place}: {file} has no function {name or 'handle'}")
    return handler  # type: ignore[no-any-return]
