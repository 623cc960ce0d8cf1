"""Experiments, groups, dead ends, ideas and lessons as lines of prose. Whatever programs and models wrote stands in quotation marks."""

from collections.abc import Iterator

from autoexp.briefs.quoting import fenced, one_line, quoted
from autoexp.briefs.room import LEAST, SHORT
from autoexp.campaign.endings import effect_of
from autoexp.campaign.grouping import Group
from autoexp.campaign.ideas import PERSON, Parked
from autoexp.campaign.patterns import DeadEnd, Lessons
from autoexp.campaign.state import Experiment
from autoexp.experiment.outcome import Outcome

NAMED = 3
NAME = 30
_KNOWN = frozenset({"kind", "hypothesis", "idea"})
MOST_VALUES = 6


def experiment_line(one: Experiment, limit: int, *, segment: int) -> str:
    """Give number, verdict, effect, what was tried and why it ended so; with more letters also what was thought and measured."""
    effect = effect_of(one)
    measured = f" {effect:+.1%}" if effect is not None else ""
    if one.segment != segment:
        measured += " (by an earlier contract)"
    what = quoted(one.description, limit) if one.description.strip() else "no description"
    reason = why(one)
    told = f" ({quoted(reason, limit)})" if reason else ""
    return f"- {one.n}. **{one.status}**{measured}: {what}{told}" + "".join(_more(one, limit - SHORT))


def why(one: Experiment) -> str:
    """Say why an experiment ended as it did."""
    if one.outcome in {Outcome.INTERRUPTED, Outcome.INFRA_ERROR}:
        return "not measured, may be tried again"
    return one.reasons[0] if one.reasons else one.detail[-1000:]


def _more(one: Experiment, limit: int) -> Iterator[str]:
    if limit < LEAST:
        return
    if thought := hypothesis_of(one):
        yield f"; thought {quoted(thought, limit)}"
    for note in _notes(one):
        yield f"; noted {quoted(note, limit)}"
    if len(one.reasons) > 1:
        yield f"; also {quoted('; '.join(one.reasons[1:]), limit)}"
    if one.reasons and one.detail.strip():
        yield f"; said {quoted(one.detail[-limit:], limit)}"
    if one.candidate and one.candidate.paths:
        lines = f"+{one.candidate.lines_added} -{one.candidate.lines_removed}"
        yield f"; changed {quoted(', '.join(one.candidate.paths[:MOST_VALUES]), limit)} ({lines} lines)"
    if values := one.measurement.means():
        named = ", ".join(f"{name}={value:.6g}" for name, value in list(values.items())[:MOST_VALUES])
        yield f"; measured {one_line(named, limit)}"


def hypothesis_of(one: Experiment) -> str:
    """Give what a proposer thought: said in its answer, or among its notes."""
    if one.proposal is None:
        return ""
    noted = one.proposal.asi.get("hypothesis")
    return (one.proposal.hypothesis or (noted if isinstance(noted, str) else "")).strip()


def _notes(one: Experiment) -> list[str]:
    """Give the first few notes that a proposer left at its experiment: what it learned, what to do next."""
    notes = one.proposal.asi.items() if one.proposal else ()
    told = [(key, text) for key, text in notes if isinstance(text, str) and text.strip() and key not in _KNOWN]
    return [f"{key[:NAME].replace('_', ' ')}: {text}" for key, text in told[:NAMED]]


def group_line(group: Group, limit: int) -> str:
    """Give what came of an idea: tried, kept, gain, best effect, and the last verdict with its reason."""
    best = f", best {group.best:+.1%} in {group.best_n}" if group.best is not None else ""
    gain = f" for {group.gain:+.1%}" if group.kept else ""
    reason = why(group.last)
    told = f" ({quoted(reason, limit)})" if reason else ""
    name = quoted(group.name, limit)
    return f"- {name}: {group.tried} tried, {group.kept} kept{gain}{best}; the last: {group.last.status}{told}"


def dead_end_line(end: DeadEnd, limit: int, *, segment: int) -> str:
    """Give what does not work, with the constraint, or how often it failed."""
    if end.kind == "change":
        return experiment_line(end.first, limit, segment=segment)
    first = quoted(end.first.description, limit) if end.first.description.strip() else "no description"
    reason = why(end.first)
    told = f" ({quoted(reason, limit)})" if reason else ""
    if end.kind == "group":
        return f"- {quoted(end.what, limit)}: {end.times} tried, none kept ({numbers(end)}); the first: {first}{told}"
    return f"- {one_line(end.what, limit)}: in the way of {numbers(end)}; the first: {first}{told}"


def numbers(end: DeadEnd) -> str:
    """Name the first few experiments of a dead end, and count the rest."""
    rest = end.times - NAMED
    return ", ".join(map(str, end.numbers[:NAMED])) + (f" and {rest} more" if rest > 0 else "")


def idea_line(idea: Parked, limit: int) -> str:
    """Give a parked idea: its id, where it comes from, why it waits, and what is in its way."""
    source = "a person" if idea.n == PERSON else f"experiment {idea.n}"
    reasons = []
    if idea.why.strip():
        reasons.append(quoted(idea.why, limit))
    if idea.blocked_by.strip():
        word = "no longer blocked by" if idea.unblocked else "blocked by"
        reasons.append(f"{word} {quoted(idea.blocked_by, limit)}")
    told = f" ({'; '.join(reasons)})" if reasons else ""
    return f"- {idea.id}, from {source}: {quoted(idea.text, limit)}{told}"


def error_block(one: Experiment, limit: int) -> str:
    """Give the end of what a failing command printed."""
    return f"Experiment {one.n}, {one.status}:\n\n{fenced(one.detail, 2 * limit)}"


def lesson_lines(lessons: Lessons, limit: int, *, ideas: int) -> Iterator[str]:
    """Say what the decided experiments up to the last multiple of ten show."""
    if not lessons.decided:
        return
    recent = f"of the last ten {lessons.recent_kept} for {lessons.recent_gain:+.1%}"
    yield f"Of {lessons.decided} experiments {lessons.kept} were kept for {lessons.gain:+.1%}, {recent}."
    if lessons.bringing:
        named = (f"{quoted(g.name, limit)} {g.gain:+.1%} ({g.kept} of {g.tried})" for g in lessons.bringing[:NAMED])
        yield f"Gains came from {', '.join(named)}."
    if lessons.failing:
        named = (f"{quoted(g.name, limit)} (0 of {g.tried})" for g in lessons.failing[:NAMED])
        yield f"No gain came from {', '.join(named)}."
    if lessons.endings:
        ended = (f"{name} {count} ({count / lessons.decided:.0%})" for name, count in lessons.endings[:MOST_VALUES])
        yield f"Other endings: {', '.join(ended)}."
    if lessons.reasons:
        named = (f"{quoted(text, limit)} ({count} times)" for text, count in lessons.reasons[:NAMED])
        yield f"Turned down most often with: {', '.join(named)}."
    if ideas:
        yield f"{ideas} parked ideas were never tried." if ideas > 1 else "One parked idea was never tried."
