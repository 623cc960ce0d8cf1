"""What the whole page needs to know of a campaign's contract: goal, primary metric, direction, unit."""

from dataclasses import dataclass

from autoexp.campaign.state import CampaignState
from autoexp.spec.criteria import Criterion


@dataclass(frozen=True, slots=True)
class Goal:
    """What is improved, and which way is better."""

    text: str
    metric: str
    lower: bool
    unit: str = ""
    scale: str = "auto"

    @property
    def better(self) -> str:
        """Say the direction."""
        return "lower is better" if self.lower else "higher is better"


def goal_of(state: CampaignState) -> Goal:
    """Read the goal from the current segment's spec; before the first segment there is only a tag."""
    spec = state.segment.spec if state.segment else {}
    headline = (state.segment.headline if state.segment else None) or Criterion("metric", lower_is_better=False)
    return Goal(
        text=spec.get("goal") or state.tag or "A campaign that has not begun",
        metric=headline.name,
        lower=headline.lower_is_better,
        unit=headline.unit,
        scale=headline.scale,
    )
