"""What an audit stands on: the contract, the tree at HEAD, and runs of the harness on trees that differ from it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from autoexp.experiment.measurement import Sample
from autoexp.harness.audits.finding import Figure
from autoexp.ports import Checked
from autoexp.spec.model import Spec

Edits = Mapping[str, bytes | None]
"""Paths in scope with their new content; None removes the file."""


class Ground(Protocol):
    """The contract and its repository. Nothing that an audit does here is recorded, or touches the user's files and objects.

    `samples` are the runs on HEAD that `check` has made, `deterministic` whether the numbers repeat, `noise` the sd of one sample as a fraction
    of the value. `sample_s` and `checks_s` are the seconds of one run of each command.
    """

    @property
    def spec(self) -> Spec:
        """Give the contract."""
        ...

    @property
    def scope(self) -> Sequence[str]:
        """Give the paths at HEAD that a candidate may change, sorted."""
        ...

    @property
    def paths(self) -> Sequence[str]:
        """Give all paths at HEAD, hidden ones as well."""
        ...

    @property
    def samples(self) -> Sequence[Sample]:
        """Give the runs on HEAD."""
        ...

    @property
    def deterministic(self) -> bool:
        """Tell whether the numbers repeat."""
        ...

    @property
    def noise(self) -> float | None:
        """Give the sd of one sample as a fraction of the value."""
        ...

    @property
    def sample_s(self) -> float:
        """Give the seconds of one run."""
        ...

    @property
    def checks_s(self) -> float:
        """Give the seconds of the checks."""
        ...

    def read(self, path: str) -> bytes:
        """Give a file's content at HEAD; KeyError when there is none."""
        ...

    def measure(self, edits: Edits, *, i: int = 0) -> Sample:
        """Run the harness once on HEAD with these edits, with the seed of the i-th sample; one run of equal edits and `i` is made once.

        With edits it ends as a timeout after five times what a run on HEAD takes and 5 s, or when the audits' time is over; so do `checks`. A
        run that other programs disturbed stands.
        """
        ...

    def checks(self, edits: Edits) -> Checked:
        """Run the checks on HEAD with these edits; measured means that they passed, also where the contract has none."""
        ...

    def holdout(self, edits: Edits) -> Sample:
        """Run the holdout once on HEAD with these edits. Raises LookupError where the contract has none."""
        ...

    def printed(self, sample: Sample) -> str:
        """Give what a run printed on stdout (its first 1,000,000 characters)."""
        ...

    def complained(self, sample: Sample) -> str:
        """Give what a run printed on stderr, as far."""
        ...

    def figure(self, figure: Figure) -> None:
        """Show what an audit has measured, finding or not."""
        ...

    def left_s(self) -> float:
        """Give how many seconds audits may still take. An audit that needs many runs leaves off before they are over, and says so."""
        ...

    def tell(self, text: str) -> None:
        """Say what is done now."""
        ...
