"""How often a disturbed sample is taken again before it has to stand."""

from dataclasses import dataclass, replace
from typing import Self

from autoexp.harness.quiet import Disturbance

RETAKES, SLEEPS = 2, 5
"""How often one sample is taken again: after foreign or stolen CPU, and after a suspension."""
SPARE, ONE_IN = 3, 10
"""Voided samples of a session: at most three, and one in ten of those taken."""
HOPELESS = 3
"""So many disturbed retakes, with no quiet run since: the machine is always busy, and taking again is of no use."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often disturbed samples of a session may still be taken again. Ask `may_retake` of each run, then go on with `after`.

    A run that may be taken again is void; one that may not stands, with the flag `disturbed` where it was.
    """

    taken: int = 0
    voided: int = 0
    retakes: int = 0
    sleeps: int = 0
    futile: int = 0

    def may_retake(self, found: Disturbance | None) -> bool:
        """Tell whether the run that was just taken is void and comes again."""
        if found is None:
            return False
        if found.kind == "suspended":
            return self.sleeps < SLEEPS
        affordable = ONE_IN * (self.voided + 1 - SPARE) <= self.taken + 1
        return affordable and self.retakes < RETAKES and self._in_vain() < HOPELESS

    def after(self, found: Disturbance | None) -> Self:
        """Give what is left after a run."""
        taken = replace(self, taken=self.taken + 1)
        if found is None:
            return replace(taken, retakes=0, sleeps=0, futile=0)
        asleep, again = found.kind == "suspended", self.may_retake(found)
        if asleep:
            return replace(taken, sleeps=self.sleeps + 1) if again else replace(taken, retakes=0, sleeps=0)
        if not again:
            return replace(taken, retakes=0, sleeps=0, futile=self._in_vain())
        return replace(taken, voided=self.voided + 1, retakes=self.retakes + 1, futile=self._in_vain())

    def _in_vain(self) -> int:
        """Count the disturbed retakes since the last quiet run, this one with them."""
        return self.futile + (self.retakes > 0)
