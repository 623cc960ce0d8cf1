"""A campaign whose proposer is a real coding agent, and the fake model that tells it what to do, experiment by experiment."""

import json
import shlex
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from autoexp.testing.fake_model import FakeModel
from autoexp.testing.fake_model.scenario import Say
from autoexp.testing.fake_model.wire.request import Request
from tests.agents import install
from tests.end_to_end.conftest import CONTRACT, Project

KEY = "sk-of-these-agents-0123456789"
ASKED = (
    "Make the change now, in the current folder",
    "Mend it now, for the same idea",
    "Mend the change, within the same scope",
)
"""How the prompt of one piece of work ends; an answer to anything else is the end of that work."""

ENDS_BY = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""How mini-swe-agent is told that the work is done: a command that prints this line."""

SECTIONS: dict[str, dict[str, Any]] = {
    "aider": {"kind": "aider", "model": "fake-model"},
    "claude-code": {"kind": "claude-code", "model": "claude-sonnet-4-5"},
    "codex": {"kind": "codex", "model": "gpt-5.5"},
    "gemini": {"kind": "gemini", "model": "gemini-2.5-flash"},
    "opencode": {"kind": "opencode", "model": "fake-model"},
    "pi": {"kind": "pi", "model": "fake-model"},
    "qwen": {"kind": "qwen", "model": "fake-model"},
    "mini-swe-agent": {"kind": "mini-swe-agent", "model": "fake-model"},
}
"""What a contract says of each agent, address and key aside."""

PLAIN_URL = frozenset({"claude-code", "gemini"})
"""Agents whose provider's address has no /v1 at its end."""


class Script:
    """What the model says: at each piece of work the next of `steps`, turn by turn, then the closing words. Side requests get words alone.

    A step has `turns`, each a list of operations of the fake model (write, edit, bash, read), `closing`, and perhaps `error`, which its first
    turn meets. The last step is said again for as long as somebody asks.
    """

    def __init__(self, steps: Sequence[Mapping[str, Any]]) -> None:
        self._steps = list(steps)
        self._lock = threading.Lock()
        self._left: list[Any] = []
        self._closing = ""
        self.asked = 0

    def __call__(self, request: Request) -> Say:
        with self._lock:
            by_text = "SEARCH/REPLACE" in request.text and not request.tools
            if not request.tools and not by_text and ENDS_BY not in request.text:
                return "a side answer"
            if by_text or any(words in request.last for words in ASKED):
                step = self._steps[min(self.asked, len(self._steps) - 1)]
                self.asked += 1
                self._left, self._closing = list(step.get("turns", ())), step["closing"]
                if by_text:  # one reply holds it all
                    ops, self._left = [op for turn in self._left for op in turn], []
                    return {"text": self._closing, "ops": ops, **_error(step)}
                return {**self._next(request), **_error(step)}
            return self._next(request)

    def _next(self, request: Request) -> dict[str, Any]:
        if self._left:
            return {"text": "I go on.", "ops": self._left.pop(0)}
        if ENDS_BY not in request.text:
            return {"text": self._closing}
        told = shlex.quote(self._closing)
        return {"text": "Done.", "bash": f"echo {ENDS_BY}; echo {told}"}


def _error(step: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": step["error"]} if "error" in step else {}


def step(*turns: Sequence[Mapping[str, Any]], says: str = "a change", **more: Any) -> dict[str, Any]:
    """Give a step of some turns, and what is said at its end."""
    return {"turns": list(turns), "closing": json.dumps({"description": says, "asi": {"kind": "numbers"}}), **more}


def change(value: object, **more: Any) -> dict[str, Any]:
    """Give a step that looks at value.txt and puts a value into it, whatever was there."""
    looked, written = {"read": "value.txt"}, {"write": {"path": "value.txt", "content": f"{value}\n"}}
    return step([looked], [written], says=f"value {value}", **more)


def by_agent(
    project: Project, name: str, model: FakeModel, *, level: str = "auto", more: str = "", **keys: Any
) -> None:
    """Write a contract whose proposer is an agent, in the sandbox."""
    url = model.url if name in PLAIN_URL else model.openai_url
    section = {**SECTIONS[name], "base_url": url, "api_key_env": "FAKE_KEY", **keys}
    text = CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {json.dumps(section)}")
    text = text.replace("proposer: {level: none}", f"proposer: {{level: {level}}}")
    project.contract(text + more)
    project.environ["FAKE_KEY"] = KEY
    project.environ["PATH"] = install.path(name)
    project.patience_s = 600.0  # an agent may take ten seconds of a CPU to start


def used(model: FakeModel) -> dict[str, int]:
    """Give the tokens that the server counted, cached ones in `input` as autoexp counts them."""
    total: dict[str, int] = {}
    for part in model.stats().values():
        for kind, count in part["usage"].items():
            total[kind] = total.get(kind, 0) + count
    return {
        "input": total["input"] + total["cache_read"] + total["cache_write"],
        "cached": total["cache_read"],
        "output": total["output"],
    }


def proposals(project: Project) -> list[dict[str, Any]]:
    """Give what was proposed, in order."""
    return [event["proposal"] for event in project.journal() if event["event"] == "proposal"]
