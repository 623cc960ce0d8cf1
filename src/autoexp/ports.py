"""The roles that a campaign is made of, as small Protocols. Whoever has the methods fills the role."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autoexp.campaign.events import Event, Record
from autoexp.campaign.views import Brief, View
from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Directive, Proposal


class Journal(Protocol):
    """The append-only, ordered, single-writer list of events."""

    def read(self, start: int = 0) -> Iterator[Record]:
        """Give the records from number `start` on."""
        ...

    def append(self, event: Event) -> Record:
        """Write one event durably and give its record. Raises StorageError."""
        ...

    def close(self) -> None:
        """Release the lock."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What a proposer gets besides the brief: its disposable copy, and where its output goes."""

    workspace: Path
    brief_json: Path
    brief_md: Path
    output: Path
    marker: str


class NothingLeft(Exception):  # noqa: N818  a message, not a failure
    """The proposer has nothing left to propose; the campaign stops with that reason."""


class ProposerFailed(Exception):  # noqa: N818  read as a sentence
    """The proposer could not make a proposal: outcome proposer_error, with the reason."""


class Proposer(Protocol):
    """Whoever writes the change."""

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Leave edits in `desk.workspace` and describe them. Raises NothingLeft or ProposerFailed."""
        ...


class Strategy(Protocol):
    """What to try next, as a function of the view; holds no state of its own."""

    def ask(self, view: View, free_slots: int) -> Sequence[Directive]:
        """Give up to `free_slots` directives; none means nothing to do now."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer of the checks command."""

    outcome: Outcome
    detail: str = ""
    usage: Usage = Usage()
    output: str = ""


class Executor(Protocol):
    """Where measurements run."""

    def sample(self, commit: str, side: Side, *, n: int, i: int, seed: int) -> Sample:
        """Run the harness once on the tree of `commit`."""
        ...

    def checks(self, commit: str, *, n: int) -> Checked:
        """Run the checks on the tree of `commit`; outcome measured means that they passed."""
        ...

    def holdout(self, commit: str, side: Side, *, n: int, i: int, seed: int) -> Sample:
        """Run the holdout once on the tree of `commit`, with what is hidden in it: one value, under any name."""
        ...

    def verify(self, n: int) -> tuple[str, ...]:
        """Look at the trees of experiment `n` once more, and give the tracked paths that changed while it was measured."""
        ...

    def fingerprint(self) -> Mapping[str, str]:
        """Give the facts of this environment that numbers depend on."""
        ...
