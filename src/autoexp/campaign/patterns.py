"""What a campaign has taught, as functions of its experiments: ideas in groups, best keeps, dead ends, and what shows every ten of them.

Texts in these values are as proposers and programs wrote them; who shows them quotes them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoexp.campaign.experiments import Experiment
from autoexp.campaign.grouping import group_names
from autoexp.experiment.outcome import CRASHES, UNDECIDED, Outcome

REVIEW_EVERY = 10
OFTEN = 3
"""So many failures of one group in a row, and none that was kept, make it a dead end."""

CLEARLY_WORSE = -0.005
"""An effect of this size against a change is a dead end of its own, if nobody kept it."""

_NUMBER = re.compile(r"\d[\d.,:%]*")


@dataclass(frozen=True, slots=True)
class Group:
    """Experiments of one idea: how many, how many were kept, what they gained together, and how the last one ended.

    `best` is the best effect that was measured, as a fraction of the baseline, and `best_n` whose it was.
    """

    name: str
    numbers: tuple[int, ...]
    kept: int
    gain: float
    crashes: int
    failed: int
    last: Experiment
    best: float | None = None
    best_n: int | None = None

    @property
    def tried(self) -> int:
        """Give the number of its experiments."""
        return len(self.numbers)


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """What does not work: a constraint that changes broke, a group that never was kept, or a change that made things worse.

    `what` names the constraint or the group; it is empty for a single change, which `first` is.
    """

    kind: str
    what: str
    numbers: tuple[int, ...]
    first: Experiment


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


def decided(experiments: Iterable[Experiment]) -> tuple[Experiment, ...]:
    """Give those that say something about a change: neither undecided ones nor checkpoint tests."""
    return tuple(one for one in experiments if one.outcome not in UNDECIDED and not one.tests)


def effect_of(experiment: Experiment) -> float | None:
    """Give what was measured, as a fraction of the baseline; None where nothing was."""
    return experiment.decision.effect if experiment.decision else None


def groups(experiments: Sequence[Experiment]) -> tuple[Group, ...]:
    """Group decided experiments by idea: what gained most comes first, then what was tried most."""
    members: dict[str, list[Experiment]] = {}
    for one, name in zip(experiments, group_names(experiments), strict=True):
        members.setdefault(name, []).append(one)
    found = [_group(name, own) for name, own in members.items()]
    return tuple(sorted(found, key=lambda group: (-group.gain, -group.tried, group.numbers[0])))


def _group(name: str, own: Sequence[Experiment]) -> Group:
    effects = [(effect, -one.n) for one in own if (effect := effect_of(one)) is not None]
    best, best_n = max(effects, default=(None, None))
    kept = [one for one in own if one.kept]
    return Group(
        name=name,
        numbers=tuple(one.n for one in own),
        kept=len(kept),
        gain=sum(effect_of(one) or 0.0 for one in kept),
        crashes=sum(one.outcome in CRASHES for one in own),
        failed=sum(constraint(one) != "" for one in own),
        last=own[-1],
        best=best,
        best_n=None if best_n is None else -best_n,
    )


def best_keeps(experiments: Iterable[Experiment]) -> tuple[Experiment, ...]:
    """Give what was kept, the largest effect first, the earlier of equals first."""
    kept = (one for one in experiments if one.kept)
    return tuple(sorted(kept, key=lambda one: (-(effect_of(one) or 0.0), one.n)))


def dead_ends(experiments: Sequence[Experiment], grouped: Iterable[Group]) -> tuple[DeadEnd, ...]:
    """Give what does not work, in turns of three lists, each the oldest first: constraints that changes broke, groups, single changes."""
    broken: dict[str, list[Experiment]] = {}
    for one in experiments:
        if what := constraint(one):
            broken.setdefault(what, []).append(one)
    constraints = [_dead_end("constraint", what, own) for what, own in broken.items()]
    by_number = {one.n: one for one in experiments}
    hopeless = sorted((group for group in grouped if not group.kept and group.tried >= OFTEN), key=lambda g: g.numbers)
    ends = [DeadEnd("group", group.name, group.numbers, by_number[group.numbers[0]]) for group in hopeless]
    worse = [_dead_end("change", "", [one]) for one in experiments if _is_worse(one)]
    return tuple(_in_turns(constraints, worse, ends))


def constraint(experiment: Experiment) -> str:
    """Name what an experiment ran against, in words of the contract; empty when nothing was in its way."""
    if experiment.decision is not None and experiment.decision.guard is not None:
        guard = experiment.decision.guard
        return f"guard {guard.metric} ({guard.bound})"
    named = {
        Outcome.CHECKS_FAILED: "checks",
        Outcome.OUT_OF_SCOPE: "scope",
        Outcome.TAMPERED: "tampering",
        Outcome.OOM: "memory",
        Outcome.TIMEOUT: "time",
        Outcome.CRASH: "crash",
        Outcome.BAD_METRIC: "metric lines",
    }
    return named.get(experiment.outcome, "") if experiment.outcome else ""


def _dead_end(kind: str, what: str, own: Sequence[Experiment]) -> DeadEnd:
    return DeadEnd(kind, what, tuple(one.n for one in own), own[0])


def _is_worse(one: Experiment) -> bool:
    effect = effect_of(one)
    return effect is not None and effect <= CLEARLY_WORSE and not one.kept and not constraint(one)


def _in_turns(*lists: Sequence[DeadEnd]) -> list[DeadEnd]:
    longest = max(map(len, lists))
    return [own[i] for i in range(longest) for own in lists if i < len(own)]


def lessons(experiments: Sequence[Experiment]) -> Lessons:
    """Condense the decided experiments up to the last multiple of ten; before the tenth there is nothing to tell."""
    seen = experiments[: len(experiments) // REVIEW_EVERY * REVIEW_EVERY]
    if not seen:
        return Lessons()
    grouped, recent = groups(seen), [one for one in seen[-REVIEW_EVERY:] if one.kept]
    kept = [one for one in seen if one.kept]
    return Lessons(
        decided=len(seen),
        kept=len(kept),
        gain=sum(effect_of(one) or 0.0 for one in kept),
        recent_kept=len(recent),
        recent_gain=sum(effect_of(one) or 0.0 for one in recent),
        bringing=tuple(group for group in grouped if group.kept),
        failing=tuple(sorted((g for g in grouped if not g.kept), key=lambda g: (-g.tried, g.numbers[0]))),
        endings=_most(one.status for one in seen if one.status not in {"keep", "discard"}),
        reasons=_most(_without_numbers(one.reasons[0]) for one in seen if not one.kept and one.reasons),
    )


def _most(texts: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(texts).items(), key=lambda item: (-item[1], item[0])))


def _without_numbers(text: str) -> str:
    return _NUMBER.sub("#", text[:300])
