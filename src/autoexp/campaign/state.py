"""The value that a journal folds to."""

from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.backlog import Backlog
from autoexp.campaign.closed import Closed
from autoexp.campaign.confirmation_events import HeldOutAtEnd
from autoexp.campaign.confirmations import Confirmation
from autoexp.campaign.events import BaselineMeasured, Waiting
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.knowledge import Knowledge
from autoexp.decision.beliefs import Beliefs
from autoexp.experiment.measurement import Measurement, Sample
from autoexp.experiment.records import Offer, Reserve, Tokens
from autoexp.spec.criteria import COLUMN, Criterion, criteria

__all__ = ["CampaignState", "Counts", "Experiment", "Incumbent", "Segment"]


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
    def goal(self) -> tuple[object, ...] | None:
        """Give what gains are gains of: without the same metric and direction they do not add up."""
        if self.headline is None:
            return None
        objective = self.spec.get("objective") or {}
        computed = (objective.get("expression"), objective.get("metrics")) if self.primary == COLUMN else ()
        return self.primary, self.headline.direction, *computed

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
    """What budgets and stop rules look at; `holdouts` is how often the holdout gave an answer, `held_out_items` how many items it scored last.

    `requests` are answers of models, `repairs` how often a proposer was asked to mend its change, `waits` how often its service could not
    answer, and `waited_s` the seconds waited for it.
    """

    decided: int = 0
    attempts: int = 0
    kept: int = 0
    crashes_in_row: int = 0
    discards_in_row: int = 0
    proposer_errors_in_row: int = 0
    infra_errors_in_row: int = 0
    samples: int = 0
    holdouts: int = 0
    held_out_items: int = 0
    requests: int | None = None
    repairs: int = 0
    waits: int = 0
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CampaignState:
    """Everything that is known of a campaign.

    `active_s` is the time that sessions have worked; `session_since` the monotonic clock of the boot `session_boot` at the
    last record, None between sessions. `last_n` is the last number used up; `events` counts records. `checkpoint` is the last
    confirmed commit and `checkpoint_gain` the gain up to there; `provisional` are the numbers of the keeps since then, which
    wait for their test. `offers` are hypotheses that are paid for and not tried yet; `waiting` is what the open experiment waits for.
    `ideas` is the backlog, in the order parked, with what was tried or dropped of it; `hints` are the last few of a person.
    `knowledge` is what all closed experiments amount to, and `firm` the same without the first keep that waits for its test and all after it.
    `used` are the tokens by kind. `unsettled` is what was set aside for the experiments, `cut_off` of them, that ended before anybody
    said what they used: nobody will ever know. `budget` is that of the last session's contract,
    `host` and `place` tell where it was, `contract` in which folder of the repository the contract lies. `confirmation` is the last one that came to its end, `ablation` the last that left keeps out, `confirming` one without end, and
    `confirmations` counts all that were begun. `held_out` is the last holdout at an end.
    """

    tag: str = ""
    base: str = ""
    seed: int = 0
    segment: Segment | None = None
    segments: tuple[Segment, ...] = ()
    incumbent: Incumbent = field(default_factory=lambda: Incumbent(commit=""))
    experiments: Closed = field(default_factory=Closed)
    open: Experiment | None = None
    counts: Counts = Counts()
    gain: float = 0.0
    checkpoint: Incumbent | None = None
    checkpoint_gain: float = 0.0
    provisional: tuple[int, ...] = ()
    beliefs: Beliefs = Beliefs()
    cost_usd: float | None = None
    tokens: int | None = None
    used: Tokens = Tokens()
    unsettled: Reserve = Reserve()
    cut_off: int = 0
    budget: dict[str, Any] = field(default_factory=dict)
    stop_reason: str | None = None
    stop_detail: str = ""
    stop_fix: str = ""
    offers: tuple[Offer, ...] = ()
    waiting: Waiting | None = None
    ideas: Backlog = Backlog()
    hints: tuple[str, ...] = ()
    active_s: float = 0.0
    session_since: float | None = None
    session_boot: str = ""
    sandbox: dict[str, str] = field(default_factory=dict)
    host: str = ""
    place: str = ""
    contract: str = ""
    events: int = 0
    last_n: int = 0
    knowledge: Knowledge = Knowledge()
    firm: Knowledge = Knowledge()
    confirmation: Confirmation | None = None
    ablation: Confirmation | None = None
    confirming: Confirmation | None = None
    confirmations: int = 0
    held_out: HeldOutAtEnd | None = None

    @property
    def primary_baseline(self) -> Measurement:
        """Give the numbers of the current segment's baseline."""
        baseline = self.segment.baseline if self.segment else None
        return baseline.measurement if baseline else Measurement()
