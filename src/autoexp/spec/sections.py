"""The sections of autoexp.yaml as frozen models; names are the file's own keys, `_s` and the like are added in code."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from autoexp.spec.budget import BudgetSection, PlateauSection
from autoexp.spec.decision import BatchMethod, BatchOptions, DecisionSection, MeasurementSection
from autoexp.spec.metric import GUARD_KINDS, MEASURED_BY_AUTOEXP, METRIC_NAME, Bound, IncumbentBound, MetricSection
from autoexp.spec.objective import ObjectiveSection
from autoexp.spec.quantities import Seconds
from autoexp.spec.sandbox import AbsolutePaths, PathsInTree, SandboxSection, SandboxSide
from autoexp.spec.section import Section
from autoexp.spec.strings import Strings

__all__ = [
    "GUARD_KINDS",
    "MEASURED_BY_AUTOEXP",
    "METRIC_NAME",
    "BatchMethod",
    "BatchOptions",
    "Bound",
    "BudgetSection",
    "CheckSection",
    "DecisionSection",
    "ExecutorSection",
    "HarnessSection",
    "IncumbentBound",
    "MeasurementSection",
    "MetricSection",
    "ObjectiveSection",
    "PlateauSection",
    "PluginSection",
    "RegexMetrics",
    "SandboxSection",
    "SandboxSide",
    "ScopeSection",
    "Section",
    "Strings",
]


def _command(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("a command is expected")
    if isinstance(value, list) and not value:
        raise ValueError("a command is expected")
    return tuple(value) if isinstance(value, list) else value


Command = Annotated[str | tuple[str, ...], BeforeValidator(_command)]


class ScopeSection(Section):
    """What a candidate may change, and what nobody but the holdout sees, in gitignore syntax."""

    edit: Strings = Field(min_length=1)
    hidden: Strings = ()


class RegexMetrics(Section):
    """Metrics found by patterns: the first group of each is the value."""

    regex: dict[str, str] = Field(min_length=1)

    @field_validator("regex")
    @classmethod
    def _patterns_compile(cls, patterns: dict[str, str]) -> dict[str, str]:
        faults = [
            f"the pattern of {name} {fault}" for name, text in patterns.items() if (fault := _pattern_fault(text))
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return patterns


def _pattern_fault(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        return f"does not compile: {error}"
    return "" if groups else "needs one group around the number"


class HarnessSection(Section):
    """The sealed commands and how they are run."""

    measure: Command
    checks: Command | None = None
    holdout: Command | None = None
    cwd: str = "."
    timeout_s: Seconds = Field(300.0, alias="timeout")
    checks_timeout_s: Seconds = Field(600.0, alias="checks_timeout")
    holdout_timeout_s: Seconds = Field(600.0, alias="holdout_timeout")
    metrics: Literal["lines", "keyvalue", "json", "number"] | RegexMetrics = "lines"
    env: dict[str, str] = Field(default_factory=dict)
    env_from: Strings = ()
    provide: PathsInTree = ()
    sealed: AbsolutePaths = ()
    writable: PathsInTree = ()

    @field_validator("cwd")
    @classmethod
    def _below_the_root(cls, cwd: str) -> str:
        if cwd.startswith("/") or ".." in cwd.split("/"):
            raise ValueError("it must lie below the root of the repository")
        return cwd

    @field_validator("env", mode="before")
    @classmethod
    def _plain_values(cls, env: Any) -> Any:
        if isinstance(env, dict):
            return {k: str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for k, v in env.items()}
        return env

    @field_validator("env")
    @classmethod
    def _settable(cls, env: dict[str, str]) -> dict[str, str]:
        wrong = [name for name in env if not name or "=" in name]
        if wrong:
            raise ValueError(f"{wrong[0]!r} cannot be the name of a variable")
        return env


class PluginSection(BaseModel):
    """A part that a plugin fills: its `kind`, and keys that the plugin itself validates."""

    model_config = ConfigDict(frozen=True, extra="allow")
    kind: str = Field(min_length=1)

    @property
    def options(self) -> dict[str, Any]:
        """Give the plugin's own keys."""
        return dict(self.model_extra or {})


class CheckSection(Section):
    """What `autoexp check` leaves out: audits by their names."""

    skip: Strings = ()


class ExecutorSection(PluginSection):
    """Where measurements run."""

    kind: str = "local"
