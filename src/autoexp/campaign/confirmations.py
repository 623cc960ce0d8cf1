"""A confirmation as its runs add up: which of them pair, which trees the next round takes, and what all of it says."""

from dataclasses import dataclass

from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun
from autoexp.campaign.replacing import replace
from autoexp.decision.ablation import open_arms, rule
from autoexp.decision.confirmation import confirmed
from autoexp.experiment.confirmation import Ablation, Arm, Interval, Support
from autoexp.experiment.measurement import Sample, summarise
from autoexp.experiment.outcome import UNDECIDED, Outcome
from autoexp.spec.criteria import Criterion

BASELINE, BEST = 0, 1
"""The places of the two trees that every confirmation has; those without a keep come behind them."""
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is on record of a confirmation. `when` is the time of its last record; `broken` are rounds that a session left in the middle.

    Runs of a broken round do not pair, for the machine may run at another speed since: the round is made anew under the next number.
    """

    begun: ConfirmationBegun
    criterion: Criterion
    when: float
    runs: tuple[ConfirmationRun, ...] = ()
    broken: tuple[int, ...] = ()
    ended: ConfirmationEnded | None = None

    @property
    def best(self) -> Arm:
        """Give the arm of the best so far."""
        return self.begun.arms[BEST]

    @property
    def failed(self) -> ConfirmationRun | None:
        """Give the run of the baseline or the best so far that did not pass; nothing can be said then."""
        return next((run for run in self.runs if run.arm <= BEST and run.sample.outcome is not Outcome.MEASURED), None)

    @property
    def repeats(self) -> bool:
        """Tell whether no tree has given two values, where that is enough to know the gain from few rounds."""
        columns = ({row[arm] for row in self.rounds().values() if arm in row} for arm in range(len(self.begun.arms)))
        return self.begun.enough is not None and all(len(column) <= 1 for column in columns)

    @property
    def wanted(self) -> int:
        """Give how many pairs the gain takes, by what is known now."""
        few = self.begun.enough
        return min(few, self.begun.pairs) if few is not None and self.repeats else self.begun.pairs

    def rounds(self, *, before: int | None = None) -> dict[int, dict[int, float]]:
        """Give the values by round and arm, those of broken rounds aside; only of rounds `before` one, if that is given."""
        found: dict[int, dict[int, float]] = {}
        for run in self.runs:
            if run.round in self.broken or (before is not None and run.round >= before):
                continue
            if run.sample.outcome is Outcome.MEASURED:
                found.setdefault(run.round, {})[run.arm] = value_of(run.sample, self.criterion)
        return found


def value_of(sample: Sample, criterion: Criterion) -> float:
    """Give the value of a measured run: that of the number shown as `metric`, or the only one, which a holdout may call as it likes."""
    return sample.values[criterion.name] if criterion.name in sample.values else next(iter(sample.values.values()))


def pairs(found: Confirmation) -> list[tuple[float, float]]:
    """Give the values of the best so far and of the baseline, round by round."""
    return [(row[BEST], row[BASELINE]) for row in found.rounds().values() if BEST in row and BASELINE in row]


def next_round(found: Confirmation) -> tuple[int, tuple[int, ...]] | None:
    """Give the number of the round that is due and the arms that it lacks; None when everything asked for is known."""
    if found.failed is not None:
        return None
    last = max((run.round for run in found.runs), default=0)
    for number in (last, last + 1):
        if number in found.broken:
            continue
        taken = {run.arm for run in found.runs if run.round == number}
        missing = tuple(arm for arm in _due(found, number) if arm not in taken)
        if missing:
            return number, missing
    return None


def _due(found: Confirmation, number: int) -> tuple[int, ...]:
    """Give the arms that a round takes, by what the rounds before it say."""
    before = replace(found, runs=tuple(run for run in found.runs if run.round < number))
    wants_pair = len(pairs(before)) < before.wanted
    arms = _open(before)
    return (*((BASELINE,) if wants_pair else ()), *((BEST,) if wants_pair or arms else ()), *arms)


def _open(found: Confirmation) -> tuple[int, ...]:
    """Give the arms without a keep that need another round."""
    keeps = {arm.n: at for at, arm in enumerate(found.begun.arms) if arm.n is not None and arm.kind == "without"}
    gone = _gone(found)
    known = {n: values for n, values in _without(found).items() if n not in gone}
    rounds = len(found.rounds())
    if not known or rounds >= found.begun.cap:
        return ()
    if rounds == 0:
        return tuple(keeps[n] for n in known)
    if _repeating(found):
        return () if rounds >= found.wanted else tuple(keeps[n] for n in known)
    begun, baseline = found.begun, _mean_baseline(found)
    still = open_arms(known, found.criterion, baseline=baseline, alpha=begun.alpha, worth=begun.worth)
    return tuple(keeps[n] for n in still)


def _repeating(found: Confirmation) -> bool:
    return found.begun.enough is not None and found.repeats


def _without(found: Confirmation) -> dict[int, list[tuple[float, float]]]:
    """Give, for each keep, the values of the best so far and of it without the keep, round by round."""
    rounds = found.rounds().values()
    return {
        arm.n: [(row[BEST], row[at]) for row in rounds if BEST in row and at in row]
        for at, arm in enumerate(found.begun.arms)
        if arm.kind == "without" and arm.n is not None
    }


def _gone(found: Confirmation) -> dict[int, Sample]:
    """Give the runs that did not pass of the best so far without a keep, by the keep."""
    arms = found.begun.arms
    failed = (run for run in found.runs if run.arm > BEST and run.sample.outcome is not Outcome.MEASURED)
    return {arms[run.arm].n or 0: run.sample for run in failed}


def _mean_baseline(found: Confirmation) -> float:
    return summarise(baseline for _, baseline in pairs(found)).mean


def gain_of(found: Confirmation) -> Interval | None:
    """Give the gain on the pairs that are on record; None without a pair, or where a run did not pass."""
    known = pairs(found)
    if not known or found.failed is not None:
        return None
    best, baseline = zip(*known, strict=True)
    return confirmed(best, baseline, found.criterion, level=found.begun.level)


def ablations_of(found: Confirmation) -> tuple[Ablation, ...]:
    """Give what each keep adds by the runs on record, those that cannot be left out too, by number."""
    if found.failed is not None or not pairs(found):
        return ()
    gone, known = _gone(found), _without(found)
    begun = found.begun
    measured = {n: values for n, values in known.items() if n not in gone and values}
    ruled = rule(
        measured,
        found.criterion,
        baseline=_mean_baseline(found),
        alpha=begun.alpha,
        worth=begun.worth,
        deterministic=_repeating(found),
        last=True,
    )
    arms = {arm.n: arm for arm in begun.arms if arm.kind == "without"}
    told = [one.model_copy(update={"together": arms[n].together, "hunks": arms[n].hunks}) for n, one in ruled.items()]
    needed = [_needed(n, arms[n], sample, ran=len(known[n])) for n, sample in gone.items()]
    return tuple(sorted((*told, *needed, *begun.entangled), key=lambda one: one.n))


def _needed(n: int, arm: Arm, sample: Sample, *, ran: int) -> Ablation:
    """Say of a keep without which the tree does not pass that it is needed; where it `ran` before, or the machine failed, that is not clear."""
    last = next((line.strip() for line in reversed(sample.detail.splitlines()) if line.strip()), "")
    why = f"{sample.outcome.value}: {last[:LONGEST_REASON]}" if last else sample.outcome.value
    shown = ran == 0 and sample.outcome not in UNDECIDED
    often = f", after {ran} that did" if ran else ""
    detail = f"does not run without it: {why}" if shown else f"a run without it did not pass{often}: {why}"
    support: Support = "supported" if shown else "unclear"
    return Ablation(n=n, support=support, together=arm.together, hunks=arm.hunks, detail=detail)


def to_take_out(ablations: tuple[Ablation, ...]) -> tuple[int, ...]:
    """Give the keeps that nothing supports. One with which others go is taken out only where nothing supports these, either."""
    found = {one.n for one in ablations if one.support == "unsupported"}
    return tuple(sorted(one.n for one in ablations if one.n in found and found.issuperset(one.together)))
