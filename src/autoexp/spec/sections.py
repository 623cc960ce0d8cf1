"""The sections of autoexp.yaml as frozen models; names are the file's own keys, `_s` and the like are added in code."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from autoexp.spec.quantities import Count, Fraction, Seconds

METRIC_NAME = re.compile(r"[\w.@%µμ-]+")
MEASURED_BY_AUTOEXP = frozenset({"wall_s", "cpu_s", "peak_rss_mb", "diff_lines"})


class Section(BaseModel):
    """A part of the contract: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True)


def _command(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("a command is expected")
    if isinstance(value, list) and not value:
        raise ValueError("a command is expected")
    return tuple(value) if isinstance(value, list) else value


Command = Annotated[str | tuple[str, ...], BeforeValidator(_command)]


def _strings(value: Any) -> Any:
    items = (value,) if isinstance(value, str) else value
    if isinstance(items, (list, tuple)) and any(isinstance(item, str) and not item.strip() for item in items):
        raise ValueError("an empty text stands where something is expected")
    return items


Strings = Annotated[tuple[str, ...], BeforeValidator(_strings)]


class ScopeSection(Section):
    """What a candidate may change, in gitignore syntax."""

    edit: Strings = Field(min_length=1)


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
    cwd: str = "."
    timeout_s: Seconds = Field(300.0, alias="timeout")
    checks_timeout_s: Seconds = Field(600.0, alias="checks_timeout")
    metrics: Literal["lines", "keyvalue", "json", "number"] | RegexMetrics = "lines"
    env: dict[str, str] = Field(default_factory=dict)
    env_from: Strings = ()

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


class IncumbentBound(Section):
    """A bound relative to the incumbent: `{of: incumbent, times: 1.05}`."""

    of: Literal["incumbent", "baseline"]
    times: float = 1.0


Bound = float | Literal["baseline", "incumbent"] | IncumbentBound
GUARD_KINDS = ("equals", "at_least", "at_most")


class MetricSection(Section):
    """One metric: its role, direction and bounds."""

    role: Literal["primary", "guard", "secondary"]
    direction: Literal["lower", "higher"] | None = None
    unit: str = ""
    min_effect: Fraction | None = None
    scale: Literal["log", "linear", "auto"] = "auto"
    equals: Bound | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None

    @model_validator(mode="after")
    def _fits_its_role(self) -> "MetricSection":
        faults = []
        bounds = [kind for kind in GUARD_KINDS if getattr(self, kind) is not None]
        if self.role == "primary" and self.direction is None:
            faults.append("a primary metric needs a direction: lower or higher")
        if self.role == "guard" and not bounds:
            faults.append("a guard needs a bound: equals, at_least or at_most")
        if self.role != "guard" and bounds:
            faults.append(f"{bounds[0]} is a bound, so the role must be guard")
        if self.role != "primary" and self.min_effect is not None:
            faults.append("min_effect belongs to the primary metric")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def relative(self) -> bool:
        """Tell whether a bound looks at the baseline or at the incumbent."""
        bounds = [getattr(self, kind) for kind in GUARD_KINDS]
        return any(bound is not None and not isinstance(bound, float) for bound in bounds)


class ObjectiveSection(Section):
    """What is improved. Other kinds than `primary` are not built yet."""

    kind: Literal["primary"] = "primary"


class MeasurementSection(Section):
    """How samples are taken."""

    warmup: int = Field(0, ge=0, le=100)
    aggregate: Literal["mean"] = "mean"
    deterministic: bool | Literal["auto"] = "auto"


class BatchOptions(Section):
    """K interleaved pairs."""

    k: int = Field(3, ge=2, le=100)


class BatchMethod(Section):
    """`{batch: {k: 3}}`."""

    batch: BatchOptions


def _method(value: Any) -> Any:
    return {"batch": {}} if value == "batch" else value


class DecisionSection(Section):
    """The rule that keeps or discards; without a method: single when deterministic, else batch."""

    method: Annotated[Literal["single", "auto"] | BatchMethod, BeforeValidator(_method)] = "auto"
    on_equal: Literal["discard", "keep"] = "discard"


class PluginSection(BaseModel):
    """A part that a plugin fills: its `kind`, and keys that the plugin itself validates."""

    model_config = ConfigDict(frozen=True, extra="allow")
    kind: str = Field(min_length=1)

    @property
    def options(self) -> dict[str, Any]:
        """Give the plugin's own keys."""
        return dict(self.model_extra or {})


class BudgetSection(Section):
    """When to stop; a key left out is no limit."""

    experiments: Count | None = None
    wall_clock_s: Seconds | None = Field(None, alias="wall_clock")
    consecutive_crashes: Annotated[int, Field(ge=1)] | None = 3
    consecutive_discards: Annotated[int, Field(ge=1)] | None = None


class SandboxSide(Section):
    """The sandbox of one side. Until sandboxes are built, `auto` falls to none and says so."""

    level: Literal["auto", "none"] = "auto"


class SandboxSection(Section):
    """Sandboxes of proposer and harness."""

    proposer: SandboxSide = SandboxSide()
    harness: SandboxSide = SandboxSide()


class ExecutorSection(PluginSection):
    """Where measurements run."""

    kind: str = "local"
