"""The backlog: ideas that wait, why each does, and which constraint of the contract is in its way. Nothing here is ever taken off."""

from collections.abc import Iterable, Sequence

from autoexp.campaign.backlog import LONGEST_IDEA, PERSON, Backlog, Parked, same, short
from autoexp.campaign.replacing import replace
from autoexp.experiment.records import Idea

__all__ = [
    "LONGEST_HINT",
    "LONGEST_IDEA",
    "MOST_HINTS",
    "MOST_OPEN",
    "PERSON",
    "Backlog",
    "Parked",
    "blocked",
    "by_text",
    "claimed",
    "counted_ideas",
    "dropped",
    "has_room",
    "hinted",
    "open_ideas",
    "parked",
    "refused_hint",
    "refused_idea",
    "same",
    "tried",
]

MOST_OPEN = 200
MOST_HINTS, LONGEST_HINT = 10, 1_000


def open_ideas(ideas: Backlog) -> tuple[Parked, ...]:
    """Give those that wait, oldest first."""
    return ideas.open


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
        text = short(idea.text)
        if not text:
            continue
        told = Idea(text=text, why=short(idea.why), blocked_by=short(idea.blocked_by))
        known = ideas.by_text(text)
        if known is not None:
            ideas = _told_again(ideas, known, told, segment=segment, again=again)
        elif has_room(ideas):
            one = Parked(f"i{len(ideas) + 1}", text, told.why, told.blocked_by, n, segment=segment)
            ideas = ideas.with_one(one)
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
    return ideas.changed(replace(known, why=why, blocked_by=blocked_by))


def blocked(ideas: Backlog, claims: Sequence[str], found: Idea, *, by: int, segment: int) -> Backlog:
    """Keep what an experiment tried, with the constraint that was in its way; without a claim what it found is an idea of its own.

    What a person has dropped stays dropped.
    """
    known = claimed(ideas, claims)
    same_text = ideas.by_text(found.text)
    if not known and same_text is not None and same_text.state == "dropped":
        return ideas
    if not known:
        ideas = parked(ideas, [found], n=by, segment=segment, again=True)
        known = claimed(ideas, [found.text])
    why, blocked_by = short(found.why), short(found.blocked_by)
    for idea in known:
        one = replace(idea, why=why, blocked_by=blocked_by, tried_by=by, segment=segment, unblocked=False)
        ideas = ideas.changed(one)
    return ideas


def tried(ideas: Backlog, claims: Sequence[str], *, by: int) -> Backlog:
    """Close what an experiment says that it tried: by id, or by its text."""
    for idea in claimed(ideas, claims):
        ideas = ideas.changed(replace(idea, state="tried", tried_by=by, unblocked=False))
    return ideas


def dropped(ideas: Backlog, name: str, *, why: str) -> Backlog:
    """Close what a person gives up; one that is not open stays what it is."""
    for idea in claimed(ideas, [name]):
        ideas = ideas.changed(replace(idea, state="dropped", why=short(why) or idea.why, unblocked=False))
    return ideas


def claimed(ideas: Backlog, claims: Sequence[str]) -> tuple[Parked, ...]:
    """Give the open ideas that are named by id or text."""
    named = (one for claim in claims if claim.strip() for one in (ideas.by_id(claim), ideas.by_text(claim)))
    found = {idea.id: idea for idea in named if idea is not None and idea.state == "open"}
    return tuple(sorted(found.values(), key=lambda idea: int(idea.id[1:])))


def by_text(ideas: Backlog, text: str) -> Parked | None:
    """Give the idea with this text, whatever its case, spaces and full stops."""
    return ideas.by_text(text)


def has_room(ideas: Backlog) -> bool:
    """Tell whether one more may wait."""
    return len(ideas.waiting) < MOST_OPEN


def refused_idea(ideas: Backlog, text: str) -> str:
    """Say why a person's idea cannot be taken; empty when it can."""
    if fault := _fault(text, "an idea", LONGEST_IDEA):
        return fault
    known = ideas.by_text(text)
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
