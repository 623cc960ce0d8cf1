"""init on a terminal: one question after the other, each with what the repository suggests, until the contract is right."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autoexp.faces.cli.asking import asked, author
from autoexp.faces.cli.printing import say

if TYPE_CHECKING:
    from autoexp.api import Answers, Draft, Seen

MOST_SHOWN = 5
_NAME = re.compile(r"[\w.@%µμ-]+")


def ask(repo: Path, answers: "Answers", *, try_it: bool, allow_unsandboxed: bool) -> "Seen":
    """Ask for what no flag said, and give the draft that a person agreed to. Raises typer.Abort when it is given up: then nothing is written."""
    from autoexp import api

    drafted = api.draft(repo, answers, environ=os.environ)
    say("Enter takes what stands in brackets; Ctrl-C ends it, and nothing is written.")
    answers = replace(answers, goal=answers.goal or asked("What should get better?", drafted.answers.goal))
    drafted = _measure(repo, answers, drafted)
    seen = _tried(drafted, try_it=try_it, allow_unsandboxed=allow_unsandboxed)
    settled = _scope(_direction(_metric(seen, answers), answers), answers)
    settled = author(_checks(repo, settled, answers))
    seen = replace(seen, draft=replace(settled, told=(), notes=()))
    text = api.contract_text(seen.draft.answers)
    say(f"\n{text}")
    if not typer.confirm(f"Write this to {repo / 'autoexp.yaml'}?", default=True):
        raise typer.Abort
    return seen


def _because(drafted: "Draft", name: str) -> str:
    return "\n".join(line.partition(": ")[2] for line in drafted.inferred.because(name)[:2])


def _measure(repo: Path, answers: "Answers", drafted: "Draft") -> "Draft":
    """Ask for the command that measures, until what it starts is there."""
    from autoexp import api

    found = drafted
    if answers.measure:
        return found

    def fault(text: str) -> str:
        nonlocal found
        if not text:
            return "a command is needed: it prints the number that decides"
        found = api.draft(repo, replace(answers, measure=text), environ=os.environ)
        return found.absent

    asked("Which command measures it?", drafted.answers.measure, why=_because(drafted, "measure"), fault=fault)
    return found


def _tried(drafted: "Draft", *, try_it: bool, allow_unsandboxed: bool) -> "Seen":
    """Run the command once if a person agrees, and tell what came of it."""
    from autoexp import api

    if drafted.blocked:
        seen = api.untried(drafted, f"the measure command cannot be run now: {drafted.blocked}")
    elif not try_it or not typer.confirm("Run it once now, to see what it prints?", default=True):
        seen = api.untried(drafted)
    else:
        seen = api.tried(
            drafted, environ=os.environ, tell=lambda text: say(f"  {text}"), allow_unsandboxed=allow_unsandboxed
        )
    for line in (*seen.draft.told, *(f"note: {note}" for note in seen.draft.notes)):
        say(f"  {line}")
    return seen


def _metric(seen: "Seen", given: "Answers") -> "Draft":
    drafted, now = seen.draft, seen.draft.answers
    if given.metric:
        return drafted
    names = (now.metric, *now.secondary)

    def fault(text: str) -> str:
        if _NAME.fullmatch(text) is None:
            return "a name has letters, digits and . _ @ % - only"
        printed = isinstance(now.form, str) and now.form in {"number", ""}
        known = printed or text in names or text in seen.printed.names or text in {"cpu_s", "wall_s", "peak_rss_mb"}
        return (
            "" if known else f"the run printed {', '.join(names)}; autoexp itself measures cpu_s, wall_s, peak_rss_mb"
        )

    why = f"printed: {', '.join(names)}" if now.secondary else ""
    metric = asked("Which metric decides?", now.metric, why=why, fault=fault)
    if metric == now.metric:
        return drafted
    if metric in seen.printed.names:
        return seen.with_metric(metric, unit=given.unit)
    if not now.secondary:
        return replace(drafted, answers=replace(now, metric=metric))
    others = tuple(name for name in names if name != metric)
    return replace(drafted, answers=replace(now, metric=metric, secondary=others, unit=given.unit))


def _direction(drafted: "Draft", given: "Answers") -> "Draft":
    if given.direction:
        return drafted

    def fault(text: str) -> str:
        return "" if text in {"lower", "higher"} else "write lower or higher"

    direction = asked("Is lower or higher better?", drafted.answers.direction or "lower", fault=fault)
    return replace(drafted, answers=replace(drafted.answers, direction=direction))


def _scope(drafted: "Draft", given: "Answers") -> "Draft":
    found = drafted

    def fault(text: str) -> str:
        nonlocal found
        patterns = tuple(text.replace(",", " ").split())
        matched = drafted.matched(patterns)
        if not matched:
            return f"no file of HEAD matches {text}; paths are seen from the repository's top, in gitignore syntax"
        more = f" and {len(matched) - MOST_SHOWN} more" if len(matched) > MOST_SHOWN else ""
        say(
            f"  {len(matched)} file{'' if len(matched) == 1 else 's'} may change: {', '.join(matched[:MOST_SHOWN])}{more}"
        )
        found = replace(drafted, answers=replace(drafted.answers, edit=patterns))
        return ""

    if given.edit:
        return drafted
    if not drafted.paths:  # nothing is committed yet, so nothing can be compared
        text = asked("Which paths may be changed? (several with spaces)")
        return replace(drafted, answers=replace(drafted.answers, edit=tuple(text.split())))
    asked(
        "Which paths may be changed? (several with spaces)",
        " ".join(drafted.answers.edit),
        why=_because(drafted, "edit"),
        fault=fault,
    )
    return found


def _checks(repo: Path, drafted: "Draft", given: "Answers") -> "Draft":
    from autoexp import api

    if given.checks:
        return drafted
    checked = ""

    def fault(text: str) -> str:
        nonlocal checked
        if text in {"", "none"}:
            return ""
        again = api.draft(repo, replace(given, measure=drafted.answers.measure, checks=text), environ=os.environ)
        checked = again.answers.checks
        return next((note for note in again.notes if note.startswith("--checks: ") and "is written" not in note), "")

    answer = asked(
        "Which command checks that it is still right? (none: no checks)",
        drafted.answers.checks or "none",
        why=_because(drafted, "checks"),
        fault=fault,
    )
    return replace(drafted, answers=replace(drafted.answers, checks="" if answer in {"", "none"} else checked))
