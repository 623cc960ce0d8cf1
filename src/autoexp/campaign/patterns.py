"""What a campaign has taught, folded from its decided experiments: ideas in groups, best keeps, dead ends, and what shows every ten of them.

Nothing here grows with the campaign: what there is too much of is counted. Texts in these values are as proposers and programs wrote
them; who shows them quotes them.
"""

import re
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from autoexp.campaign.endings import constraint, effect_of, has_failed, is_worse
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.grouping import MOST_NUMBERS, Group, Grouping, Groups, grouped
from autoexp.campaign.replacing import replace

REVIEW_EVERY = 10
MOST = 64
"""So many of a kind are remembered: keeps, constraints, changes that made things worse, reasons."""

_NUMBER = re.compile(r"\d[\d.,:%]*")


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """What does not work: a constraint that changes broke, a group that never was kept, or a change that made things worse.

    `what` names the constraint or the group; it is empty for a single change, which `first` is. `numbers` are those of the first few of
    the `times` experiments.
    """

    kind: str
    what: str
    numbers: tuple[int, ...]
    first: Experiment
    times: int = 1


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the decided experiments up to the last multiple of ten show.

    `recent_kept` and `recent_gain` are those of the last ten; `endings` counts statuses but keeps and discards, `reasons` what turned changes
    down, with numbers left out.
    """

    decided: int = 0
    kept: int = 0
    gain: float = 0.0
    recent_kept: int = 0
    recent_gain: float = 0.0
    bringing: tuple[Group, ...] = ()
    failing: tuple[Group, ...] = ()
    endings: tuple[tuple[str, int], ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Patterns:
    """What the decided experiments show. `best` are the keeps with the largest effects, the earlier of equals first.

    `recent_kept` and `recent_gain` are those since the last review; `lessons` were drawn then. `last_error` is the last experiment in
    which a command failed and said something.
    """

    decided: int = 0
    kept: int = 0
    gain: float = 0.0
    recent_kept: int = 0
    recent_gain: float = 0.0
    groups: Groups = Groups()
    best: tuple[Experiment, ...] = ()
    broken: Mapping[str, DeadEnd] = field(default_factory=dict)
    worse: tuple[DeadEnd, ...] = ()
    worse_times: int = 0
    endings: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    lessons: Lessons = Lessons()
    last_error: Experiment | None = None

    @property
    def grouping(self) -> Grouping:
        """Give the groups."""
        return self.groups.now

    @property
    def dead_ends(self) -> tuple[DeadEnd, ...]:
        """Give what does not work, in turns of three lists, each the oldest first: constraints that changes broke, groups, single changes."""
        ends = [
            DeadEnd("group", group.name, group.numbers, group.first, group.tried) for group in self.grouping.dead_ends
        ]
        return tuple(_in_turns(list(self.broken.values()), self.worse, ends))

    @property
    def more_dead_ends(self) -> int:
        """Count the dead ends that are not remembered."""
        return self.worse_times - len(self.worse)


def patterns(decided: Iterable[Experiment]) -> Patterns:
    """Give what these decided experiments show."""
    return reduce(added, decided, Patterns())


def added(known: Patterns, one: Experiment) -> Patterns:
    """Add a decided experiment."""
    effect = effect_of(one) or 0.0
    what, status = constraint(one), one.status
    turned_down = not one.kept and bool(one.reasons)
    worse = DeadEnd("change", "", (one.n,), one) if is_worse(one) else None
    found = Patterns(
        decided=known.decided + 1,
        kept=known.kept + one.kept,
        gain=known.gain + (effect if one.kept else 0.0),
        recent_kept=known.recent_kept + one.kept,
        recent_gain=known.recent_gain + (effect if one.kept else 0.0),
        groups=grouped(known.groups, one),
        best=_inserted(known.best, one) if one.kept else known.best,
        broken=_broken(known.broken, what, one) if what else known.broken,
        worse=(*known.worse, worse) if worse and len(known.worse) < MOST else known.worse,
        worse_times=known.worse_times + (worse is not None),
        endings=known.endings if status in {"keep", "discard"} else _counted(known.endings, status),
        reasons=_counted(known.reasons, _without_numbers(one.reasons[0])) if turned_down else known.reasons,
        lessons=known.lessons,
        last_error=one if has_failed(one) else known.last_error,
    )
    if found.decided % REVIEW_EVERY:
        return found
    return replace(found, recent_kept=0, recent_gain=0.0, lessons=_lessons(found))


def _inserted(best: tuple[Experiment, ...], one: Experiment) -> tuple[Experiment, ...]:
    found = list(best)
    insort(found, one, key=lambda keep: (-(effect_of(keep) or 0.0), keep.n))
    return tuple(found[:MOST])


def _broken(known: Mapping[str, DeadEnd], what: str, one: Experiment) -> dict[str, DeadEnd]:
    found = dict(known)
    end = found.get(what)
    if end is not None:
        found[what] = replace(end, numbers=(*end.numbers, one.n)[:MOST_NUMBERS], times=end.times + 1)
    elif len(found) < MOST:
        found[what] = DeadEnd("constraint", what, (one.n,), one)
    return found


def _counted(counts: Mapping[str, int], text: str) -> dict[str, int]:
    """Count one more; where there are too many texts, the one goes that is rarest and was not met for longest."""
    found = dict(counts)
    found[text] = found.pop(text, 0) + 1
    if len(found) > MOST:
        del found[min((other for other in found if other != text), key=lambda other: found[other])]
    return found


def _in_turns(*lists: Sequence[DeadEnd]) -> list[DeadEnd]:
    longest = max(map(len, lists))
    return [own[i] for i in range(longest) for own in lists if i < len(own)]


def _lessons(known: Patterns) -> Lessons:
    """Condense what is known, which is that of a multiple of ten."""
    found = [group for group in known.grouping.ordered if group is not known.grouping.rest]
    return Lessons(
        decided=known.decided,
        kept=known.kept,
        gain=known.gain,
        recent_kept=known.recent_kept,
        recent_gain=known.recent_gain,
        bringing=tuple(group for group in found if group.kept),
        failing=tuple(sorted((g for g in found if not g.kept), key=lambda g: (-g.tried, g.numbers[0]))),
        endings=_most(known.endings),
        reasons=_most(known.reasons),
    )


def _most(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _without_numbers(text: str) -> str:
    return _NUMBER.sub("#", text[:300])
