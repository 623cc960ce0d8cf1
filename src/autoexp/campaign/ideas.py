"""The backlog: ideas that wait, why each does, and which constraint of the contract is in its way. Nothing here is ever taken off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from autoexp.experiment.records import Idea

MOST_OPEN = 200
LONGEST_IDEA = 500
MOST_HINTS, LONGEST_HINT = 10, 1_000
PERSON = 0
"""In the place of an experiment's number: a person parked the idea."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An idea of the backlog. `n` is the experiment that parked it, `segment` the contract in which it was parked, or blocked last.

    `blocked_by` names a guard, `checks`, `scope`, or says it in words; `unblocked` tells that the contract no longer holds it back.
    `tried_by` is the number of the last experiment that tried it, also where something blocked that, and the idea is open again.
    """

    id: str
    text: str
    why: str = ""
    blocked_by: str = ""
    n: int = PERSON
    state: Literal["open", "tried", "dropped"] = "open"
    tried_by: int | None = None
    segment: int = 0
    unblocked: bool = False


Backlog = tuple[Parked, ...]


def open_ideas(ideas: Iterable[Parked]) -> Backlog:
    """Give those that wait, oldest first."""
    return tuple(idea for idea in ideas if idea.state == "open")


def counted_ideas(ideas: Iterable[Parked]) -> dict[str, int]:
    """Count the ideas by state; `unblocked` are the open ones that the contract held back once, and does no more."""
    counts = {"open": 0, "unblocked": 0, "tried": 0, "dropped": 0}
    for idea in ideas:
        counts[idea.state] += 1
        counts["unblocked"] += idea.unblocked
    return counts


def parked(ideas: Backlog, found: Iterable[Idea], *, n: int, segment: int, again: bool = False) -> Backlog:
    """Add ideas. One that is known by its text gets the reason that it lacked; `again` opens it once more, and what is
    said now goes first.

    Beyond the bound the oldest stay, because the early ones were found while most was still to be had.
    """
    for idea in found:
        text = _short(idea.text)
        if not text:
            continue
        told = Idea(text=text, why=_short(idea.why), blocked_by=_short(idea.blocked_by))
        known = by_text(ideas, text)
        if known is not None:
            ideas = _told_again(ideas, known, told, segment=segment, again=again)
        elif has_room(ideas):
            one = Parked(f"i{len(ideas) + 1}", text, told.why, told.blocked_by, n, segment=segment)
            ideas = (*ideas, one)
    return ideas


def _told_again(ideas: Backlog, known: Parked, told: Idea, *, segment: int, again: bool) -> Backlog:
    if known.state != "open":
        if not (again and has_room(ideas)):
            return ideas
        known = replace(known, state="open", segment=segment, unblocked=False, blocked_by="")
    why, blocked_by = known.why or told.why, known.blocked_by or told.blocked_by
    if again:
        why, blocked_by = told.why or known.why, told.blocked_by or known.blocked_by
    if blocked_by != known.blocked_by:
        known = replace(known, segment=segment, unblocked=False)
    return changed(ideas, replace(known, why=why, blocked_by=blocked_by))


def blocked(ideas: Backlog, claims: Sequence[str], found: Idea, *, by: int, segment: int) -> Backlog:
    """Keep what an experiment tried, with the constraint that was in its way; without a claim what it found is an idea of its own.

    What a person has dropped stays dropped.
    """
    known = claimed(ideas, claims)
    same_text = by_text(ideas, found.text)
    if not known and same_text is not None and same_text.state == "dropped":
        return ideas
    if not known:
        ideas = parked(ideas, [found], n=by, segment=segment, again=True)
        known = claimed(ideas, [found.text])
    why, blocked_by = _short(found.why), _short(found.blocked_by)
    for idea in known:
        one = replace(idea, why=why, blocked_by=blocked_by, tried_by=by, segment=segment, unblocked=False)
        ideas = changed(ideas, one)
    return ideas


def tried(ideas: Backlog, claims: Sequence[str], *, by: int) -> Backlog:
    """Close what an experiment says that it tried: by id, or by its text."""
    for idea in claimed(ideas, claims):
        ideas = changed(ideas, replace(idea, state="tried", tried_by=by, unblocked=False))
    return ideas


def dropped(ideas: Backlog, name: str, *, why: str) -> Backlog:
    """Close what a person gives up; one that is not open stays what it is."""
    for idea in claimed(ideas, [name]):
        ideas = changed(ideas, replace(idea, state="dropped", why=_short(why) or idea.why, unblocked=False))
    return ideas


def claimed(ideas: Backlog, claims: Sequence[str]) -> Backlog:
    """Give the open ideas that are named by id or text."""
    names = {same(claim) for claim in claims if claim.strip()}
    return tuple(idea for idea in open_ideas(ideas) if names & {idea.id, same(idea.text)})


def by_text(ideas: Iterable[Parked], text: str) -> Parked | None:
    """Give the idea with this text, whatever its case, spaces and full stops."""
    return next((idea for idea in ideas if same(idea.text) == same(text)), None)


def has_room(ideas: Backlog) -> bool:
    """Tell whether one more may wait."""
    return len(open_ideas(ideas)) < MOST_OPEN


def changed(ideas: Backlog, idea: Parked) -> Backlog:
    """Give the backlog with this idea in the place of the one with its id."""
    return tuple(idea if one.id == idea.id else one for one in ideas)


@lru_cache(maxsize=4096)
def same(text: str) -> str:
    """Give what two tellings of one idea have in common."""
    return _short(text).casefold().rstrip(" .!;")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_IDEA else line[: LONGEST_IDEA - 1] + "…"


def refused_idea(ideas: Backlog, text: str) -> str:
    """Say why a person's idea cannot be taken; empty when it can."""
    if fault := _fault(text, "an idea", LONGEST_IDEA):
        return fault
    known = by_text(ideas, text)
    is_new = known is None or known.state != "open"
    return f"{MOST_OPEN} ideas are open already, and no more fit" if is_new and not has_room(ideas) else ""


def refused_hint(text: str) -> str:
    """Say why a person's hint cannot be taken; empty when it can."""
    return _fault(text, "a hint", LONGEST_HINT)


def _fault(text: str, what: str, most: int) -> str:
    if not text.strip():
        return f"{what} needs a text"
    return f"{what} has at most {most:,} letters, and this one has {len(text):,}" if len(text) > most else ""


def hinted(hints: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Add a hint of a person; the last few stay, and the same one again counts as new."""
    return (*(hint for hint in hints if hint != text), text)[-MOST_HINTS:]
