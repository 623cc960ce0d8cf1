"""Effects beside the values of a table: whether a reader who compares a value with the baseline's would read the contrary."""

from collections.abc import Mapping
from typing import Any

from autoexp.campaign.state import CampaignState

FOOTNOTE = (
    "An effect compares with fresh runs of the best so far, taken in turns with the candidate's; values of different rows were taken at "
    "different times, and the machine drifts."
)


def is_contrary(value: float | None, baseline: float | None, effect: float | None, *, lower_is_better: bool) -> bool:
    """Tell whether an effect has another sign than the plain difference to the baseline."""
    if value is None or baseline is None or effect is None:
        return False
    better = (baseline - value) if lower_is_better else (value - baseline)
    return better * effect < 0


def any_contrary(state: CampaignState, rows: list[dict[str, Any]]) -> bool:
    """Tell whether the effect of any of the rows says the contrary of its segment's baseline."""
    lower: Mapping[int, bool] = {one.k: one.headline.lower_is_better for one in state.segments if one.headline}
    first = {one.k: one.baseline.measurement.means().get(one.primary) for one in state.segments if one.baseline}
    return any(
        row["n"] != 0
        and row["segment"] in lower
        and is_contrary(row["metric"], first.get(row["segment"]), row["effect"], lower_is_better=lower[row["segment"]])
        for row in rows
    )
