"""One route of an objective judged by the method in force: one run, K pairs, item by item, or run by run."""

import math
from collections.abc import Sequence
from dataclasses import replace

from autoexp.decision import batch, single
from autoexp.decision.asking import MeasureMore
from autoexp.decision.beliefs import Gauge
from autoexp.decision.case import Evidence, metric_of, smallest_effect
from autoexp.decision.effect import compare
from autoexp.decision.item_ruling import by_items, has_items
from autoexp.decision.objective import Criterion, Route, routes
from autoexp.decision.sequential import ruling
from autoexp.decision.sequential.look import look, sizes_of
from autoexp.decision.sequential.paired import differences, of_pairs
from autoexp.decision.sequential.settings import PRESETS, Settings
from autoexp.decision.words import share
from autoexp.experiment.measurement import summarise
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision
from autoexp.spec.model import Spec


def by_method(route: Route, evidence: Evidence) -> Decision | MeasureMore:
    """Judge one route. A gain counts only where nothing that is to be held got worse."""
    answer = _by_method(route, evidence)
    return answer if isinstance(answer, MeasureMore) else _held(answer, route, evidence)


def _by_method(route: Route, evidence: Evidence) -> Decision | MeasureMore:
    metric = metric_of(route.improve, evidence)
    is_last = route == routes(evidence.spec, evidence.stored)[-1]  # what is equal is kept only where all else is held
    equal = _equal(evidence) if is_last else "nothing"
    if evidence.pairs is not None:
        noise = evidence.noise if metric.name == evidence.spec.primary else None
        keep_equal = equal == "same"
        return batch.rule(
            evidence.candidate, evidence.incumbent, metric, k=evidence.pairs, keep_equal=keep_equal, noise=noise
        )
    terms = terms_of(evidence, equal=equal)
    if has_items(evidence):
        return by_items(evidence, metric, terms)
    if evidence.is_single:
        return single.rule(evidence.candidate, evidence.stored, metric, run_twice=evidence.is_inferred, equal=equal)
    return ruling.rule(
        evidence.candidate,
        evidence.incumbent,
        metric,
        known=_known(route.improve, evidence.beliefs.gauges[metric.name], evidence),
        ledger=evidence.beliefs.ledger,
        terms=terms,
    )


def settings_of(spec: Spec) -> Settings:
    """Give the preset's settings with what the contract changes. Of the runs allowed, the incumbent has its part."""
    preset = PRESETS[spec.decision.preset]
    seeds, least = spec.measurement.seeds, spec.measurement.min_samples or preset.least
    cap = spec.measurement.max_samples or max(preset.cap, least + 1)
    if seeds is not None:  # a seed that is run again tells nothing new where it brings the noise
        cap = min(cap, 2 * len(seeds))
    ours = max(cap - 1 if seeds is None else cap // 2, 1)
    return replace(
        preset,
        cap=cap,
        least=min(least, ours),
        level="e-lond" if spec.decision.level == "e-lond" else preset.level,
    )


def terms_of(evidence: Evidence, *, equal: ruling.Equal = "nothing") -> ruling.Terms:
    """Give what the sequential rule goes by."""
    spec = evidence.spec
    return ruling.Terms(
        settings=settings_of(spec),
        rate=spec.decision.false_keep_rate,
        horizon=evidence.horizon,
        shares=len(routes(spec, evidence.stored)),
        paired=spec.measurement.seeds is not None,
        equal=equal,
        provisional=spec.decision.preset == "one-shot",
    )


def _equal(evidence: Evidence) -> ruling.Equal:
    match evidence.spec.decision.on_equal:
        case "keep":
            return "same"
        case "simpler" if evidence.net_lines < 0:
            return "simpler"
        case _:
            return "nothing"


def _known(criterion: Criterion, gauge: Gauge, evidence: Evidence) -> ruling.Known:
    return ruling.known_of(gauge.scale, gauge.noise, min_effect=smallest_effect(criterion, evidence))


def _held(decision: Decision, route: Route, evidence: Evidence) -> Decision:
    decision = decision.model_copy(update={"metric": route.improve.name})
    if decision.verdict is Verdict.DISCARD or not route.hold:
        return decision
    worse = [words for held in route.hold if (words := _worse(held, evidence))]
    if worse:
        gained = decision.reasons[0].partition(": ")[2]
        reason = f"discarded, {' and '.join(worse)}: {gained}"
        return decision.model_copy(update={"verdict": Verdict.DISCARD, "reasons": (reason,)})
    reason = f"{decision.reasons[0]}; {' and '.join(held.name for held in route.hold)} not worse"
    return decision.model_copy(update={"reasons": (reason,)})


def _worse(held: Criterion, evidence: Evidence) -> str:
    """Say how much worse a number got; empty when it did not, as far as noise lets one see.

    One run: not at all. Several: by no more than the larger sd, or, run by run, than the smallest effect and a standard error.
    """
    metric = metric_of(held, evidence)
    ours = [row[held.name] for row in evidence.candidate]
    if evidence.is_single:
        effect = compare(ours[0], evidence.stored[held.name], metric)
        return share(effect, metric) if effect.absolute < 0 else ""
    theirs = [row[held.name] for row in evidence.incumbent]
    if evidence.pairs is not None:
        candidate, incumbent = summarise(ours), summarise(theirs)
        effect = compare(candidate.mean, incumbent.mean, metric)
        return share(effect, metric) if effect.absolute < -max(candidate.sd, incumbent.sd) else ""
    return _worse_run_by_run(held, evidence.beliefs.gauges[held.name], evidence, (ours, theirs))


def _worse_run_by_run(
    held: Criterion, gauge: Gauge, evidence: Evidence, sides: tuple[Sequence[float], Sequence[float]]
) -> str:
    metric, known = metric_of(held, evidence), _known(held, gauge, evidence)
    if not known.scale.holds([*sides[0], *sides[1]]):
        return f"{held.name} is 0 or less in a run"
    ours, theirs = ([known.scale.gain(value) for value in side] for side in sides)
    sizes = sizes_of(known.smallest, evidence.beliefs.ledger.sizes)
    if evidence.spec.measurement.seeds is not None and len(ours) == len(theirs):  # history is not kept up by pairs
        seen = look(differences(ours, theirs), (0.0,), of_pairs(known.machine), sizes)
        level = math.fsum(theirs) / len(theirs)
    else:
        seen = look(ours, theirs, known.machine, sizes)
        level = seen.theirs
    if seen.mu >= -math.log1p(known.smallest) - seen.sd:
        return ""
    return share(compare(known.scale.value(level + seen.mu), known.scale.value(level), metric), metric)
