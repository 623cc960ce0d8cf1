"""What the whole page needs to know of a campaign's contract: goal, primary metric, direction, unit."""

from dataclasses import dataclass

from autoexp.campaign.rows import primary_of
from autoexp.campaign.state import CampaignState


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
    primary = primary_of(state)
    spec = state.segment.spec if state.segment else {}
    metric = spec.get("metrics", {}).get(primary, {})
    return Goal(
        text=spec.get("goal") or state.tag or "A campaign that has not begun",
        metric=primary or "metric",
        lower=metric.get("direction") == "lower",
        unit=metric.get("unit") or "",
        scale=metric.get("scale") or "auto",
    )
