"""Campaigns for the report's tests: states made the only way there is, by folding events."""

from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from typing import Any

import pytest

from autoexp.campaign.events import (
    BaselineMeasured,
    CampaignOpened,
    Captured,
    Decided,
    Done,
    Event,
    Intent,
    Proposed,
    Record,
    SampleTaken,
    SegmentOpened,
    SessionOpened,
    Stopped,
)
from autoexp.campaign.fold import fold
from autoexp.campaign.state import CampaignState
from autoexp.experiment.measurement import Measurement, Sample, Side, Usage, measure
from autoexp.experiment.outcome import Outcome, Verdict, status_of
from autoexp.experiment.records import Candidate, Decision, Directive, GuardResult, Proposal, Tokens

START = 1_790_000_000.0


def spec(
    metric: str = "latency_ms", direction: str = "lower", unit: str = "ms", goal: str = "Make it fast"
) -> dict[str, Any]:
    return {
        "version": 1,
        "goal": goal,
        "scope": {"edit": ["pipeline.py"]},
        "harness": {"measure": "python bench.py", "checks": None},
        "metrics": {
            metric: {"role": "primary", "direction": direction, "unit": unit, "scale": "auto", "min_effect": 0.005},
            "memory_mb": {"role": "guard", "at_most": 512},
        },
        "decision": {"method": {"batch": {"k": 3}}, "on_equal": "discard"},
    }


@dataclass
class Campaign:
    """Writes events as an engine would, and folds them at once."""

    metric: str = "latency_ms"
    direction: str = "lower"
    state: CampaignState = field(default_factory=CampaignState)
    clock: float = 0.0
    n: int = 0

    def write(self, event: Event, *, after: float = 1.0) -> "Campaign":
        self.clock += after
        record = Record(self.state.events, START + self.clock, self.clock, "boot", event)
        self.state = fold(self.state, record)
        return self

    def begin(self, **contract: Any) -> "Campaign":
        self.write(CampaignOpened(tag="etl", base="b" * 40, object_format="sha1", seed=1, version="0.1.0"))
        self.write(SessionOpened(pid=1, sandbox={"proposer": "bwrap", "harness": "none"}))
        return self.segment(**contract)

    def segment(self, **contract: Any) -> "Campaign":
        return self.write(
            SegmentOpened(
                k=len(self.state.segments),
                commit=self.state.incumbent.commit,
                spec=spec(self.metric, self.direction, **contract),
                spec_text="",
                program="",
                spec_digest="5" * 64,
                harness_digest="6" * 64,
                environment={"cpu": "Example CPU", "python": "3.11.9"},
            )
        )

    def baseline(self, value: float = 100.0, *, noise: float | None = 0.008, deterministic: bool = False) -> "Campaign":
        samples = [self._sample(value, Side.BASELINE, i) for i in range(3)]
        for sample in samples:
            self.write(SampleTaken(n=0, sample=sample))
        k = len(self.state.segments) - 1
        return self.write(
            BaselineMeasured(
                k=k, outcome=Outcome.MEASURED, measurement=measure(samples), noise=noise, deterministic=deterministic
            )
        )

    def attempt(  # noqa: PLR0913
        self,
        value: float | None = None,
        verdict: Verdict = Verdict.DISCARD,
        *,
        effect: float | None = None,
        outcome: Outcome = Outcome.MEASURED,
        description: str = "try something",
        hypothesis: str = "",
        detail: str = "",
        reasons: tuple[str, ...] = (),
        guard: GuardResult | None = None,
        asi: dict[str, Any] | None = None,
        cost: float | None = None,
        tokens: int | None = None,
        took: float = 1.0,
        flags: tuple[str, ...] = (),
        others: dict[str, float] | None = None,
    ) -> "Campaign":
        self.n += 1
        n, parent, commit = self.n, self.state.incumbent.commit, f"{self.n:07x}".ljust(40, "0")
        self.write(Intent(n=n, directive=Directive(), parent=parent, segment=len(self.state.segments) - 1, seed=n))
        self.write(
            Proposed(
                n=n,
                proposal=Proposal(
                    description=description,
                    hypothesis=hypothesis,
                    asi=asi or {},
                    cost_usd=cost,
                    tokens=Tokens(input=tokens),
                ),
            )
        )
        self.write(
            Captured(n=n, candidate=Candidate(commit=commit, parent=parent, paths=("pipeline.py",), diff_lines=4))
        )
        samples = [] if value is None else [self._sample(value, Side.CANDIDATE, i, others) for i in range(3)]
        for sample in samples:
            self.write(SampleTaken(n=n, sample=sample), after=took / 3)
        decision = None
        if outcome is Outcome.MEASURED:
            decision = Decision(
                verdict=verdict, effect=effect, method="batch 3", reasons=reasons, guard=guard, flags=flags
            )
        measurement = measure(samples) if samples else Measurement()
        self.write(
            Decided(n=n, outcome=outcome, detail=detail, decision=decision, measurement=measurement, commit=commit)
        )
        status = status_of(outcome, decision.verdict if decision else None, guard_failed=guard is not None)
        return self.write(Done(n=n, status=status))

    def keep(self, value: float, effect: float | None, **more: Any) -> "Campaign":
        return self.attempt(value, Verdict.KEEP, effect=effect, **more)

    def stop(self, reason: Any = "experiments") -> "Campaign":
        return self.write(Stopped(reason=reason))

    def _sample(self, value: float, side: Side, i: int, others: dict[str, float] | None = None) -> Sample:
        return Sample(side=side, i=i, values={self.metric: value, **(others or {})}, usage=Usage(wall_s=1.5))


@pytest.fixture
def new() -> type[Campaign]:
    """Give the builder of campaigns."""
    return Campaign


@pytest.fixture(scope="session")
def ten_thousand() -> CampaignState:
    """Give a long campaign: some hundred experiments folded, then repeated under new numbers."""
    campaign = Campaign().begin().baseline(1000.0)
    for i in range(360):
        if i % 60 == 0:
            campaign.keep(1000.0 - i / 60, 0.001, description=f"idea {i}", reasons=("kept: latency_ms 0.1% better",))
        elif i % 9 == 0:
            campaign.attempt(outcome=Outcome.CRASH, description=f"idea {i}", detail="KeyError: 'x'")
        else:
            campaign.attempt(
                1100.0 + i % 37, effect=-0.1, description=f"idea {i}: move the loop", reasons=("discarded",)
            )
    repeated = enumerate(islice(cycle(campaign.state.experiments), 10_000), start=1)
    experiments = tuple(replace(experiment, n=n) for n, experiment in repeated)
    return replace(campaign.state, experiments=experiments)
