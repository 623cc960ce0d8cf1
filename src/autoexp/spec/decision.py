"""How samples are taken and how they are ruled on: the sections `measurement` and `decision`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from autoexp.spec.quantities import Fraction
from autoexp.spec.section import Section

Preset = Literal["standard", "patient", "thorough", "eager", "thrifty", "one-shot"]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**31)]
Runs = Annotated[int, Field(strict=True, ge=1)]
HOLDOUT_SHARE = 0.5


class MeasurementSection(Section):
    """How samples are taken.

    `max_samples` is the most that one experiment takes, both sides together, and `min_samples` the least of the candidate's
    before a keep; they override the preset. `cores` is how many processors a measurement is pinned to; null: no pinning.
    """

    warmup: int = Field(0, ge=0, le=100)
    seeds: tuple[Seed, ...] | None = None
    aggregate: Literal["mean"] = "mean"
    deterministic: bool | Literal["auto"] = "auto"
    min_samples: Runs | None = None
    max_samples: Annotated[int, Field(strict=True, ge=2)] | None = None
    cores: Annotated[int, Field(strict=True, ge=1)] | None = None

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if seeds == ():
            raise ValueError("at least one seed is expected, or null")
        twice = next((seed for i, seed in enumerate(seeds or ()) if seed in (seeds or ())[:i]), None)
        if twice is not None:
            raise ValueError(f"each seed stands for a block of its own, and {twice} comes twice")
        return seeds

    @model_validator(mode="after")
    def _in_order(self) -> "MeasurementSection":
        if self.min_samples is not None and self.max_samples is not None and self.min_samples > self.max_samples:
            raise ValueError(f"min_samples is {self.min_samples}, more than max_samples, {self.max_samples}")
        return self


class BatchOptions(Section):
    """K interleaved pairs."""

    k: int = Field(3, ge=2, le=100)


class BatchMethod(Section):
    """`{batch: {k: 3}}`."""

    batch: BatchOptions


def _method(value: Any) -> Any:
    return {"batch": {}} if value == "batch" else value


class DecisionSection(Section):
    """The rule that keeps or discards. `preset` and `false_keep_rate` belong to the sequential one.

    `holdout_share` is the part of a claimed gain that the holdout has to show.
    """

    method: Annotated[Literal["sequential", "single"] | BatchMethod, BeforeValidator(_method)] = "sequential"
    preset: Preset = "standard"
    level: Literal["learned", "e-lond"] = "learned"
    false_keep_rate: Annotated[Fraction, Field(gt=0, le=0.5)] = 0.10
    on_equal: Literal["discard", "keep", "simpler"] = "discard"
    min_gain_per_line: Fraction | None = None
    holdout_share: Annotated[Fraction, Field(gt=0, le=1)] = HOLDOUT_SHARE


SEQUENTIAL_ONLY = (
    ("decision", "preset"),
    ("decision", "level"),
    ("decision", "false_keep_rate"),
    ("measurement", "min_samples"),
    ("measurement", "max_samples"),
)
"""Keys that mean nothing to the methods `single` and `batch`."""
