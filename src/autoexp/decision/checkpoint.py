"""A checkpoint test: keeps of one or two runs, all together against the last confirmed commit, by the standard preset."""

from dataclasses import replace

from autoexp.decision.asking import MeasureMore
from autoexp.decision.beliefs import Beliefs, Gauge
from autoexp.decision.case import Evidence
from autoexp.decision.guards import summed
from autoexp.decision.items import mean_items
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision, Lesson
from autoexp.spec.model import Spec


def afresh(evidence: Evidence) -> Evidence:
    """Give the same evidence with nothing in it that was measured before the test, but for the noise."""
    stored = summed(evidence.incumbent)
    gauges = {name: _unhistoric(name, gauge, evidence) for name, gauge in evidence.beliefs.gauges.items()}
    return replace(
        evidence,
        spec=_standard(evidence.spec),
        stored={name: summary.mean for name, summary in stored.items()},
        stored_spread=stored,
        stored_items=mean_items(evidence.incumbent_items),
        beliefs=Beliefs(evidence.beliefs.ledger, gauges),
    )


def retold(answer: Decision | MeasureMore) -> Decision | MeasureMore:
    """Tell a ruling as one on several changes: confirmed, or not. What they teach is the noise, and where the winner stands."""
    if isinstance(answer, MeasureMore):
        return answer
    kept = answer.verdict is Verdict.KEEP
    word = "confirmed" if kept else "not confirmed"
    return answer.model_copy(
        update={
            "verdict": Verdict.KEEP if kept else Verdict.DISCARD,
            "reasons": (_reworded(answer.reasons[0], word), *answer.reasons[1:]) if answer.reasons else (word,),
            "lessons": {name: _afterwards(lesson) for name, lesson in answer.lessons.items()},
        }
    )


def _standard(spec: Spec) -> Spec:
    """Give the contract that a test goes by: limits of runs, and of changed lines, are those of single experiments."""
    return spec.model_copy(
        update={
            "decision": spec.decision.model_copy(update={"preset": "standard"}),
            "measurement": spec.measurement.model_copy(update={"min_samples": None, "max_samples": None}),
            "metrics": {name: m for name, m in spec.metrics.items() if (name, m.role) != ("diff_lines", "guard")},
        }
    )


def _unhistoric(name: str, gauge: Gauge, evidence: Evidence) -> Gauge:
    """Forget the incumbent's history: it is that of another commit than the test's."""
    fresh = [row[name] for row in evidence.incumbent if name in row]
    if not fresh or not gauge.scale.holds(fresh):
        return gauge
    history = tuple(gauge.scale.gain(value) for value in fresh)
    return replace(gauge, noise=replace(gauge.noise, history=history, trusted=False))


def _afterwards(lesson: Lesson) -> Lesson:
    return lesson.model_copy(update={"surprise": None, "moved": 0.0, "replaces": bool(lesson.history), "sizes": ()})


def _reworded(reason: str, word: str) -> str:
    for verdict in ("kept", "discarded", "inconclusive"):
        if reason.startswith(verdict):
            return word + reason.removeprefix(verdict)
    return f"{word}: {reason}"
