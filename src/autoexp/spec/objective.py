"""What is improved: the section `objective`, a form of its own for each kind."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from autoexp.spec.expression import condition, parse
from autoexp.spec.quantities import Fraction
from autoexp.spec.section import Section


def _expression(text: str) -> str:
    return parse(text).text


def _condition(text: str) -> str:
    return condition(text).text


class PrimaryObjective(Section):
    """The metric whose role is primary."""

    kind: Literal["primary"] = "primary"


class WeightedObjective(Section):
    """One number out of several metrics."""

    kind: Literal["weighted"]
    expression: Annotated[str, AfterValidator(_expression)]
    direction: Literal["lower", "higher"] = "higher"
    min_effect: Fraction | None = None
    scale: Literal["log", "linear", "auto"] = "auto"


class GeomeanObjective(Section):
    """The geometric mean of several metrics, so that a percent counts the same in each."""

    kind: Literal["geomean"]
    metrics: tuple[str, ...]
    min_effect: Fraction | None = None


class ParetoObjective(Section):
    """Better on one, not worse on the others."""

    kind: Literal["pareto"]
    metrics: tuple[str, ...]


class LexicographicObjective(Section):
    """The first decides; where it is not worse, the second, and so on."""

    kind: Literal["lexicographic"]
    metrics: tuple[str, ...]


class GatedObjective(Section):
    """`metric` until a condition holds; from then on `then`, and the condition is a must."""

    kind: Literal["gated"]
    metric: str
    until: Annotated[str, AfterValidator(_condition)]
    then: str


ObjectiveSection = Annotated[
    PrimaryObjective | WeightedObjective | GeomeanObjective | ParetoObjective | LexicographicObjective | GatedObjective,
    Field(discriminator="kind"),
]
