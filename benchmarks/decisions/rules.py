"""All rules that are compared, by name and by group."""

from collections.abc import Iterable, Mapping

import field
import ours
from world import Rule

RULES: Mapping[str, Rule] = {**ours.PRESETS, **ours.DECLARED, **ours.VARIANTS, **field.RULES}
EXACT_ONLY = frozenset(ours.DECLARED)
"""Rules that mean something on an exact machine only."""
GROUPS = {
    "presets": (*ours.PRESETS, *ours.DECLARED),
    "variants": tuple(ours.VARIANTS),
    "field": tuple(field.RULES),
    "all": tuple(RULES),
}


def named(names: Iterable[str]) -> list[str]:
    """Give rules by name, with those of a group in its place. Raises KeyError for a name that there is not."""
    found = [name for one in names for name in GROUPS.get(one, (one,))]
    return [name for name in dict.fromkeys(found) if RULES[name]]


def fits(rule: str, noise: str) -> bool:
    """Tell whether a rule has a row in the table of a noise."""
    return noise == "exact" or rule not in EXACT_ONLY
