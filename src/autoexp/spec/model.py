"""The frozen Spec and its digest."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

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
MAX_TAG = 100


def tag_fault(tag: str) -> str:
    """Say why a text cannot name a campaign, its folder and its refs; empty when it can."""
    if re.fullmatch(TAG_PATTERN[1:-1], tag) is None or len(tag) > MAX_TAG:
        return f"a tag has 1 to {MAX_TAG} letters a-z, digits and . _ -"
    if tag.startswith(".") or ".." in tag or tag.endswith((".", ".lock")):
        return "a tag names a git ref: no dot at its ends, no two dots in a row, no .lock at its end"
    return ""


def wrong_primaries(primaries: Sequence[str]) -> str:
    """Say what is wrong with the metrics whose role is primary; empty when there is exactly one."""
    if len(primaries) == 1:
        return ""
    return f"exactly one metric needs role: primary (found {' and '.join(primaries) or 'none'})"


def _metric_name(name: str) -> str:
    if METRIC_NAME.fullmatch(name) is None:
        raise ValueError("this is not the name of a metric; letters, digits and . _ @ % µ - are allowed")
    return name


class Spec(Section):
    """The contract of a campaign."""

    version: Literal[1] = 1
    name: Annotated[str, Field(json_schema_extra={"pattern": TAG_PATTERN})] = "main"
    goal: str = ""
    scope: ScopeSection
    harness: HarnessSection
    metrics: dict[Annotated[str, AfterValidator(_metric_name)], MetricSection] = Field(min_length=1)
    objective: ObjectiveSection = ObjectiveSection()
    measurement: MeasurementSection = MeasurementSection()
    decision: DecisionSection = DecisionSection()
    proposer: PluginSection | None = None
    strategy: PluginSection = PluginSection(kind="greedy")
    budget: BudgetSection = BudgetSection()
    sandbox: SandboxSection = SandboxSection()
    executor: ExecutorSection = ExecutorSection()
    exports: tuple[Literal["results.tsv", "experiments.jsonl"], ...] = ("results.tsv", "experiments.jsonl")

    @field_validator("name")
    @classmethod
    def _is_a_tag(cls, name: str) -> str:
        if fault := tag_fault(name):
            raise ValueError(fault)
        return name

    @field_validator("metrics")
    @classmethod
    def _one_primary(cls, metrics: dict[str, MetricSection]) -> dict[str, MetricSection]:
        if fault := wrong_primaries([name for name, metric in metrics.items() if metric.role == "primary"]):
            raise ValueError(fault)
        size = metrics.get("diff_lines")
        if size is not None and (size.role == "primary" or size.relative):
            raise ValueError("diff_lines belongs to a change; the best so far has none to compare with")
        return metrics

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
