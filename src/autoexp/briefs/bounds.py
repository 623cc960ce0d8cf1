"""How long a brief may be, and how much of it is for what grows with the campaign."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from autoexp.briefs.room import Section, needed
from autoexp.campaign.endings import decided
from autoexp.campaign.knowledge import EARLY
from autoexp.campaign.patterns import Lessons, patterns
from autoexp.campaign.views import Brief

LETTERS_PER_TOKEN = 4
TOKENS = 6_000
LIMIT = TOKENS * LETTERS_PER_TOKEN
"""The most letters of a brief, code in scope aside."""

LISTED = EARLY
"""So many decided experiments are told in full, with what they taught. What that takes is the room of every later brief."""

MORE = 0.04
"""The part of the whole that later briefs may be longer."""

FLOOR = 600
"""The least room, for campaigns of which nearly nothing is said: with less, what the early ones taught would not fit."""


def room(
    brief: Brief,
    *,
    fixed: int,
    repair: int,
    sections: Callable[[Brief], list[Section[Any]]],
    size: Callable[[Any], int],
) -> int:
    """Give the letters for all that grows: the same for ever from the eighth decided experiment on.

    `fixed` are those that are used up in any case. A repair takes some of the room, yet leaves at least half of it.
    """
    most = LIMIT - fixed - repair
    early = _early(brief)
    if early is None:
        return most
    full = needed(sections(early), size)
    own = max(FLOOR, full + int(MORE * (fixed + full)))
    return min(max(own - repair, own // 2), most)


def _early(brief: Brief) -> Brief | None:
    """Give the brief after the first few decided experiments, as they were then: what became of them later changes no room.

    Ideas, hints, errors and patterns are not in it, for they come and go; None while there are fewer experiments.
    """
    if not brief.early:
        return None
    first = tuple(replace(one, review=None, taken_out=False, tested_by=None, pruned_by=None) for one in brief.early)
    taught = patterns(decided(first))
    return replace(
        brief,
        experiments=first,
        groups=taught.grouping.ordered,
        best=taught.best,
        dead_ends=taught.dead_ends,
        segment=first[-1].segment,
        lessons=Lessons(),
        last_error=None,
        ideas=(),
        hints=(),
        memory=(),
    )
