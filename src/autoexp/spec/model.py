"""The frozen Spec and its digest."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, model_validator

from autoexp.spec.sections import (
    METRIC_NAME,
    BudgetSection,
    DecisionSection,
    ExecutorSection,
    HarnessSection,
    MeasurementSection,
    MetricSection,
    ObjectiveSection,
    PluginSection,
    SandboxSection,
    ScopeSection,
    Section,
)

TAG_PATTERN = r"^[a-z0-9._-]+$"


class Spec(Section):
    """The contract of a campaign."""

    version: Literal[1] = 1
    name: Annotated[str, Field(pattern=TAG_PATTERN)] = "main"
    goal: str = ""
    scope: ScopeSection
    harness: HarnessSection
    metrics: dict[str, MetricSection] = Field(min_length=1)
    objective: ObjectiveSection = ObjectiveSection()
    measurement: MeasurementSection = MeasurementSection()
    decision: DecisionSection = DecisionSection()
    proposer: PluginSection | None = None
    strategy: PluginSection = PluginSection(kind="greedy")
    budget: BudgetSection = BudgetSection()
    sandbox: SandboxSection = SandboxSection()
    executor: ExecutorSection = ExecutorSection()
    exports: tuple[Literal["results.tsv", "experiments.jsonl"], ...] = ("results.tsv", "experiments.jsonl")

    @model_validator(mode="after")
    def _one_primary(self) -> "Spec":
        primaries = [name for name, metric in self.metrics.items() if metric.role == "primary"]
        if len(primaries) != 1:
            found = " and ".join(primaries) or "none"
            raise ValueError(f"metrics: exactly one metric needs role: primary (found {found})")
        for name in self.metrics:
            if METRIC_NAME.fullmatch(name) is None:
                raise ValueError(f"metrics: {name!r} is not a metric name; letters, digits and . _ @ % µ - are allowed")
        return self

    @property
    def primary(self) -> str:
        """Give the name of the primary metric."""
        return next(name for name, metric in self.metrics.items() if metric.role == "primary")

    @property
    def lower_is_better(self) -> bool:
        """Tell whether a smaller primary value is better."""
        return self.metrics[self.primary].direction == "lower"

    @property
    def digest(self) -> str:
        """Hash what numbers depend on: a change of it opens a new segment with a new baseline.

        Goal, budget, proposer, strategy and exports may change within a segment.
        """
        parts = self.model_dump(
            mode="json",
            include={
                "version",
                "scope",
                "harness",
                "metrics",
                "objective",
                "measurement",
                "decision",
                "sandbox",
                "executor",
            },
        )
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
