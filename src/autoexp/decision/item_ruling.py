"""Items on both sides: the candidate is judged score by score, and noise that both sides share does not count."""

import math
from collections.abc import Mapping
from dataclasses import replace

from autoexp.decision.asking import MeasureMore
from autoexp.decision.beyond import log_beyond
from autoexp.decision.case import Evidence, smallest_effect
from autoexp.decision.effect import Effect, Metric, compare
from autoexp.decision.items import ItemComparison, ItemsDiffer, compare_items, mean_items
from autoexp.decision.sequential.rule import Question, log_bar
from autoexp.decision.sequential.ruling import Terms, known_of
from autoexp.decision.words import against, runs, share
from autoexp.experiment.measurement import Side, summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision

LEAST_REPEATS, REPEATS = 2, 5
"""Least runs of a side for a keep, and most whose scores are averaged, where scores of the same tree differ."""


def has_items(evidence: Evidence) -> bool:
    """Tell whether scores decide: one metric is to get better, run by run, and either side has printed items."""
    spec = evidence.spec
    if spec.objective.kind != "primary" or spec.decision.method != "sequential":
        return False
    return any(evidence.candidate_items) or any(evidence.incumbent_items) or bool(evidence.stored_items)


def by_items(evidence: Evidence, metric: Metric, terms: Terms) -> Decision | MeasureMore:
    """Compare the items of both sides; where scores are noisy, repeat while the outcome is open."""
    theirs = dict(evidence.stored_items) if evidence.deterministic else mean_items(evidence.incumbent_items)
    if not theirs and not evidence.incumbent:
        return MeasureMore(Side.INCUMBENT)
    if missing := _missing(evidence, theirs):
        return _unusable(missing, metric)
    wanted = metric.min_effect * summarise(map(abs, theirs.values())).mean
    found = compare_items(
        mean_items(evidence.candidate_items), theirs, lower_is_better=metric.lower_is_better, smallest=wanted
    )
    if isinstance(found, ItemsDiffer):
        return _unusable(found.reason, metric)
    if not evidence.deterministic:
        found = replace(found, log_e=min(found.log_e, _beside_noise(evidence, found, metric, theirs, smallest=wanted)))
    question = Question(
        smallest=smallest_effect(evidence.spec.criteria[0], evidence),
        wanted=metric.min_effect,
        rate=terms.rate,
        shares=terms.shares,
        horizon=terms.horizon,
    )
    bar = log_bar(evidence.beliefs.ledger, question, terms.settings)
    least = min(LEAST_REPEATS, max(terms.settings.cap // 2, 1))
    enough = evidence.deterministic or min(len(evidence.candidate), len(evidence.incumbent)) >= least
    better = found.log_e >= bar and found.mean_difference >= wanted and found.mean_difference > 0
    if more := _more(evidence, found, keep=better and enough, cap=terms.settings.cap):
        return MeasureMore(more)
    if better and _effect(evidence, metric).absolute < 0:
        return _unusable(f"the items got better and {metric.name} got worse", metric)
    decision = _decision(evidence, found, metric, bar=bar, keep=better and enough)
    provisional = decision.verdict is Verdict.KEEP and terms.provisional and not evidence.deterministic
    return decision.model_copy(update={"flags": ("provisional",)}) if provisional else decision


def _missing(evidence: Evidence, theirs: Mapping[str, float]) -> str:
    """Say which side printed no items in a run; empty when all runs have some."""
    if len(evidence.candidate_items) < len(evidence.candidate):
        return "the candidate printed no items in a run, as the best so far does"
    if not theirs or (evidence.incumbent and len(evidence.incumbent_items) < len(evidence.incumbent)):
        return "the best so far printed no items"
    return ""


def _beside_noise(
    evidence: Evidence, found: ItemComparison, metric: Metric, theirs: Mapping[str, float], *, smallest: float
) -> float:
    """Give the logarithm of the evidence when all scores of a run may also move together, by the noise of the metric."""
    gauge = evidence.beliefs.gauges[metric.name]
    known = known_of(gauge.scale, gauge.noise, min_effect=metric.min_effect).machine
    level = summarise(map(abs, theirs.values())).mean
    of_runs = level**2 * known.variance * (1 / len(evidence.candidate) + 1 / max(len(evidence.incumbent), 1))
    of_items = found.sd**2 / max(found.items, 1)
    error = math.sqrt(of_items + of_runs)
    if error == 0:
        return found.log_e
    # Satterthwaite's degrees of freedom of a sum of two variances that were learned apart.
    df = error**4 / (of_items**2 / max(found.items - 1, 1) + of_runs**2 / known.df)
    return log_beyond(found.mean_difference, error, df=df, smallest=max(smallest, error))


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
