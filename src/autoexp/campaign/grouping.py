"""Experiments of one idea, in groups: by the kind that their proposer gave, by the files changed, or by the first words said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.endings import constraint, effect_of
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.replacing import replace
from autoexp.experiment.outcome import CRASHES

OTHER = "other"
LONGEST_KIND = 40
LONGEST_NAME = 40
WORDS = 2
PATHS = 3
MOST_GROUPS = 64
"""Groups that are told apart; those that were tried least are then counted together."""
REST = "all others"
MOST_NUMBERS = 12
"""So many numbers of experiments are remembered, the first ones."""
OFTEN = 3
"""So many failures of one group, and none that was kept, make it a dead end."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_EMPTY = frozenset(
    _WORD.findall(
        "an the try trying tried use uses using used with for from into of on in to by and or more less much very make makes making made "
        "do does set sets setting change changes changed changing some all each instead as at it its this that now new"
    )
)


@dataclass(frozen=True, slots=True)
class Group:
    """Experiments of one idea: how many, how many were kept, what they gained together, and how first and last one ended.

    `numbers` are those of the first few. `best` is the best effect that was measured, as a fraction of the baseline, and `best_n` whose it was.
    """

    name: str
    numbers: tuple[int, ...]
    tried: int
    kept: int
    gain: float
    crashes: int
    failed: int
    first: Experiment
    last: Experiment
    best: float | None = None
    best_n: int | None = None

    @property
    def is_dead_end(self) -> bool:
        """Tell whether it was tried often, and never kept."""
        return not self.kept and self.tried >= OFTEN and self.name != REST


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups by name; `rest` holds together those that there are too many of, `given_up` those of them that were dead ends."""

    by_name: Mapping[str, Group] = field(default_factory=dict)
    rest: Group | None = None
    given_up: tuple[Group, ...] = ()

    @property
    def ordered(self) -> tuple[Group, ...]:
        """Give them: what gained most comes first, then what was tried most, and last of all the rest."""
        found = sorted(self.by_name.values(), key=lambda group: (-group.gain, -group.tried, group.numbers[0]))
        return (*found, *([self.rest] if self.rest else []))

    @property
    def dead_ends(self) -> tuple[Group, ...]:
        """Give those that were tried often and never kept, the oldest first."""
        known = (*(one for one in self.given_up if one.name not in self.by_name), *self.by_name.values())
        return tuple(sorted((one for one in known if one.is_dead_end), key=lambda one: one.numbers[0]))


@dataclass(frozen=True, slots=True)
class Groups:
    """Experiments in groups. Those without a kind go by their files where these differ between experiments, else by what was said.

    As long as files do not differ, nobody knows which it will be.
    """

    by_words: Grouping = Grouping()
    by_files: Grouping = Grouping()
    paths: tuple[str, ...] = ()
    differ: bool = False

    @property
    def now(self) -> Grouping:
        """Give the groups as they are told now."""
        return self.by_files if self.differ else self.by_words


def grouped(groups: Groups, one: Experiment) -> Groups:
    """Add a decided experiment."""
    paths = one.candidate.paths if one.candidate else ()
    differ = groups.differ or bool(groups.paths and paths and paths != groups.paths)
    kind, words = kind_of(one), _words(one) or OTHER
    return Groups(
        by_words=Grouping() if differ else _joined(groups.by_words, kind if kind != OTHER else words, one),
        by_files=_joined(groups.by_files, kind if kind != OTHER else (_files(paths) or words), one),
        paths=groups.paths or paths,
        differ=differ,
    )


def _joined(grouping: Grouping, name: str, one: Experiment) -> Grouping:
    found = dict(grouping.by_name)
    found[name] = _with(found.get(name), name, one)
    if len(found) <= MOST_GROUPS:
        return replace(grouping, by_name=found)
    others = (group for group in found.values() if group.name != name)
    least = min(others, key=lambda group: (group.gain, group.tried, group.last.n))
    del found[least.name]
    given_up = [group for group in grouping.given_up if group.name != least.name]
    given_up = [*given_up, least][:MOST_GROUPS] if least.is_dead_end else given_up
    return Grouping(found, _merged(grouping.rest, least), tuple(given_up))


def _with(group: Group | None, name: str, one: Experiment) -> Group:
    effect = effect_of(one)
    alone = Group(
        name=name,
        numbers=(one.n,),
        tried=1,
        kept=int(one.kept),
        gain=(effect or 0.0) if one.kept else 0.0,
        crashes=int(one.outcome in CRASHES),
        failed=int(constraint(one) != ""),
        first=one,
        last=one,
        best=effect,
        best_n=None if effect is None else one.n,
    )
    return alone if group is None else _merged(group, alone, name=name)


def _merged(some: Group | None, more: Group, *, name: str = REST) -> Group:
    if some is None:
        return replace(more, name=name)
    is_better = more.best is not None and (some.best is None or more.best > some.best)
    return Group(
        name=name,
        numbers=tuple(sorted((*some.numbers, *more.numbers))[:MOST_NUMBERS])
        if len(some.numbers) < MOST_NUMBERS or more.numbers[0] < some.numbers[-1]
        else some.numbers,
        tried=some.tried + more.tried,
        kept=some.kept + more.kept,
        gain=some.gain + more.gain,
        crashes=some.crashes + more.crashes,
        failed=some.failed + more.failed,
        first=min(some.first, more.first, key=lambda one: one.n),
        last=max(some.last, more.last, key=lambda one: one.n),
        best=more.best if is_better else some.best,
        best_n=more.best_n if is_better else some.best_n,
    )


def kind_of(experiment: Experiment) -> str:
    """Give the kind of an experiment as its proposer named it in `asi.kind`, in one spelling; `other` when it named none."""
    named = (normal(proposal.asi.get("kind")) for proposal in reversed(experiment.proposals))
    return next((kind for kind in named if kind != OTHER), OTHER)


def normal(kind: Any) -> str:
    """Give one spelling of a kind: no capitals, one space between words, at most 40 letters."""
    if not isinstance(kind, str):
        return OTHER
    words = "".join(letter if letter.isprintable() else " " for letter in kind).replace("_", " ").replace("-", " ")
    return " ".join(words.casefold().split())[:LONGEST_KIND].strip() or OTHER


def _files(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - PATHS} more" if len(paths) > PATHS else ""
    return ", ".join(path[-LONGEST_NAME:] for path in paths[:PATHS]) + more if paths else ""


def _words(one: Experiment) -> str:
    said = (one.proposal.description or one.proposal.hypothesis) if one.proposal else ""
    words = [word for word in _WORD.findall(said[:200].casefold()) if word not in _EMPTY]
    return " ".join(words[:WORDS])[:LONGEST_NAME]
