"""What the fake model says to coding agents that autoexp drives: the next piece of work at each prompt, whatever tools they have.

As a handler of the command: `--handler .../agents.py:one_change` lets any agent put 90 into value.txt.
"""

import json
import shlex
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

ASKED = (
    "Make the change now, in the current folder",
    "Mend it now, for the same idea",
    "Mend the change, within the same scope",
)
"""How the prompt of one piece of work ends; an answer to anything else is the end of that work."""

ENDS_BY = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""How mini-swe-agent is told that the work is done: a command that prints this line."""


class Asked(Protocol):
    """What is read of a request; see `wire.request.Request`."""

    @property
    def text(self) -> str:
        """Give the whole prompt."""
        ...

    @property
    def last(self) -> str:
        """Give the last message."""
        ...

    @property
    def tools(self) -> Mapping[str, Any]:
        """Give the tools that are offered."""
        ...


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

    def __call__(self, request: Asked) -> dict[str, Any] | str:
        """Give the next turn."""
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

    def _next(self, request: Asked) -> dict[str, Any]:
        if self._left:
            return {"text": "I go on.", "ops": self._left.pop(0)}
        if ENDS_BY not in request.text:
            return {"text": self._closing}
        told = shlex.quote(self._closing)
        return {"text": "Done.", "bash": f"echo {ENDS_BY}; echo {told}"}


def step(*turns: Sequence[Mapping[str, Any]], says: str = "a change", **more: Any) -> dict[str, Any]:
    """Give a step of some turns, and what is said at its end."""
    return {"turns": list(turns), "closing": json.dumps({"description": says, "asi": {"kind": "numbers"}}), **more}


def change(value: object, **more: Any) -> dict[str, Any]:
    """Give a step that looks at value.txt and puts a value into it, whatever was there."""
    looked, written = {"read": "value.txt"}, {"write": {"path": "value.txt", "content": f"{value}\n"}}
    return step([looked], [written], says=f"value {value}", **more)


def _error(step: Mapping[str, Any]) -> dict[str, Any]:
    return {"error": step["error"]} if "error" in step else {}


one_change = Script([change(90)])
"""A handler: one change of value.txt, for an experiment that is kept when less is better."""
