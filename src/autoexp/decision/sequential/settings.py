"""What an answer may cost: the presets, as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """How the rule weighs cost against certainty.

    `cap` is the number of runs that one experiment may take, both sides together; a keep needs at least `least` runs of the
    candidate. `price` is what one more run must be expected to gain, as a part of the smallest effect that matters (in much
    noise, of more); with None a candidate goes on as long as an optimistic rest could still reach the bar. `level` is how the bar is set: `learned`
    from what the campaign has met, `e-lond` from its error budget alone, or a number, the same for every experiment. A `wary`
    rule takes it into account that the only run of a candidate may be an odd one, so fewer good changes end after one run.
    """

    cap: int = 40
    least: int = 2
    price: float | None = 0.0007
    level: Literal["learned", "e-lond"] | float = "learned"
    wary: bool = False


PRESETS: Mapping[str, Settings] = MappingProxyType(
    {
        "standard": Settings(),
        "patient": Settings(cap=100, price=0.0006, wary=True),
        "thorough": Settings(cap=400, price=0.00009, wary=True),
        "eager": Settings(cap=24, price=None, level=0.02),
        "thrifty": Settings(cap=4, price=None, level=0.05),
        "one-shot": Settings(cap=2, least=1, price=None, level=0.10),
    }
)

SURVIVE_FROM = 4
"""A keep must survive its luckiest run, from this cap on; with fewer runs no keep would be left."""
