"""How the records of several proposers look in `autoexp status`."""

from collections.abc import Sequence
from typing import Any

from autoexp.faces.cli.printing import gain


def proposer_lines(proposers: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give a line for each proposer; none where there is only one, for then the other lines say all."""
    proposers = [one for one in proposers if one["name"] or one["decided"] or one["tokens"] or one["cost_usd"]]
    if len(proposers) < 2:
        return []
    labels = ["proposers", *[""] * len(proposers)]
    return [(label, _line(one)) for label, one in zip(labels, proposers, strict=False)]


def _line(one: dict[str, Any]) -> str:
    kept, standing = one["kept"], one["standing"]
    waiting = f" ({kept - standing} provisional)" if kept > standing else ""
    parts = [
        f"{one['name'] or 'without a name'}: {one['experiments']} experiment{'' if one['experiments'] == 1 else 's'}, {kept} kept{waiting}, {gain(one['gain'])} in-loop",
        _cost(one),
        f"{one['tokens']:,} tokens" if one["tokens"] is not None else "",
        f"{one['errors']} errors" if one["errors"] else "",
        "could not serve lately" if one["away_in_row"] else "",
        "nothing left" if one["nothing_left"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _cost(one: dict[str, Any]) -> str:
    known, unknown = one["cost_usd"], one["unknown_costs"]
    if known is None:
        return "cost unknown"
    return f"${known:.2f}" + (f" and {unknown} of unknown cost" if unknown else "")
