"""What a confirmation is to compare: the untouched baseline, the best so far, and the best without each of its keeps."""

from dataclasses import dataclass

from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded
from autoexp.campaign.confirmations import BEST
from autoexp.campaign.confirming import is_stale
from autoexp.campaign.members import kept_line
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.campaign.views import derived_seed
from autoexp.decision.ablation import ALPHA, ROUNDS, WORTH
from autoexp.engine.leaving import leave_out
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError
from autoexp.experiment.confirmation import Ablation, Arm
from autoexp.experiment.outcome import UNDECIDED

PAIRS = 10
"""Fresh pairs that the gain takes, if nobody says otherwise."""
LEAST = 2
"""Pairs that tell something of the noise, if little."""
ONCE, TWICE = 1, 2
"""Pairs that are enough where the contract says that numbers repeat, and where six runs of the baseline did."""
_OWN = frozenset({"c", "seed"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for: `ablate` leaves each keep out once, `prune` takes out what nothing supports, `bundle` tries the promising discards together.

    `worth` is the gain below which a keep adds nothing that would matter; a keep that is not clear after so many `rounds` stays so. None:
    twice as many as pairs, and more where what is unclear cannot be taken out.
    """

    pairs: int = PAIRS
    ablate: bool = False
    prune: bool = False
    bundle: bool = False
    worth: float = WORTH
    rounds: int | None = None

    @property
    def cap(self) -> int:
        """Give the rounds after which what is not clear stays so."""
        return max(self.rounds or (ROUNDS if self.prune else 2 * self.pairs), self.pairs)


def asked(shop: Workshop, wish: Wish) -> ConfirmationBegun:
    """Give the record that a confirmation would begin with now. Raises CampaignError for too few pairs to tell anything of noise."""
    state, enough = shop.state, _enough(shop)
    if enough is None and wish.pairs < LEAST:
        raise CampaignError(
            f"one pair says nothing of how sure its gain is, where numbers vary: at least {LEAST} are needed",
            fix="leave --pairs out, or ask for more",
        )
    arms = [Arm(kind="baseline", commit=state.base), Arm(kind="best", commit=state.incumbent.commit)]
    without, entangled = _without(shop) if wish.ablate or wish.prune else ((), ())
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
        enough=enough,
        cap=wish.cap if without else 0,
        worth=wish.worth,
        entangled=entangled,
    )


def same(one: ConfirmationBegun, other: ConfirmationBegun) -> bool:
    """Tell whether two confirmations ask for the same, so that the later one may go on with the earlier one's runs."""
    return one.model_dump(exclude=set(_OWN)) == other.model_dump(exclude=set(_OWN))


def on_record(
    state: CampaignState, wanted: ConfirmationBegun, *, of: Experiment | None = None
) -> ConfirmationEnded | None:
    """Give the answers of a confirmation of the present best so far that asked for the same, unless a prune was tried by them already.

    One that would have stopped at another number of rounds serves as well where nothing was left unclear. The one that they are asked for, `of`, does not count: a killed session had begun it.
    """
    last = state.confirmation
    if last is None or last.ended is None or last.ended.gain is None:
        return None
    clear = bool(last.ended.ablations) and all(one.support != "unclear" for one in last.ended.ablations)
    if not same(last.begun.model_copy(update={"cap": wanted.cap}) if clear else last.begun, wanted):
        return None
    tried = any(
        one.directive.takes_out
        and one.parent == wanted.arms[BEST].commit
        and one.outcome not in UNDECIDED
        and (of is None or one.n != of.n)
        for one in reversed(state.experiments)
    )
    return None if tried or is_stale(state) else last.ended


def is_pruned(state: CampaignState) -> bool:
    """Tell whether the best so far is what a prune has left, and was not confirmed yet."""
    made_it = state.experiments.numbered(state.incumbent.n)
    return made_it is not None and made_it.directive.takes_out and is_stale(state)


def name_of(begun: ConfirmationBegun, at: int) -> str:
    """Name an arm for people."""
    arm = begun.arms[at]
    if at <= BEST:
        return "the best so far" if at == BEST else "the untouched baseline"
    more = f" and {', '.join(map(str, arm.together))}" if arm.together else ""
    return f"the best without {arm.n}{more}"


def _enough(shop: Workshop) -> int | None:
    """Tell how many pairs may do. What is declared to repeat are samples; a holdout may draw its inputs by the seed."""
    if shop.spec.measurement.deterministic is True and shop.spec.harness.holdout is None:
        return ONCE
    return TWICE if shop.segment.deterministic else None


def _without(shop: Workshop) -> tuple[tuple[Arm, ...], tuple[Ablation, ...]]:
    """Make the best so far without each keep that is in it; those for which there is no such tree are entangled."""
    line, best = kept_line(shop.state), shop.state.incumbent.commit
    arms: list[Arm] = []
    entangled: list[Ablation] = []
    for n in (keep.n for keep in line if keep.stands):
        left = leave_out(shop.repository, best, line, n)
        more = {"n": n, "together": left.together, "hunks": left.hunks}
        if left.commit is None:
            entangled.append(Ablation(**more, support="entangled", detail=left.detail))
        else:
            arms.append(Arm(**more, kind="without", commit=left.commit))
    return tuple(arms), tuple(entangled)
