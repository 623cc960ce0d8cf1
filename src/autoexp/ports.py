"""The roles that a campaign is made of, as small Protocols. Whoever has the methods fills the role."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """What a proposer gets besides the brief: its disposable copy, and where its output goes.

    `fresh` makes the copy anew, with the change that is to be mended if there is one, for who takes over from another. `home` is a folder
    that lasts as long as the experiment: what a proposer needs to remember when it mends its change.
    """

    workspace: Path
    brief_json: Path
    brief_md: Path
    output: Path
    marker: str
    fresh: Callable[[], Path] | None = None
    home: Path | None = None


class NothingLeft(Exception):  # noqa: N818  a message, not a failure
    """The proposer has nothing left to propose; the campaign stops with that reason. `said` is what it cost to know."""

    def __init__(self, reason: str = "", *, said: Proposal | None = None) -> None:
        super().__init__(reason)
        self.said = said


class ProposerFailed(Exception):  # noqa: N818  read as a sentence
    """The proposer could not make a proposal: `outcome` (proposer_error if not said otherwise), with the reason.

    `said` is what is known of the proposal all the same, above all what it cost; `mendable` tells that the proposer might do better when it
    sees the reason.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        said: Proposal | None = None,
        outcome: Outcome = Outcome.PROPOSER_ERROR,
        mendable: bool = False,
    ) -> None:
        super().__init__(reason)
        self.said = said
        self.outcome = outcome
        self.mendable = mendable


class Unavailable(Exception):  # noqa: N818  news about the weather
    """The service behind a proposer cannot answer now. The engine waits and asks again; nothing is used up.

    `kind` is one of rate_limit, overloaded, quota, server, hang, reset, cut, malformed; `retry_after_s` is what the service asked for, and
    `said` what was used all the same.
    """

    def __init__(
        self, reason: str, *, kind: str, retry_after_s: float | None = None, said: Proposal | None = None
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.retry_after_s = retry_after_s
        self.said = said


class AccessRefused(Exception):  # noqa: N818  waiting does not help
    """The service behind a proposer refuses to serve: a key, a right, a model's name. The campaign pauses, with the mend.

    `said` is what was used all the same.
    """

    def __init__(self, reason: str, *, fix: str, said: Proposal | None = None) -> None:
        super().__init__(reason)
        self.fix = fix
        self.said = said


class Proposer(Protocol):
    """Whoever writes the change."""

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Leave edits in `desk.workspace` and describe them. Raises NothingLeft, ProposerFailed, Unavailable or AccessRefused.

        One that can mend its change has an attribute `repairs`, the number of times that it is asked to in one experiment: then `brief.repair`
        says what was wrong, and the workspace holds the change as it is. `patience_s` is how long its service may be away, `secrets` are values
        that nothing may show, and `reclaim(home)` takes what must not be lost out of the home that a killed session left.
        """
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
    """Where measurements run. `n` is the number of the experiment, or the name of what else a run belongs to."""

    def sample(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        """Run the harness once on the tree of `commit`."""
        ...

    def checks(self, commit: str, *, n: int) -> Checked:
        """Run the checks on the tree of `commit`; outcome measured means that they passed."""
        ...

    def holdout(self, commit: str, side: Side, *, n: int | str, i: int, seed: int) -> Sample:
        """Run the holdout once on the tree of `commit`, with what is hidden in it: one value, under any name."""
        ...

    def verify(self, n: int | str) -> tuple[str, ...]:
        """Look at the trees of experiment `n` once more, and give the tracked paths that changed while it was measured."""
        ...

    def fingerprint(self) -> Mapping[str, str]:
        """Give the facts of this environment that numbers depend on."""
        ...
