"""Items on both sides: the candidate is judged score by score, and noise that both sides share does not count."""

import math

from autoexp.decision.asking import MeasureMore
from autoexp.decision.case import Evidence, smallest_effect
from autoexp.decision.effect import Effect, Metric, compare
from autoexp.decision.items import ItemComparison, ItemsDiffer, compare_items, mean_items
from autoexp.decision.sequential.rule import Question, log_bar
from autoexp.decision.sequential.ruling import Terms
from autoexp.decision.words import against, runs, share
from autoexp.experiment.measurement import Side, summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision

REPEATS = 5
"""Most runs of a side whose scores are averaged, where scores of the same tree differ."""


def by_items(evidence: Evidence, metric: Metric, terms: Terms) -> Decision | MeasureMore:
    """Compare the items of both sides; where scores are noisy, repeat while the outcome is open."""
    theirs = mean_items(evidence.incumbent_items)
    if not theirs and evidence.deterministic:
        theirs = dict(evidence.stored_items)
    if not theirs:
        if evidence.incumbent:
            return _unusable("the best so far printed no items", metric)
        return MeasureMore(Side.INCUMBENT)
    wanted = metric.min_effect * summarise(map(abs, theirs.values())).mean
    found = compare_items(
        mean_items(evidence.candidate_items),
        theirs,
        lower_is_better=metric.lower_is_better,
        smallest=wanted,
    )
    if isinstance(found, ItemsDiffer):
        return _unusable(found.reason, metric)
    smallest = smallest_effect(evidence.spec.criteria[0], evidence)
    question = Question(
        smallest=smallest, wanted=metric.min_effect, rate=terms.rate, shares=terms.shares, horizon=terms.horizon
    )
    bar = log_bar(evidence.beliefs.ledger, question, terms.settings)
    keep = found.log_e >= bar and found.mean_difference >= wanted and found.mean_difference > 0
    if more := _more(evidence, found, keep=keep, cap=terms.settings.cap):
        return MeasureMore(more)
    decision = _decision(evidence, found, metric, bar=bar, keep=keep)
    provisional = keep and terms.provisional and not evidence.deterministic
    return decision.model_copy(update={"flags": ("provisional",)}) if provisional else decision


def _more(evidence: Evidence, found: ItemComparison, *, keep: bool, cap: int) -> Side | None:
    """Say which side is to run again: to see whether a keep repeats, or to average scores that vary."""
    ours, theirs = len(evidence.candidate), len(evidence.incumbent)
    if evidence.deterministic:
        return Side.CANDIDATE if keep and evidence.is_inferred and ours < 2 else None  # noqa: PLR2004
    if keep or found.log_e <= 0 or max(ours, theirs) >= REPEATS or ours + theirs >= cap:
        return None
    return Side.CANDIDATE if ours <= theirs else Side.INCUMBENT


def _decision(evidence: Evidence, found: ItemComparison, metric: Metric, *, bar: float, keep: bool) -> Decision:
    effect = _effect(evidence, metric)
    open_yet = not keep and found.log_e > 0 and found.mean_difference > 0
    verdict = Verdict.KEEP if keep else Verdict.INCONCLUSIVE if open_yet else Verdict.DISCARD
    word = {Verdict.KEEP: "kept", Verdict.INCONCLUSIVE: "inconclusive"}.get(verdict, "discarded")
    reason = (
        f"{word}: {share(effect, metric)}, {found.wins} items better and {found.losses} worse of {found.items}, "
        f"{runs(len(evidence.candidate) + len(evidence.incumbent))}, evidence {against(found.log_e, bar)}"
    )
    numbers = {"log_e": found.log_e, "log_bar": bar, "wins": found.wins, "losses": found.losses, "items": found.items}
    return Decision(
        verdict=verdict,
        effect=effect.of_baseline,
        evidence={**numbers, "lead": found.mean_difference},
        level=math.exp(-bar),
        method="items",
        reasons=(reason,),
        metric=metric.name,
    )


def _effect(evidence: Evidence, metric: Metric) -> Effect:
    ours = summarise(row[metric.name] for row in evidence.candidate)
    theirs = summarise(row[metric.name] for row in evidence.incumbent).mean if evidence.incumbent else None
    return compare(ours.mean, evidence.stored[metric.name] if theirs is None else theirs, metric)


def _unusable(why: str, metric: Metric) -> Decision:
    return Decision(verdict=Verdict.INCONCLUSIVE, method="items", reasons=(f"inconclusive: {why}",), metric=metric.name)
