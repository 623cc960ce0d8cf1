"""How a campaign comes along: what it gained of late, how long nothing came, and what going on is likely to bring.

Everything but the streak looks at the decided experiments of the current segment, because only there numbers compare.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from autoexp.campaign.state import CampaignState, Experiment
from autoexp.campaign.totals import gain_of
from autoexp.experiment.outcome import UNDECIDED, Outcome

WINDOW = 10
PRIOR_KEEPS, PRIOR_DISCARDS = 0.5, 4.5


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an experiment more is likely to bring: a keep, and gain as a fraction of the baseline.

    `gain_per_100_samples` is None while no sample was taken.
    """

    keep_rate: float
    gain_per_experiment: float
    gain_per_100_samples: float | None

    def keeps(self, experiments: int) -> float:
        """Give the keeps to expect of the next experiments."""
        return experiments * self.keep_rate

    def gain(self, experiments: int) -> float:
        """Give the gain to expect of the next experiments."""
        return experiments * self.gain_per_experiment


def gains(state: CampaignState, *, last: int | None = None) -> tuple[float, ...]:
    """Give the gain of each decided experiment, or of the last few, oldest first; 0 for all that were not kept."""
    return tuple(gain_of(experiment) for experiment in islice(_newest_first(state), last))[::-1]


def plateau(state: CampaignState, window: int, min_gain: float) -> bool:
    """Tell whether the last `window` experiments together gained less than `min_gain`, or nothing at all."""
    found = gains(state, last=window)
    return len(found) == window and (sum(found) < min_gain or sum(found) <= 0)


def improvement_rate(state: CampaignState, window: int = WINDOW) -> float | None:
    """Give the gain per experiment over the last `window`, or over all while there are fewer; None before the first."""
    found = gains(state, last=window)
    return sum(found) / len(found) if found else None


def streak(state: CampaignState) -> int:
    """Give the decided experiments in a row without a keep, up to now, over all segments."""
    return state.counts.discards_in_row


def target_reached(state: CampaignState, target: float) -> bool:
    """Tell whether the primary value of the best so far is at the target or better; not before a baseline passed."""
    segment = state.segment
    if segment is None or segment.baseline is None or segment.baseline.outcome is not Outcome.MEASURED:
        return False
    value = state.incumbent.measurement.means().get(segment.primary)
    if value is None:
        return False
    return value <= target if segment.headline and segment.headline.lower_is_better else value >= target


def worth(state: CampaignState) -> Outlook | None:
    """Predict what going on brings, from the experiments up to now; None before the first.

    The keep rate is the mean of a discounted Beta posterior (Raj and Kalyani, "Taming non-stationary bandits: a Bayesian
    approach", 2017): with r = 1 for a keep, else 0, each experiment makes S = d S + r and F = d F + 1 - r, and

        keep_rate = (S + a) / (S + F + a + b)
        gain_per_experiment = keep_rate * mean gain of the keeps, weighted by d^age      (0 while nothing was kept)

    Per 100 samples that is divided by the samples of an experiment, a mean with the same weights. With d = 0.98 about the
    last 50 experiments count. a = 0.5 and b = 4.5 say as much as five experiments of which every tenth is kept. Of 42
    choices of d, a and b, these came closest on simulated campaigns whose keep rates were steady or fell off with time.
    """
    pace = state.knowledge.totals.pace
    if state.segment is None or pace.segment != state.segment.k or not pace.experiments:
        return None
    keep_rate = (pace.kept + PRIOR_KEEPS) / (pace.kept + pace.discarded + PRIOR_KEEPS + PRIOR_DISCARDS)
    expected = keep_rate * pace.gain
    return Outlook(keep_rate, expected, 100 * expected / pace.samples if pace.samples else None)


def _newest_first(state: CampaignState) -> Iterator[Experiment]:
    for experiment in reversed(state.experiments):
        if state.segment is None or experiment.segment != state.segment.k:
            return
        if experiment.outcome not in UNDECIDED and not experiment.tests:
            yield experiment
