"""One experiment, joined from its events."""

from dataclasses import dataclass

from autoexp.campaign.events import HoldoutRun, Reviewed
from autoexp.experiment.measurement import Measurement, Sample, Side
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict, status_of
from autoexp.experiment.records import NEEDS_REVIEW, Candidate, Decision, Directive, Proposal, Reserve


@dataclass(frozen=True, slots=True)
class Try:
    """What came before a proposer mended its change: what it said, the candidate if this try made one, and how that ended."""

    proposal: Proposal | None
    candidate: Candidate | None
    outcome: Outcome
    detail: str
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment, joined from its events.

    A checkpoint test is one as well: `tests` are the numbers of the keeps that it tests. `tested_by` is the number of the
    test that settled a provisional keep; `taken_out` says that it did not confirm it, or that experiment `pruned_by` took it out. `review` is a person's word on a
    would-be keep that waited for it; `flags` are those of an outcome without a decision. `tries` came before the change was
    mended; while `mending`, nothing has come of the last request to do so. `reserved` is what was set aside for the last request,
    `broken_off` what proposers had used when the weather ended their work. `pauses` are those after which another session went on with it, and
    `void` the samples that were taken again then.

    While it is open, `checks_detail` is what the checks said, `last_*` tell when its last record was written, and `pause_s` how long before
    the session that is at work now: None when it was in another boot, and nobody can tell. `leapt_s` is how much more the wall clock moved.
    """

    n: int
    segment: int
    parent: str
    directive: Directive
    seed: int
    started: float
    proposal: Proposal | None = None
    candidate: Candidate | None = None
    samples: tuple[Sample, ...] = ()
    checks: Outcome | None = None
    outcome: Outcome | None = None
    decision: Decision | None = None
    measurement: Measurement = Measurement()
    detail: str = ""
    wall_time_s: float = 0.0
    cost_usd_total: float | None = None
    status: str = ""
    closed: bool = False
    started_active_s: float = 0.0
    tests: tuple[int, ...] = ()
    tested_by: int | None = None
    taken_out: bool = False
    pruned_by: int | None = None
    flags: tuple[str, ...] = ()
    holdout: HoldoutRun | None = None
    review: Reviewed | None = None
    tries: tuple[Try, ...] = ()
    mending: bool = False
    reserved: Reserve = Reserve()
    broken_off: tuple[Proposal, ...] = ()
    checks_detail: str = ""
    void: tuple[Sample, ...] = ()
    pauses: tuple[float, ...] = ()
    last_wall: float = 0.0
    last_s: float = 0.0
    last_boot: str = ""
    pause_s: float | None = None
    leapt_s: float = 0.0

    @property
    def paid(self) -> tuple[Proposal, ...]:
        """Give everything that somebody used something for: what was proposed, and what the weather ended.

        What an interrupted experiment had proposed is paid for there, and not once more where its change is measured again.
        """
        said = self.proposals if self.directive.again is None else self.proposals[1:]
        return (*self.broken_off, *said) if self.broken_off else said

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """Give everything that was proposed, in order, also what was mended."""
        last = None if self.mending else self.proposal
        if not self.tries:
            return () if last is None else (last,)
        found = (*(one.proposal for one in self.tries), last)
        return tuple(proposal for proposal in found if proposal is not None)

    @property
    def repairs(self) -> int:
        """Give how often the proposer was asked to mend its change."""
        return len(self.tries)

    @property
    def samples_taken(self) -> int:
        """Give the runs of the harness, those of the holdout, of mended changes and those taken again with them."""
        before = sum(len(one.samples) for one in self.tries)
        return before + len(self.void) + len(self.samples) + (len(self.holdout.samples) if self.holdout else 0)

    def of_side(self, side: Side) -> tuple[Sample, ...]:
        """Give the samples of one side, in the order taken."""
        return tuple(sample for sample in self.samples if sample.side is side)

    @property
    def ruled_status(self) -> str:
        """Give the status that outcome and decision add up to; empty before a verdict."""
        if self.outcome is None:
            return ""
        if self.decision is None:
            return status_of(self.outcome, None)
        return status_of(self.outcome, self.decision.verdict, guard_failed=self.decision.guard is not None)

    @property
    def kept(self) -> bool:
        """Tell whether this experiment became the incumbent, and was not taken out later."""
        return self._is_keep and not self.tests and not self.taken_out

    @property
    def provisional(self) -> bool:
        """Tell whether it was kept on runs that are too few to be trusted, and no test has settled it yet."""
        flagged = self.decision is not None and "provisional" in self.decision.flags
        return self.kept and flagged and self.tested_by is None

    @property
    def confirmed(self) -> bool:
        """Tell whether this is a checkpoint test that confirmed what it tested."""
        return self._is_keep and bool(self.tests)

    @property
    def refuted(self) -> bool:
        """Tell whether this is a checkpoint test that did not confirm what it tested."""
        return bool(self.tests) and self.outcome is not None and self.outcome not in UNDECIDED and not self._is_keep

    @property
    def needs_review(self) -> bool:
        """Tell whether this would-be keep waits for a person."""
        return self.decision is not None and NEEDS_REVIEW in self.decision.flags and self.review is None

    @property
    def accepted(self) -> bool:
        """Tell whether a person wants this would-be keep to be measured again and kept."""
        return self.review is not None and self.review.verdict == "accept"

    @property
    def description(self) -> str:
        """Say what was tried."""
        if self.tests:
            return (
                f"checkpoint test of experiment{'s' if len(self.tests) > 1 else ''} {', '.join(map(str, self.tests))}"
            )
        return self.proposal.description if self.proposal else ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Give the reasons of the verdict, and before them what a later test, or a person, made of it."""
        reasons = self.decision.reasons if self.decision else ()
        if self.review is not None:
            return (f"{self.review.verdict}ed by a person: {self.review.why}", *reasons)
        if self.pruned_by is not None:
            return (f"taken out by experiment {self.pruned_by}: a confirmation did not support it", *reasons)
        if self.taken_out:
            return (f"taken out: checkpoint test {self.tested_by} did not confirm it", *reasons)
        return reasons

    @property
    def _is_keep(self) -> bool:
        return self.outcome is Outcome.MEASURED and self.decision is not None and self.decision.verdict is Verdict.KEEP
