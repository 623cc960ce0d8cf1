"""Mistakes that know their place, for checks that look at more than one key."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: the place of its key, what is wrong, and what to do."""

    place: tuple[str | int, ...]
    message: str
    fix: str = ""


class FaultsError(ValueError):
    """Several mistakes at once; places are relative to the section that raises them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{'.'.join(map(str, fault.place))}: {fault.message}" for fault in faults))
