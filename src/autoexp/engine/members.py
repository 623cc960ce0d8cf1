"""Experiments that a person's command asks for: keeps taken out together, and a pile of discards tried together.

Each is an experiment like another, from intent to done: it counts as one, and its verdict moves the best so far. No proposer is asked for it,
and nobody mends it.
"""

from collections.abc import Sequence

from autoexp.campaign.members import kept_line
from autoexp.campaign.state import Experiment
from autoexp.engine.attempt import attempt
from autoexp.engine.composing import fitting
from autoexp.engine.leaving import LeftOut, leave_out, leave_out_all, without
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError
from autoexp.experiment.records import Directive

__all__ = ["LeftOut", "bundle", "leave_out", "leave_out_all", "prunable", "prune"]


def prunable(shop: Workshop, members: Sequence[int]) -> tuple[int, ...]:
    """Give those of some keeps that can be taken out together and every other keep left in, oldest first."""
    line, best = kept_line(shop.state), shop.state.incumbent.commit
    found = set(members) & {keep.n for keep in line if keep.stands}
    while found and (held := without(shop.repository, best, line, found)).together:
        found -= _held(shop, found, held.together)
    return tuple(sorted(found)) if found and held.changes else ()


def prune(shop: Workshop, members: Sequence[int], *, margin: float | None = None) -> Experiment:
    """Try the best so far without these keeps: it takes its place where it is shown to be no worse. Gives the experiment, closed.

    `margin` is what it may be worse by, where numbers do not repeat; None asks for the usual one.

    Raises CampaignError where keeps wait for their test, a member is no keep of the best so far, or others are built on it.
    """
    _refuse_provisional(shop)
    best = shop.state.incumbent.commit
    taken = without(shop.repository, best, kept_line(shop.state), members)
    if taken.together or not taken.changes:
        named = _named(members)
        others = f"{_named(taken.together)} would have to go as well" if taken.together else taken.detail
        where = f" ({'; '.join(taken.hunks)})" if taken.hunks else ""
        raise CampaignError(
            f"{named} cannot be taken out: {others}{where}", fix="name those as well, or leave this one in"
        )
    return _tried(shop, Directive(operator="ablate", parents=(best,), members=tuple(sorted(members)), margin=margin))


def bundle(shop: Workshop, members: Sequence[int]) -> Experiment | None:
    """Try the changes of these discards together on the best so far: kept if that is a real improvement. Gives the experiment, closed.

    The first ones count most: a change that does not fit on those before it is left out, and with fewer than two there is none.
    Raises CampaignError where keeps wait for their test.
    """
    _refuse_provisional(shop)
    fit = fitting(shop, members)
    if len(fit) < 2:  # noqa: PLR2004
        return None
    return _tried(shop, Directive(operator="merge", parents=(shop.state.incumbent.commit,), members=fit))


def _tried(shop: Workshop, directive: Directive) -> Experiment:
    attempt(shop, directive)
    return shop.state.experiments[-1]


def _held(shop: Workshop, members: set[int], together: Sequence[int]) -> set[int]:
    """Give those of the members that others are built on, by themselves; all of them where only several at once are."""
    line, best = kept_line(shop.state), shop.state.incumbent.commit
    found = {n for n in members if set(without(shop.repository, best, line, (n,)).together) & set(together)}
    return found or members


def _refuse_provisional(shop: Workshop) -> None:
    if waiting := shop.state.provisional:
        raise CampaignError(
            f"{_named(waiting)} {'wait' if len(waiting) > 1 else 'waits'} for a checkpoint test",
            fix="`autoexp run` makes it, then ask again",
        )


def _named(numbers: Sequence[int]) -> str:
    return f"experiment{'s' if len(numbers) > 1 else ''} {', '.join(map(str, sorted(numbers)))}"
