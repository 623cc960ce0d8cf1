"""A brief as prose: goal and rules, then what the campaign has taught, as far as there is room."""

from collections.abc import Iterator
from functools import partial

from autoexp.briefs import lines
from autoexp.briefs.bounds import room
from autoexp.briefs.quoting import encodable, fenced, one_line, prose
from autoexp.briefs.room import FULL, Entry, Section, Told, fill, keys_told
from autoexp.briefs.words import LONGEST_PROGRAM, MOST_GUARDS, MOST_SCOPE, NOTICE, asked, guards_of
from autoexp.campaign.drift import FOOTNOTE, is_contrary
from autoexp.campaign.endings import effect_of, is_worse
from autoexp.campaign.state import Experiment
from autoexp.campaign.views import Brief
from autoexp.spec.criteria import in_words

LATEST = 3
COUNT = len("- and 9999 more\n")
REPAIR = 3_000
"""Letters of an error that is to be mended."""

_HEADINGS = {
    "hints": "Hints of people",
    "best": "Best keeps",
    "dead_ends": "Dead ends",
    "parked": "Parked ideas",
    "groups": "Tried, by idea",
    "lessons": "Patterns",
    "last_error": "The last error",
    "memory": "From other campaigns",
}


def as_markdown(brief: Brief) -> str:
    """Give the brief as prose and lists, at most 24,000 letters."""
    head = encodable("\n".join(_head(brief)))
    mend = encodable("\n".join(_repair(brief)))
    advice = "".join(f"\n{text}\n" for text in asked(brief))
    tried = f"\n## Tried so far ({brief.experiments_total}, kept {brief.kept})\n\n"
    note = f"{FOOTNOTE}\n\n" if _is_contrary(brief) else ""
    space = room(brief, fixed=len(head) + len(tried) + COUNT, repair=len(mend), sections=_sections, size=_size)
    told = fill(_sections(brief), space - len(advice) - len(note), _size)
    body = "".join(_section(heading, told[name]) for name, heading in _HEADINGS.items())
    return head + mend + advice + body + tried + note + _tried(brief, told)


def _is_contrary(brief: Brief) -> bool:
    """Tell whether the effect of an experiment of this segment says the contrary of its value beside the baseline's."""
    return any(
        is_contrary(
            one.measurement.means().get(brief.primary),
            brief.baseline.get(brief.primary),
            effect_of(one),
            lower_is_better=brief.direction == "lower",
        )
        for one in brief.experiments
        if one.segment == brief.segment
    )


def _head(brief: Brief) -> Iterator[str]:
    unit = brief.metrics.get(brief.primary, {}).get("unit", "")
    best, first = brief.incumbent.get(brief.primary), brief.baseline.get(brief.primary)
    yield f"# {one_line(brief.goal or brief.tag, FULL)}"
    yield ""
    yield (
        f"Improve `{one_line(brief.primary, FULL)}` ({brief.direction} is better). Best so far: {_number(best)} {one_line(unit, FULL)}".rstrip()
        + f", baseline {_number(first)}; in-loop gain {brief.gain:.1%} of the baseline."
    )
    patterns, more = brief.scope[:MOST_SCOPE], len(brief.scope) - MOST_SCOPE
    named = ", ".join(f"`{one_line(pattern, 100)}`" for pattern in patterns)
    yield f"You may change only: {named}{f' and {more} patterns more' if more > 0 else ''}."
    if objective := in_words(brief.metrics, brief.objective):
        yield f"What counts: {one_line(objective, 2 * FULL)}."
    if guards := guards_of(brief):
        more = len(guards) - MOST_GUARDS
        named = "; ".join(one_line(guard, FULL // 2) for guard in guards[:MOST_GUARDS])
        yield f"Must hold: {named}{f'; and {more} more' if more > 0 else ''}."
    yield "The measurement is run for you afterwards. Numbers that you report are not used."
    yield "Weigh several hypotheses in thought, try the one that promises most, and park the others as ideas with the reason why they wait."
    yield NOTICE
    yield ""
    if brief.program.strip():
        yield prose(brief.program, LONGEST_PROGRAM)
        yield ""


def _repair(brief: Brief) -> Iterator[str]:
    if brief.repair is None:
        return
    left = brief.repair.left
    yield "\n## Mend your change first\n"
    yield (
        f"Your change of this experiment ended as **{brief.repair.outcome.value}**. Mend it: keep its idea, and remove what is wrong. "
        + (f"After this you may do so {left} times more." if left else "This is the last time.")
    )
    if brief.repair.detail.strip():
        yield f"\n{fenced(brief.repair.detail, REPAIR)}"
    yield ""


def _sections(brief: Brief) -> list[Section[str]]:
    line = partial(lines.experiment_line, segment=brief.segment)

    def rows(found: tuple[Experiment, ...]) -> list[Entry[str]]:
        return [Entry(partial(line, one), one.n) for one in found]

    def frame(name: str) -> int:
        return len(_HEADINGS[name]) + len("\n## \n\n") + COUNT

    repeated = sorted(brief.groups, key=lambda group: group.tried == 1)
    newest = brief.experiments[::-1]
    lessons = len(list(lines.lesson_lines(brief.lessons, FULL, ideas=len(brief.ideas))))
    return [
        Section("hints", 0.12, [Entry(partial(_hint, hint)) for hint in reversed(brief.hints)], frame("hints")),
        Section(
            "best",
            0.16,
            rows(brief.best),
            frame("best"),
            only_new=True,
            more=brief.more_keeps,
            aside=frozenset(one.n for one in brief.experiments if one.kept) - {one.n for one in brief.best},
        ),
        Section(
            "dead_ends",
            0.18,
            [
                Entry(
                    partial(lines.dead_end_line, end, segment=brief.segment),
                    end.first.n if end.kind == "change" else end.what,
                )
                for end in brief.dead_ends
            ],
            frame("dead_ends"),
            only_new=True,
            more=brief.more_dead_ends,
            aside=frozenset(one.n for one in brief.experiments if is_worse(one))
            - {end.first.n for end in brief.dead_ends if end.kind == "change"},
        ),
        Section("parked", 0.12, [Entry(partial(lines.idea_line, idea)) for idea in brief.ideas], frame("parked")),
        Section("latest", 0.12, rows(newest[:LATEST]), only_new=True),
        Section("groups", 0.12, [Entry(partial(lines.group_line, group)) for group in repeated], frame("groups")),
        Section("lessons", 0.12, [Entry(partial(_lesson, brief, i)) for i in range(lessons)], frame("lessons")),
        Section("memory", 0.04, [Entry(partial(_hint, text)) for text in brief.memory], frame("memory")),
        Section(
            "last_error",
            0.06,
            [Entry(partial(lines.error_block, brief.last_error))] if brief.last_error else [],
            frame("last_error"),
        ),
        Section("rest", 0.0, rows(newest), only_new=True),
    ]


def _size(text: str) -> int:
    return len(text) + 1


def _hint(text: str, limit: int) -> str:
    return f"- {one_line(text, limit * 5 // 2)}"


def _lesson(brief: Brief, i: int, limit: int) -> str:
    return f"- {list(lines.lesson_lines(brief.lessons, limit, ideas=len(brief.ideas)))[i]}"


def _section(heading: str, told: Told[str]) -> str:
    if not told.items:
        return ""
    more = f"- and {told.dropped} more\n" if told.dropped else ""
    return f"\n## {heading}\n\n" + "".join(f"{encodable(text)}\n" for text in told.texts) + more


def _tried(brief: Brief, told: dict[str, Told[str]]) -> str:
    if not brief.experiments:
        return "Nothing yet.\n"
    shown = sorted(
        (*told["latest"].items, *told["rest"].items), key=lambda item: item[0] if isinstance(item[0], int) else 0
    )
    left = brief.closed - sum(isinstance(key, int) for key in keys_told(told.values()))
    more = f"- and {left} more\n" if left > 0 else ""
    return "".join(f"{encodable(text)}\n" for _, text in shown) + more


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.6g}"
