"""What real agents printed, replayed: `streams/AGENT/CASE.txt`, and beside it in `CASE.json` what is to be heard of it.

`CASE.err` is its stderr and `CASE.home` its HOME, where they tell something. Numbers are those of the server that answered; where an agent
cannot know them, `note` says why.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autoexp import plugins
from autoexp.proposers.agents.agent import Agent, Ended, Heard
from autoexp.proposers.agents.watching import Caps, Watcher

STREAMS = Path(__file__).parent / "streams"
AGENTS = ("claude-code", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini-swe-agent")
CASES = ("good", "refused", "server", "cut")
KEYS = {"done", "requests", "tokens", "text", "failure", "ending", "denied"}
LARGEST = 40 * 1024
RECORDED = sorted(f"{path.parent.name}/{path.stem}" for path in STREAMS.glob("*/*.json"))

recorded = pytest.mark.parametrize("case", RECORDED)


def test_every_agent_has_its_cases():
    missing = [f"{name}/{case}" for name in AGENTS for case in CASES if f"{name}/{case}" not in RECORDED]
    assert missing == []


@recorded
def test_the_stream_tells_what_the_server_counted(case: str, tmp_path: Path):
    agent, stream, heard = agent_of(case), STREAMS / f"{case}.txt", Heard()
    for line in stream.read_text(encoding="utf-8").splitlines():
        agent.hear(line, heard)
    agent.conclude(ended(case, stream, tmp_path), heard)
    assert told(heard) == expected(case)


@recorded
@pytest.mark.parametrize("seed", range(3))
def test_pieces_of_a_stream_tell_the_same_as_its_lines(case: str, seed: int, tmp_path: Path):
    agent, rest, rng = agent_of(case), (STREAMS / f"{case}.txt").read_bytes(), random.Random(seed)
    growing = tmp_path / "proposer.out"
    watcher = Watcher(agent, growing, Caps(idle_s=1e9), price=lambda heard: None, stop=None)
    while rest:
        size = rng.choice((1, 100, 5000))
        with growing.open("ab") as stream:
            stream.write(rest[:size])
        rest = rest[size:]
        watcher()
    heard = watcher.finish()
    agent.conclude(ended(case, growing, tmp_path), heard)
    assert told(heard) == expected(case)


@recorded
def test_an_event_of_another_shape_breaks_nothing(case: str, tmp_path: Path):
    agent, stream = agent_of(case), STREAMS / f"{case}.txt"
    for line in stream.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        for other in disfigured(event):
            agent.hear(json.dumps(other), Heard())


@recorded
def test_a_recording_is_small_and_names_no_machine(case: str):
    for path in (STREAMS / case).parent.glob(f"{case.partition('/')[2]}.*"):
        for one in [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]:
            assert one.stat().st_size <= LARGEST, one
            text = one.read_text(encoding="utf-8")
            assert [word for word in ("/root", "/tmp/pytest", "/home/") if word in without_home(text)] == []


def agent_of(case: str) -> Agent:
    agent: Agent = plugins.find("autoexp.proposers", case.partition("/")[0]).agent
    return agent


def ended(case: str, stdout: Path, folder: Path) -> Ended:
    """Give the end of a run whose HOME and stderr are copies of what was recorded."""
    home, stderr = folder / "home", folder / "proposer.err"
    if (STREAMS / f"{case}.home").is_dir():
        shutil.copytree(STREAMS / f"{case}.home", home)
    else:
        home.mkdir()
    recorded_err = STREAMS / f"{case}.err"
    stderr.write_bytes(recorded_err.read_bytes() if recorded_err.exists() else b"")
    return Ended(read(case).get("returncode", 0), stdout, stderr, home)


def expected(case: str) -> dict[str, Any]:
    return {key: value for key, value in read(case).items() if key in KEYS}


def read(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STREAMS / f"{case}.json").read_text(encoding="utf-8"))
    assert set(found) - {"returncode", "note"} == KEYS, case
    return found


def told(heard: Heard) -> dict[str, Any]:
    return {
        "done": heard.done,
        "requests": heard.requests,
        "tokens": {name: getattr(heard.tokens, name) or 0 for name in ("input", "cached", "output")},
        "text": heard.text,
        "failure": heard.failure.kind if heard.failure else None,
        "ending": heard.ending,
        "denied": heard.denied,
    }


def disfigured(value: Any) -> Iterator[Any]:
    """Give copies of an event in which one value is of another type."""
    for strange in (None, True, -1, 7, 1e30, "words", "", [], {}, [None], [[1]], {"type": 3}):
        for put in places(value):
            yield put(strange)


def places(value: Any) -> Iterator[Callable[[Any], Any]]:
    """Give functions, each of which puts something in the place of one value inside."""
    yield lambda new: new
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs)[:40]:
        for put in places(inner):
            yield lambda new, key=key, put=put: replaced(value, key, put(new))


def replaced(value: Any, key: Any, new: Any) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = new
    return copy


def without_home(text: str) -> str:
    return text.replace("/home/run", "")
