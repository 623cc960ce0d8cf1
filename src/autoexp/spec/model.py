"""The frozen Spec and its digest."""

import hashlib
import json
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from autoexp.spec.agreement import NOT_COMPARABLE, objective_faults
from autoexp.spec.criteria import Criterion, criteria, in_words
from autoexp.spec.decision import HOLDOUT_SHARE
from autoexp.spec.faults import FaultsError
from autoexp.spec.objective import PrimaryObjective
from autoexp.spec.sections import (
    METRIC_NAME,
    BudgetSection,
    CheckSection,
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
    objective: ObjectiveSection = PrimaryObjective()
    measurement: MeasurementSection = MeasurementSection()
    decision: DecisionSection = DecisionSection()
    proposer: PluginSection | None = None
    strategy: PluginSection = PluginSection(kind="greedy")
    budget: BudgetSection = BudgetSection()
    sandbox: SandboxSection = SandboxSection()
    executor: ExecutorSection = ExecutorSection()
    check: CheckSection = CheckSection()
    exports: tuple[Literal["results.tsv", "experiments.jsonl"], ...] = ("results.tsv", "experiments.jsonl")

    @field_validator("name")
    @classmethod
    def _is_a_tag(cls, name: str) -> str:
        if fault := tag_fault(name):
            raise ValueError(fault)
        return name

    @field_validator("metrics")
    @classmethod
    def _comparable(cls, metrics: dict[str, MetricSection]) -> dict[str, MetricSection]:
        size = metrics.get("diff_lines")
        if size is not None and size.relative:
            raise ValueError(NOT_COMPARABLE)
        return metrics

    @model_validator(mode="after")
    def _agrees(self) -> "Spec":
        if faults := list(objective_faults(self.objective, self.metrics, form=self.harness.metrics)):
            raise FaultsError(faults)
        return self

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Give the numbers that are decided on; the first is shown as `metric`."""
        return criteria({name: vars(metric) for name, metric in self.metrics.items()}, vars(self.objective))

    @property
    def objective_in_words(self) -> str:
        """Say what an objective of several metrics asks for; empty when the primary metric says it all."""
        return in_words({name: vars(metric) for name, metric in self.metrics.items()}, vars(self.objective))

    @property
    def primary(self) -> str:
        """Give the name of the number that is shown as `metric`: the primary metric, or what the objective has first."""
        return self.criteria[0].name

    @property
    def lower_is_better(self) -> bool:
        """Tell whether a smaller primary value is better."""
        return self.criteria[0].lower_is_better

    @property
    def digest(self) -> str:
        """Hash what numbers depend on: a change of it opens a new segment with a new baseline.

        Goal, budget, proposer with its sandbox, strategy, check and exports may change within a segment. Verdicts depend on the
        share that a holdout has to show; the usual one was the only one when older segments began, and their digests do not name it.
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
                "executor",
            },
        )
        if parts["decision"]["holdout_share"] == HOLDOUT_SHARE:
            del parts["decision"]["holdout_share"]
        parts["sandbox"] = self.sandbox.harness.model_dump(mode="json")
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
