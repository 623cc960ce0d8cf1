"""The closed experiments in a row: one more is added without copying those before it, and a part may be read only when somebody looks at it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

from autoexp.campaign.experiments import Experiment

PART = 200
"""Experiments in a part."""


@dataclass(frozen=True, slots=True, eq=False)
class Closed(Sequence[Experiment]):
    """All closed experiments, the oldest first, as parts and those that fill no part yet.

    Whole parts never change, so whoever stores them stores each once. Equal to any sequence of the same experiments.
    """

    parts: tuple[Sequence[Experiment], ...] = ()
    firsts: tuple[int, ...] = ()
    rest: tuple[Experiment, ...] = ()

    @overload
    def __getitem__(self, at: int) -> Experiment: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Experiment, ...]: ...
    def __getitem__(self, at: int | slice) -> Experiment | tuple[Experiment, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        part, within = divmod(place, PART)
        return self.parts[part][within] if part < len(self.parts) else self.rest[place - len(self.parts) * PART]

    def __len__(self) -> int:
        return len(self.parts) * PART + len(self.rest)

    def __iter__(self) -> Iterator[Experiment]:
        return chain(chain.from_iterable(self.parts), self.rest)

    def __reversed__(self) -> Iterator[Experiment]:
        return chain.from_iterable(reversed(part) for part in (self.rest, *reversed(self.parts)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Closed | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(ours == theirs for ours, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as of everything that holds dicts

    def with_one(self, experiment: Experiment) -> "Closed":
        """Add an experiment."""
        rest = (*self.rest, experiment)
        if len(rest) < PART:
            return Closed(self.parts, self.firsts, rest)
        return Closed((*self.parts, rest), (*self.firsts, rest[0].n))

    def since(self, count: int, experiments: Iterable[Experiment]) -> "Closed":
        """Put experiments in the place of all but the first `count`."""
        whole = count // PART
        begun = self[whole * PART : count]
        found = Closed(self.parts[:whole], self.firsts[:whole])
        for experiment in chain(begun, experiments):
            found = found.with_one(experiment)
        return found

    def changed(self, experiment: Experiment) -> "Closed":
        """Put an experiment in the place of the one with its number."""
        at = self.place_of(experiment.n)
        if at is None:
            return self
        part, within = divmod(at, PART)
        if part == len(self.parts):
            return Closed(self.parts, self.firsts, (*self.rest[:within], experiment, *self.rest[within + 1 :]))
        mended = (*self.parts[part][:within], experiment, *self.parts[part][within + 1 :])
        return Closed((*self.parts[:part], mended, *self.parts[part + 1 :]), self.firsts, self.rest)

    def numbered(self, n: int) -> Experiment | None:
        """Give an experiment by its number, None when there is none."""
        at = self.place_of(n)
        return None if at is None else self[at]

    def place_of(self, n: int) -> int | None:
        """Tell how many experiments stand before the one with this number, None when there is none."""
        is_new = bool(self.rest) and self.rest[0].n <= n
        part = len(self.parts) if is_new else bisect_right(self.firsts, n) - 1
        if part < 0:
            return None
        within = self.rest if is_new else self.parts[part]
        at = bisect_left(within, n, key=lambda one: one.n)
        return part * PART + at if at < len(within) and within[at].n == n else None
