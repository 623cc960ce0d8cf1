"""One question on a terminal, asked until its answer can be; and the question who proposes."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from autoexp.errors import AutoexpError
from autoexp.faces.cli.printing import say

if TYPE_CHECKING:
    from autoexp.api import Answers, Draft

AGENT, MODEL = "agent ", "model "


def asked(question: str, default: str = "", *, why: str = "", fault: Callable[[str], str] | None = None) -> str:
    """Ask until the answer has no fault."""
    for line in why.splitlines():
        say(f"  {line}")
    while True:
        answer = str(typer.prompt(question, default=default, show_default=bool(default))).strip()
        if not (problem := fault(answer) if fault else ""):
            return answer
        say(f"  {problem}")


def author(drafted: "Draft") -> "Draft":
    """Ask who proposes, unless a flag said it."""
    now = drafted.answers
    if now.propose or now.agent or now.model:
        return drafted
    chosen = now

    def fault(text: str) -> str:
        nonlocal chosen
        if text.startswith(AGENT):
            chosen = replace(now, agent=text.removeprefix(AGENT).strip())
        elif text.startswith(MODEL):
            chosen = replace(now, model=text.removeprefix(MODEL).strip())
        else:
            chosen = replace(now, propose="" if text == "later" else text)
        return _refused(chosen)

    asked(
        "Who proposes changes? (a command, `agent NAME`, `model NAME`, or later)",
        "later",
        why="`autoexp agents` tells which coding agents are here",
        fault=fault,
    )
    return replace(drafted, answers=chosen)


def _refused(answers: "Answers") -> str:
    from autoexp import api

    try:
        api.contract_text(answers)
    except AutoexpError as error:
        return str(error)
    return ""
