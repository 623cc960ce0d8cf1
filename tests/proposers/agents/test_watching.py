"""What is heard of an agent while its output grows: whatever it prints, and whenever it is asked to end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autoexp.proposers.agents.claude_code import PROPOSER
from autoexp.proposers.agents.watching import Caps, Watcher


class Scene:
    """An agent's output that grows, its watcher, and a clock that the test moves."""

    def __init__(self, folder: Path, caps: Caps | None = None, *, stop: Callable[[], bool] | None = None) -> None:
        self.out, self.now = folder / "proposer.out", 0.0
        self.out.touch()
        self.watcher = Watcher(
            PROPOSER.agent,
            self.out,
            caps or Caps(idle_s=10),
            price=lambda heard: heard.cost_usd,
            stop=stop,
            clock=lambda: self.now,
        )

    def prints(self, *events: Any) -> None:
        """Let the agent print events (or bytes, as they are), and let the watcher look until it has seen them all."""
        with self.out.open("ab") as stream:
            for event in events:
                stream.write(event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n")
        for _ in range(self.out.stat().st_size // (1 << 20) + 2):
            self.watcher()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def answer(name: str = "a", *, text: str = "I go on.", tool: str = "") -> dict[str, Any]:
    used = [{"type": "tool_use", "id": tool, "name": "Bash", "input": {}}] if tool else []
    usage = {"input_tokens": 100, "output_tokens": 1}
    return {
        "type": "assistant",
        "message": {"id": name, "model": "m", "content": [{"type": "text", "text": text}, *used], "usage": usage},
    }


def result(text: str = "done", *, error: bool = False, used: int = 100, **more: Any) -> dict[str, Any]:
    models = {"m": {"inputTokens": used, "outputTokens": 5, "costUSD": 0.25, "costBasis": "list"}}
    return {
        "type": "result",
        "subtype": "success",
        "is_error": error,
        "result": text,
        "model_usage_since_last_result": models,
        **more,
    }


REFUSED = {"type": "system", "subtype": "api_retry", "error_status": 401, "error": "authentication_failed"}


def test_a_line_of_a_hundred_megabytes_is_passed_over_and_what_follows_is_heard(scene: Scene) -> None:
    scene.prints(answer("a"), b'{"type": "result", "result": "' + b"x" * (100 << 20) + b'"}\n', answer("b"), result())
    heard = scene.watcher.finish()
    assert (heard.requests, heard.text, heard.done) == (2, "done", True)
    assert len(scene.watcher._held) <= 1 << 20


def test_a_line_of_some_megabytes_is_heard(scene: Scene) -> None:
    scene.prints(result("x" * (8 << 20)))
    assert len(scene.watcher.finish().text) == 8 << 20


@pytest.mark.parametrize(
    "noise",
    [
        b"\0" * 5000 + b"\n",
        b"\xff\xfe\x80 not UTF-8\n",
        b'{"type": "result", "subtype": "success", "result": "torn\n',
        b"\r\n\r\n",
        b"[" * 200_000 + b"\n",
        b'{"type": ' * 50_000 + b"\n",
        b'{"type": "result", "num_turns": ' + b"9" * 10_000 + b"}\n",
        b"NaN\n",
    ],
    ids=["NULs", "not UTF-8", "torn", "empty", "deep", "deeper", "a long number", "no object"],
)
def test_noise_between_events_changes_nothing(scene: Scene, noise: bytes) -> None:
    scene.prints(noise, answer("a"), noise, result(), noise)
    heard = scene.watcher.finish()
    assert (heard.requests, heard.text, heard.done) == (1, "done", True)


def test_invalid_bytes_inside_of_an_event_are_replaced(scene: Scene) -> None:
    scene.prints(json.dumps(result("A")).encode().replace(b'"A"', b'"A\xff"') + b"\n")
    assert scene.watcher.finish().text == "A\N{REPLACEMENT CHARACTER}"


def test_half_a_surrogate_pair_can_be_written_down(scene: Scene) -> None:
    scene.prints(result("half \ud800"))
    assert scene.watcher.finish().text.encode() == b"half ?"


def test_the_last_line_needs_no_end(scene: Scene) -> None:
    scene.prints(json.dumps(result()).encode())
    assert not scene.watcher.heard.done
    assert scene.watcher.finish().done


def test_success_after_errors_is_a_success(scene: Scene) -> None:
    scene.prints(result("API Error: 500", error=True, api_error_status=500))
    assert scene.watcher.heard.failure is not None
    scene.prints(answer("a"), result("mended"))
    heard = scene.watcher.finish()
    assert (heard.done, heard.failure, heard.text) == (True, None, "mended")


def test_an_error_after_success_is_an_error(scene: Scene) -> None:
    scene.prints(answer("a"), result(), result("API Error: 500", error=True, api_error_status=500))
    heard = scene.watcher.finish()
    assert not heard.done
    assert heard.failure is not None
    assert heard.failure.kind == "server"


def test_two_results_count_what_was_used_for_both(scene: Scene) -> None:
    scene.prints(answer("a"), result(used=100), answer("b"), result(used=40))
    heard = scene.watcher.finish()
    assert (heard.tokens.input, heard.tokens.output, heard.cost_usd) == (140, 10, 0.5)


def test_work_after_a_result_is_not_done_until_the_next(scene: Scene) -> None:
    scene.prints(answer("a"), result(), answer("b"))
    assert not scene.watcher.finish().done


def test_who_goes_on_after_its_last_word_is_held_to_its_caps(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Caps(idle_s=10, turns=3))
    scene.prints(*(answer(f"{i}") for i in range(3)), result())
    assert not scene.watcher.reason
    scene.prints(answer("4"), result())
    assert scene.watcher.reason == "cap"


def test_a_cap_that_is_passed_by_the_last_word_ends_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, Caps(idle_s=10, tokens=50))
    scene.prints(result(used=100))
    assert not scene.watcher.reason


@pytest.mark.parametrize(
    ("caps", "named"), [({"turns": 1}, "turns"), ({"tokens": 150}, "tokens"), ({"cost_usd": 0.2}, "cost_usd")]
)
def test_a_cap_ends_the_work(tmp_path: Path, caps: dict[str, Any], named: str) -> None:
    scene = Scene(tmp_path, Caps(idle_s=10, **caps))
    scene.watcher.heard.cost_usd = 0.3
    scene.prints(answer("a"), answer("b"))
    assert scene.watcher()
    assert (scene.watcher.reason, f"proposer.{named}" in scene.watcher.words) == ("cap", True)


def test_silence_ends_the_work_unless_a_tool_runs(scene: Scene) -> None:
    scene.prints(answer("a", tool="t"))
    scene.now = 100
    assert not scene.watcher()
    scene.prints({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t"}]}})
    scene.now = 109
    assert not scene.watcher()
    scene.now = 111
    assert scene.watcher()
    assert scene.watcher.reason == "idle"


def test_silence_while_a_command_runs_in_the_background_is_no_hang(scene: Scene) -> None:
    tasks = {"type": "system", "subtype": "background_tasks_changed", "tasks": [{"task_id": "1"}]}
    scene.prints(tasks, answer("a"), result())
    scene.now = 100
    assert not scene.watcher()
    scene.prints({**tasks, "tasks": []})
    scene.now = 200
    assert scene.watcher()


def test_a_refused_key_ends_the_work(scene: Scene) -> None:
    scene.prints(answer("a"), REFUSED)
    assert (scene.watcher(), scene.watcher.reason) == (True, "failure")


def test_a_stop_is_heard_while_there_is_more_to_read(tmp_path: Path) -> None:
    asked: list[bool] = []
    scene = Scene(tmp_path, stop=lambda: bool(asked))
    with scene.out.open("ab") as stream:
        for i in range(30_000):
            stream.write(json.dumps(answer(f"{i}")).encode() + b"\n")
    assert not scene.watcher()
    read_by_now = scene.watcher.heard.requests
    assert 0 < read_by_now < 30_000
    asked.append(True)
    assert scene.watcher()
    assert (scene.watcher.reason, scene.watcher.heard.requests) == ("stopped", read_by_now)
    assert scene.watcher.finish().requests == 30_000


def test_the_first_reason_stays(scene: Scene) -> None:
    scene.prints(answer("a"), REFUSED)
    scene.now = 1000
    assert scene.watcher()
    assert scene.watcher.reason == "failure"


def test_output_that_is_not_there_yet_is_silence(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.out.unlink()
    assert not scene.watcher()
    scene.now = 11
    assert scene.watcher()
    assert scene.watcher.finish().requests == 0
