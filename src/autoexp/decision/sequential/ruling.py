"""The sequential rule on the values of one metric: from samples to a decision with its sentence."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autoexp.decision.asking import MeasureMore
from autoexp.decision.effect import Effect, Metric, compare
from autoexp.decision.scale import Scale
from autoexp.decision.sequential.ledger import Ledger
from autoexp.decision.sequential.look import Look
from autoexp.decision.sequential.machine import Machine, Noise, machine
from autoexp.decision.sequential.paired import answer_paired
from autoexp.decision.sequential.rule import Answer, Question, answer
from autoexp.decision.sequential.settings import Settings
from autoexp.decision.sequential.sparing import ODDS, spared
from autoexp.decision.words import against, runs, share
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision, Lesson

LEAST_EFFECT = 0.001
"""Effects are looked for from here on, also where every improvement counts."""
LEAST_NOISE = 0.1
"""The smallest standard deviation of a run that is believed, as a part of the smallest effect."""
LEAST_SHARE = 0.05
"""The smallest effect that is looked for in noise, as a part of its standard deviation: with smaller ones the evidence would
not reach up to effects that are clear in such noise."""

Row = Mapping[str, float]
Equal = Literal["nothing", "same", "simpler"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rule goes by in this campaign.

    `equal` tells what is kept although it is not better: nothing, what is not worse, or what is not worse and has fewer lines.
    """

    settings: Settings
    rate: float
    horizon: int | None
    shares: int = 1
    paired: bool = False
    equal: Equal = "nothing"
    provisional: bool = False


def rule(
    candidate: Sequence[Row],
    incumbent: Sequence[Row],
    metric: Metric,
    *,
    known: "Known",
    ledger: Ledger,
    terms: Terms,
) -> Decision | MeasureMore:
    """Look at the samples so far and rule, or ask for one more on a side."""
    ours, theirs = [row[metric.name] for row in candidate], [row[metric.name] for row in incumbent]
    if not known.scale.holds([*ours, *theirs]):
        reason = f"inconclusive: {metric.name} is 0 or less in a run, which a ratio scale does not hold; declare `scale: linear`"
        return Decision(verdict=Verdict.INCONCLUSIVE, method="sequential", reasons=(reason,))
    question = Question(
        smallest=known.smallest,
        wanted=math.log1p(metric.min_effect) if known.scale.log else metric.min_effect,
        rate=terms.rate,
        shares=terms.shares,
        horizon=terms.horizon,
    )
    scale = known.scale
    sides = [scale.gain(value) for value in ours], [scale.gain(value) for value in theirs]
    ask = answer_paired if terms.paired else answer
    found = ask(*sides, known.machine, ledger, question=question, settings=terms.settings)
    if found.side is not None:
        return MeasureMore(found.side)
    seen = found.look
    if seen is None:
        msg = "an answer without a look rules nothing"
        raise ValueError(msg)
    spare: Side | float | None = None
    if not found.keep and terms.equal != "nothing" and not terms.paired:
        spare = spared(found, len(ours), len(theirs), question=question, settings=terms.settings)
    if isinstance(spare, Side):
        return MeasureMore(spare)
    level = math.fsum(sides[1]) / len(sides[1]) if terms.paired else seen.theirs
    effect = compare(scale.value(level + seen.mu), scale.value(level), metric)
    return _decision(found, seen, effect, metric, terms, spare=spare, count=len(ours) + len(theirs))


@dataclass(frozen=True, slots=True)
class Known:
    """A metric's scale, what is known of the machine's noise on it, and the smallest effect that is looked for."""

    scale: Scale
    machine: Machine
    smallest: float


def known_of(scale: Scale, noise: Noise, *, min_effect: float) -> Known:
    """Work out what is known. `min_effect` is the smallest effect that matters, as a fraction."""
    smallest = max(min_effect, LEAST_EFFECT)
    found = machine(noise, least=LEAST_NOISE * smallest)
    return Known(scale, found, max(smallest, LEAST_SHARE * math.sqrt(found.variance)))


def _decision(
    found: Answer, seen: Look, effect: Effect, metric: Metric, terms: Terms, *, spare: float | None, count: int
) -> Decision:
    keep = found.keep or spare is not None
    open_yet = not keep and seen.mu >= max(metric.min_effect, LEAST_EFFECT) and found.log_e > 0
    verdict = Verdict.KEEP if keep else Verdict.INCONCLUSIVE if open_yet else Verdict.DISCARD
    evidence = {
        "log_e": found.log_e,
        "log_bar": found.log_bar,
        "lead": seen.mu,
        "error": seen.sd,
        "noise": math.sqrt(seen.one),
    }
    if effect.relative is not None:
        evidence["relative"] = effect.relative
    flags = {"provisional": keep and terms.provisional, "simpler": spare is not None and terms.equal == "simpler"}
    return Decision(
        verdict=verdict,
        effect=effect.of_baseline,
        evidence=evidence,
        level=math.exp(-found.log_bar),
        method="sequential",
        flags=tuple(flag for flag, set_ in flags.items() if set_),
        reasons=(f"{_word(verdict, terms, spare)}: {_told(found, effect, metric, spare, count)}",),
        metric=metric.name,
        lessons={metric.name: Lesson(sizes=found.sizes)},
    )


def _word(verdict: Verdict, terms: Terms, spare: float | None) -> str:
    if spare is not None:
        return "kept, fewer lines and not worse" if terms.equal == "simpler" else "kept, not worse"
    return {Verdict.KEEP: "kept", Verdict.INCONCLUSIVE: "inconclusive"}.get(verdict, "discarded")


def _told(found: Answer, effect: Effect, metric: Metric, spare: float | None, count: int) -> str:
    """Tell effect, runs and evidence in one sentence."""
    log_e, log_bar = (found.log_e, found.log_bar) if spare is None else (spare, math.log(ODDS))
    end = _ENDS.get(found.why, "") if spare is None else ""
    return f"{share(effect, metric)}, {runs(count)}, evidence {against(log_e, log_bar)}{end}"


_ENDS = {
    "cap": "; no more runs are allowed for one experiment",
    "price": "; more runs are not worth their price",
    "hopeless": "; the runs left cannot reach it",
}
