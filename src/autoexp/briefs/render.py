"""A brief as JSON for programs and as Markdown for readers. What programs printed is quoted, cut and never obeyed."""

import json
from typing import Any

from autoexp.campaign.state import Experiment
from autoexp.campaign.views import Brief
from autoexp.experiment.outcome import Outcome
from autoexp.spec.criteria import in_words

FORMAT = 1
CUT = 400
MAX_NOTES = 2_000


def as_json(brief: Brief) -> dict[str, Any]:
    """Give the brief as plain data (format 1)."""
    return {
        "format": FORMAT,
        "tag": brief.tag,
        "goal": brief.goal,
        "program": brief.program,
        "directive": brief.directive.model_dump(mode="json"),
        "position": brief.position,
        "seed": brief.seed,
        "scope": list(brief.scope),
        "primary": brief.primary,
        "direction": brief.direction,
        "objective": {key: value for key, value in brief.objective.items() if value is not None},
        "metrics": {
            name: {
                **{key: value for key, value in section.items() if value is not None},
                "incumbent": brief.incumbent.get(name),
                "baseline": brief.baseline.get(name),
            }
            for name, section in brief.metrics.items()
        },
        "incumbent": {"commit": brief.incumbent_commit, "metrics": brief.incumbent},
        "gain": brief.gain,
        "experiments_total": brief.experiments_total,
        "kept": brief.kept,
        "experiments": [_row(experiment) for experiment in brief.experiments],
        "ideas": [_cut(idea) for idea in brief.ideas],
        "hints": list(brief.hints),
        "repair": {"outcome": brief.repair.outcome.value, "detail": brief.repair.detail, "left": brief.repair.left}
        if brief.repair
        else None,
    }


def _row(experiment: Experiment) -> dict[str, Any]:
    decision, proposal = experiment.decision, experiment.proposal
    return {
        "n": experiment.n,
        "status": experiment.status,
        "description": _cut(experiment.description),
        "hypothesis": _cut(proposal.hypothesis) if proposal else "",
        "asi": _notes(proposal.asi) if proposal else {},
        "effect": decision.effect if decision else None,
        "reasons": list(experiment.reasons),
        "detail": experiment.detail[-CUT:],
        "metrics": experiment.measurement.means(),
    }


def _notes(asi: dict[str, Any]) -> dict[str, Any]:
    """Give the notes, unless they are too long to be read again and again."""
    length = len(json.dumps(asi))
    return asi if length <= MAX_NOTES else {"left_out": f"{length} characters"}


def as_markdown(brief: Brief) -> str:
    """Give the brief as prose and lists."""
    metric = brief.metrics.get(brief.primary, {})
    unit = metric.get("unit", "")
    best, first = brief.incumbent.get(brief.primary), brief.baseline.get(brief.primary)
    lines = [
        f"# {brief.goal or brief.tag}",
        "",
        f"Improve `{brief.primary}` ({brief.direction} is better). Best so far: {_number(best)} {unit}".rstrip()
        + f", baseline {_number(first)}; gain {brief.gain:.1%} of the baseline.",
        f"You may change only: {', '.join(f'`{pattern}`' for pattern in brief.scope)}.",
        *([f"What counts: {objective}."] if (objective := in_words(brief.metrics, brief.objective)) else []),
        "The measurement is run for you afterwards. Numbers that you report are not used.",
        "",
    ]
    if brief.program.strip():
        lines += [brief.program.strip(), ""]
    if brief.hints:
        lines += ["## Hints", "", *(f"- {hint}" for hint in brief.hints), ""]
    lines += [f"## Tried so far ({brief.experiments_total}, kept {brief.kept})", ""]
    lines += [_line(experiment) for experiment in brief.experiments] or ["Nothing yet."]
    if brief.ideas:
        lines += ["", "## Ideas left", "", *(f"- {_line_of_text(idea)}" for idea in brief.ideas)]
    return _encodable("\n".join(lines) + "\n")


def _line(experiment: Experiment) -> str:
    what = _line_of_text(experiment.description) or "no description"
    why = _why(experiment)
    return f"- {experiment.n}. **{experiment.status}**: {what}" + (f" ({_line_of_text(why)})" if why else "")


def _why(experiment: Experiment) -> str:
    if experiment.outcome in {Outcome.INTERRUPTED, Outcome.INFRA_ERROR}:
        return "not measured, may be tried again"
    if experiment.reasons:
        return experiment.reasons[0]
    return experiment.detail[-CUT:]


def _cut(text: str) -> str:
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def _line_of_text(text: str) -> str:
    """Give one line: what a program wrote may not begin a section of the brief."""
    return _cut(" ".join(text.split()))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.6g}"
