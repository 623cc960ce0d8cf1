"""What a decision teaches for the next one: how the runs of each metric scattered, and where the incumbent stands."""

from autoexp.decision.beliefs import Gauge
from autoexp.decision.case import Evidence, smallest_effect
from autoexp.decision.sequential import lesson_of
from autoexp.decision.sequential.paired import paired_lesson
from autoexp.decision.sequential.ruling import known_of
from autoexp.experiment.records import Decision, Lesson


def lessons(decision: Decision, evidence: Evidence, *, kept: bool) -> dict[str, Lesson]:
    """Give the lessons of all metrics that are decided on run by run. In between, one run teaches where a keep stands."""
    if evidence.spec.decision.method != "sequential":
        return {}
    found = {}
    for criterion in evidence.spec.criteria:
        gauge = evidence.beliefs.gauges.get(criterion.name)
        if gauge is not None:
            told = decision.lessons.get(criterion.name, Lesson())
            lesson = _lesson(gauge, evidence, criterion.name, smallest_effect(criterion, evidence), kept=kept)
            if lesson is not None:
                found[criterion.name] = lesson.model_copy(update={"sizes": told.sizes})
    return found


def _lesson(gauge: Gauge, evidence: Evidence, name: str, smallest: float, *, kept: bool) -> Lesson | None:
    sides = [[row[name] for row in rows if name in row] for rows in (evidence.candidate, evidence.incumbent)]
    if not sides[0] or not gauge.scale.holds([*sides[0], *sides[1]]):
        return None
    ours, theirs = ([gauge.scale.gain(value) for value in side] for side in sides)
    known = known_of(gauge.scale, gauge.noise, min_effect=smallest).machine
    if evidence.spec.measurement.seeds is not None and not evidence.deterministic:
        return paired_lesson(ours, theirs, known)
    if evidence.deterministic:
        return Lesson(history=tuple(ours), replaces=True) if kept else None
    return lesson_of(ours, theirs, known, kept=kept)
