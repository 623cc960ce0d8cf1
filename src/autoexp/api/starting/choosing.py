"""Which of the numbers that a run printed is the primary metric, and what the others are."""

import re
from collections.abc import Mapping
from dataclasses import replace

from autoexp.api.starting.answers import Answers
from autoexp.api.starting.naming import direction_in, direction_of, name_for, same_unit, unit_in, unit_of
from autoexp.api.starting.output import Printed
from autoexp.spec.sections import MEASURED_BY_AUTOEXP

MOST_SECONDARY = 8
"""Of a form that passes over names which are not declared, unless an objective joins all; METRIC lines are declared all."""
UNKNOWN = "unknown"
_SMALL = frozenset(
    {"make", "faster", "the", "a", "of", "and", "its", "without", "changing", "lower", "higher", "value"}
)


def with_printed(answers: Answers, printed: Printed, *, likely: str = "") -> tuple[Answers, str]:
    """Give the answers with metric, form and further metrics as they were printed, and which was chosen why; empty when there was no choice.

    `likely` is the name that the repository itself suggests.
    """
    names = printed.names or ((answers.metric or likely or name_for(answers.unit or unit_in(answers.goal))),)
    if answers.metric in names or answers.metric in MEASURED_BY_AUTOEXP:
        metric, why = answers.metric, ""
    elif answers.metric:
        kept = printed.form if isinstance(printed.form, str) and not answers.form else answers.form
        return replace(answers, form=kept, secondary=printed.names if kept == "lines" else ()), ""
    else:
        metric, why = _chosen(names, answers, likely, printed.units)
    guarded = {re.split(r"[<>=]", guard)[0].strip() for guard in answers.guards}
    others = tuple(name for name in names if name != metric)
    form: str | dict[str, str] = printed.form if isinstance(printed.form, str) else dict(printed.form)
    if form == "number":
        others = ()
    elif form != "lines" and not answers.objective:
        first = [name for name in others if name not in guarded][:MOST_SECONDARY]
        others = tuple(name for name in others if name in guarded or name in first)
    if isinstance(form, dict):
        form = {name: pattern for name, pattern in form.items() if name in (metric, *others)}
    if metric in MEASURED_BY_AUTOEXP and form != "lines":
        form, others = "", ()
    unit = answers.unit or printed.units.get(metric, "")
    return replace(
        answers,
        metric=metric,
        form=form,
        unit=unit,
        secondary=tuple(name for name in others if name not in guarded),
    ), why


def _chosen(names: tuple[str, ...], answers: Answers, likely: str, units: Mapping[str, str]) -> tuple[str, str]:
    if len(names) == 1:
        return names[0], ""
    unit = answers.unit or unit_in(answers.goal)
    of_unit = [name for name in names if unit and same_unit(units.get(name, "") or unit_of(name), unit)]
    words = {word for word in re.findall(r"[a-z0-9]+", answers.goal.lower()) if word not in _SMALL and len(word) > 1}
    of_goal = [name for name in of_unit or names if words & set(re.findall(r"[a-z0-9]+", name.lower()))]
    if len(of_goal) == 1:
        return of_goal[0], f"{of_goal[0]} is the one that the goal speaks of"
    if len(of_unit) == 1:
        return of_unit[0], f"{of_unit[0]} is the one in {unit}"
    if likely in names:
        return likely, f"{likely} is the one that the repository names"
    return names[0], f"{names[0]} is the first of them; name another one with --metric"


def with_unit_and_direction(
    answers: Answers, *, likely: str = "", likely_unit: str = "", likely_direction: str = ""
) -> tuple[Answers, str]:
    """Give the answers with unit and direction, and from what the direction was taken; empty when it was said, UNKNOWN when nothing tells it.

    `likely` is the metric that the repository suggests, with its unit and its direction.
    """
    same = likely == answers.metric and bool(likely)
    unit = answers.unit or (likely_unit if same else "") or unit_of(answers.metric) or unit_in(answers.goal)
    if answers.direction:
        return replace(answers, unit=unit), ""
    for direction, source in (
        (direction_in(answers.goal), "from the goal"),
        (likely_direction if same and likely_direction == "higher" else "", "as the tool that prints it means it"),
        (direction_of(answers.metric, unit), "judged by name and unit"),
    ):
        if direction:
            return replace(answers, unit=unit, direction=direction), f"{direction} is better, {source}"
    return replace(answers, unit=unit, direction="lower"), UNKNOWN
