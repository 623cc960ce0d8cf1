"""What a confirmation is to compare: the untouched baseline, the best so far, and the best without each of its keeps."""

from dataclasses import dataclass

from autoexp.campaign.confirmations import BEST
from autoexp.campaign.events import ConfirmationBegun
from autoexp.campaign.views import derived_seed
from autoexp.decision.ablation import ALPHA, ROUNDS, WORTH
from autoexp.engine.workshop import Workshop
from autoexp.experiment.confirmation import Arm

PAIRS = 10
"""Fresh pairs that the gain takes, if nobody says otherwise."""
ONCE, TWICE = 1, 2
"""Pairs that are enough where the contract says that numbers repeat, and where six runs of the baseline did."""
_NAMES = frozenset({"c", "seed", "event"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for: `ablate` leaves each keep out once, `prune` takes out what nothing supports, `bundle` tries the promising discards together.

    `worth` is the gain below which a keep adds nothing that would matter.
    """

    pairs: int = PAIRS
    ablate: bool = False
    prune: bool = False
    bundle: bool = False
    worth: float = WORTH


def asked(shop: Workshop, wish: Wish) -> ConfirmationBegun:
    """Give the record that a confirmation would begin with now."""
    state = shop.state
    arms = [Arm(kind="baseline", commit=state.base), Arm(kind="best", commit=state.incumbent.commit)]
    without: tuple[Arm, ...] = ()
    c = state.confirmations + 1
    return ConfirmationBegun(
        c=c,
        segment=shop.segment.k,
        arms=(*arms, *without),
        source="harness" if shop.spec.harness.holdout is None else "holdout",
        pairs=wish.pairs,
        seed=derived_seed(state.seed, "confirmation", c),
        alpha=ALPHA,
        n=state.incumbent.n,
        enough=_enough(shop),
        cap=max(ROUNDS, wish.pairs) if without else 0,
        worth=wish.worth,
    )


def same(one: ConfirmationBegun, other: ConfirmationBegun) -> bool:
    """Tell whether two confirmations ask for the same, so that the later one may go on with the earlier one's runs."""
    return one.model_dump(exclude=set(_NAMES)) == other.model_dump(exclude=set(_NAMES))


def name_of(begun: ConfirmationBegun, at: int) -> str:
    """Name an arm for people."""
    arm = begun.arms[at]
    if at <= BEST:
        return "the best so far" if at == BEST else "the untouched baseline"
    more = f" and {', '.join(map(str, arm.together))}" if arm.together else ""
    return f"the best without {arm.n}{more}"


def _enough(shop: Workshop) -> int | None:
    if shop.spec.measurement.deterministic is True:
        return ONCE
    return TWICE if shop.segment.deterministic else None
