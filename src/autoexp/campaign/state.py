"""The value that a journal folds to."""

from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.events import BaselineMeasured
from autoexp.decision.beliefs import Beliefs
from autoexp.experiment.measurement import Measurement, Sample, Side
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict, status_of
from autoexp.experiment.records import Candidate, Decision, Directive, Proposal
from autoexp.spec.criteria import Criterion, criteria


@dataclass(frozen=True, slots=True)
class Experiment:
    """One try, joined from its events.

    A checkpoint test is one as well: `tests` are the numbers of the keeps that it tests. `tested_by` is the number of the
    test that settled a provisional keep; `taken_out` says that it did not confirm it.
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
    def description(self) -> str:
        """Say what was tried."""
        if self.tests:
            return (
                f"checkpoint test of experiment{'s' if len(self.tests) > 1 else ''} {', '.join(map(str, self.tests))}"
            )
        return self.proposal.description if self.proposal else ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Give the reasons of the verdict, and before them what a later test made of it."""
        reasons = self.decision.reasons if self.decision else ()
        if self.taken_out:
            return (f"taken out: checkpoint test {self.tested_by} did not confirm it", *reasons)
        return reasons

    @property
    def _is_keep(self) -> bool:
        return self.outcome is Outcome.MEASURED and self.decision is not None and self.decision.verdict is Verdict.KEEP


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch in which numbers compare."""

    k: int
    commit: str
    spec: dict[str, Any]
    spec_digest: str
    harness_digest: str
    environment: dict[str, str]
    sandbox: dict[str, str]
    started: float
    baseline: BaselineMeasured | None = None
    samples: tuple[Sample, ...] = ()
    deterministic: bool = False
    cost_usd_total: float | None = None

    @property
    def primary(self) -> str:
        """Give the name of the number that is shown as `metric`; empty when the contract has none."""
        return self.headline.name if self.headline else ""

    @property
    def headline(self) -> Criterion | None:
        """Give the number that is shown as `metric`."""
        return next(iter(self.criteria), None)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Give the numbers that are decided on."""
        return criteria(self.spec["metrics"], self.spec.get("objective") or {})


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The best so far: its commit, the experiment that made it (0 = baseline), and its numbers when it was kept.

    A checkpoint test measures them anew. `items` holds its score for each item, averaged over those samples.
    """

    commit: str
    n: int = 0
    measurement: Measurement = Measurement()
    items: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """What budgets and stop rules look at."""

    decided: int = 0
    attempts: int = 0
    kept: int = 0
    crashes_in_row: int = 0
    discards_in_row: int = 0
    proposer_errors_in_row: int = 0
    infra_errors_in_row: int = 0
    samples: int = 0


@dataclass(frozen=True, slots=True)
class CampaignState:
    """Everything that is known of a campaign.

    `active_s` is the time that sessions have worked; `session_since` the monotonic clock of the boot `session_boot` at the
    last record, None between sessions. `last_n` is the last number used up; `events` counts records. `checkpoint` is the last
    confirmed commit and `checkpoint_gain` the gain up to there; `provisional` are the numbers of the keeps since then, which
    wait for their test.
    """

    tag: str = ""
    base: str = ""
    seed: int = 0
    segment: Segment | None = None
    segments: tuple[Segment, ...] = ()
    incumbent: Incumbent = field(default_factory=lambda: Incumbent(commit=""))
    experiments: tuple[Experiment, ...] = ()
    open: Experiment | None = None
    counts: Counts = Counts()
    gain: float = 0.0
    checkpoint: Incumbent | None = None
    checkpoint_gain: float = 0.0
    provisional: tuple[int, ...] = ()
    beliefs: Beliefs = Beliefs()
    cost_usd: float | None = None
    tokens: int | None = None
    stop_reason: str | None = None
    stop_detail: str = ""
    active_s: float = 0.0
    session_since: float | None = None
    session_boot: str = ""
    sandbox: dict[str, str] = field(default_factory=dict)
    events: int = 0
    last_n: int = 0

    @property
    def primary_baseline(self) -> Measurement:
        """Give the numbers of the current segment's baseline."""
        baseline = self.segment.baseline if self.segment else None
        return baseline.measurement if baseline else Measurement()
