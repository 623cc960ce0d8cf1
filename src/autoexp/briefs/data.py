"""A brief as plain data for programs (format 2): the keys that they rely on, and what the campaign has taught, as far as there is room."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from autoexp.briefs import lines
from autoexp.briefs.bounds import room
from autoexp.briefs.quoting import encodable, one_line, prose, tail, visible
from autoexp.briefs.room import FULL, SHORT, Entry, Section, Told, fill, keys_told
from autoexp.briefs.words import LONGEST_PROGRAM, NOTICE, pivot_of, review_of
from autoexp.campaign.endings import effect_of
from autoexp.campaign.grouping import Group
from autoexp.campaign.ideas import Parked
from autoexp.campaign.patterns import DeadEnd
from autoexp.campaign.state import Experiment
from autoexp.campaign.views import Brief

FORMAT = 2
LATEST = 3
REPAIR = 3_000
MOST_REASONS = 3
WIDE = 22
"""Letters that a number is reckoned with, however many digits it has just now."""

SKELETON = 500
"""Letters of the keys that are always there, and of counts of what is left out."""

_LISTS = ("hints", "best", "dead_ends", "parked", "groups", "patterns", "memory")


def as_json(brief: Brief) -> dict[str, Any]:
    """Give the brief as plain data. Written as JSON it has at most 24,000 letters."""
    found = _fixed(brief)
    numbers = [*brief.incumbent.values(), *brief.incumbent.values(), *brief.baseline.values(), brief.gain]
    fixed = _size(found) + _spare(numbers) + SKELETON
    repair = _repair(brief)
    advice = {"review": review_of(brief) or None, "pivot": pivot_of(brief) or None}
    space = room(brief, fixed=fixed, repair=_size(repair), sections=_sections, size=_cost)
    told = fill(_sections(brief), space - _size(advice), _cost)
    rows = sorted((*told["latest"].items, *told["rows"].items), key=_number_of)
    lists = {name: list(told[name].texts) for name in _LISTS}
    return {
        **found,
        **lists,
        "ideas": [idea["text"] for idea in lists["parked"]],
        "experiments": [row for _, row in rows],
        "older": [text for _, text in sorted(told["older"].items, key=_number_of)],
        "last_error": next(iter(told["last_error"].texts), None),
        "repair": repair,
        **advice,
        "left_out": _left_out(brief, told, found),
    }


def _fixed(brief: Brief) -> dict[str, Any]:
    """Give what does not grow. A contract of very many metrics or patterns is cut; `left_out` says so."""
    names = _names(brief)
    return {
        "format": FORMAT,
        "notice": NOTICE,
        "tag": brief.tag,
        "goal": one_line(brief.goal, FULL),
        "program": _fitting(partial(prose, brief.program), LONGEST_PROGRAM),
        "directive": {
            **brief.directive.model_dump(mode="json"),
            "hints": _first(brief.directive.hints, 400, lambda hint: one_line(hint, FULL)),
        },
        "position": brief.position,
        "seed": brief.seed,
        "scope": _first(brief.scope, 2_000, encodable),
        "primary": brief.primary,
        "direction": brief.direction,
        "objective": _short({key: value for key, value in brief.objective.items() if value is not None}, 1_000),
        "metrics": {
            name: {
                **{key: value for key, value in brief.metrics[name].items() if value is not None},
                "incumbent": brief.incumbent.get(name),
                "baseline": brief.baseline.get(name),
            }
            for name in names
            if name in brief.metrics
        },
        "incumbent": {
            "commit": brief.incumbent_commit,
            "metrics": {name: brief.incumbent[name] for name in names if name in brief.incumbent},
        },
        "gain": brief.gain,
        "experiments_total": brief.experiments_total,
        "kept": brief.kept,
    }


def _names(brief: Brief) -> list[str]:
    """Give the metrics that are told: those that are decided on first, then guards, then the others, as far as they fit."""
    order = ("primary", "guard", "secondary")
    declared = sorted(brief.metrics, key=lambda name: order.index(brief.metrics[name].get("role") or "primary"))
    names = [*([brief.primary] if brief.primary else []), *(name for name in declared if name != brief.primary)]
    undeclared = [name for name in brief.incumbent if name not in brief.metrics and name != brief.primary]
    return _first(
        [*names, *undeclared], 3_000, lambda name: name, extra=lambda name: _size(brief.metrics.get(name, {})) + 90
    )


def _first(
    texts: Sequence[str], letters: int, made: Callable[[str], str], *, extra: Callable[[str], int] = lambda _: 0
) -> list[str]:
    """Give the first texts that fit together, at least none."""
    found: list[str] = []
    for text in texts:
        letters -= _size(made(text)) + 2 + extra(text)
        if letters < 0:
            break
        found.append(made(text))
    return found


def _sections(brief: Brief) -> list[Section[Any]]:
    tell = partial(_row, names=_names(brief))
    newest = brief.experiments[::-1]
    repeated = sorted(brief.groups, key=lambda group: group.tried == 1)
    lessons = len(list(lines.lesson_lines(brief.lessons, FULL, ideas=len(brief.ideas))))
    error = [Entry(partial(_error, brief.last_error))] if brief.last_error else []
    frame = len('"dead_ends": 9999, ')

    def rows(found: Iterable[Experiment]) -> list[Entry[Any]]:
        return [Entry(partial(tell, one), one.n) for one in found]

    return [
        Section("hints", 0.10, [Entry(partial(_text, hint)) for hint in reversed(brief.hints)], frame),
        Section("best", 0.12, [Entry(partial(_best, one)) for one in brief.best], frame, more=brief.more_keeps),
        Section(
            "dead_ends",
            0.12,
            [Entry(partial(_dead_end, end)) for end in brief.dead_ends],
            frame,
            more=brief.more_dead_ends,
        ),
        Section("parked", 0.10, [Entry(partial(_parked, idea)) for idea in brief.ideas], frame),
        Section("latest", 0.16, rows(newest[:LATEST])),
        Section("groups", 0.10, [Entry(partial(_group, group)) for group in repeated], frame),
        Section("patterns", 0.10, [Entry(partial(_lesson, brief, i)) for i in range(lessons)], frame),
        Section("memory", 0.03, [Entry(partial(_text, text)) for text in brief.memory], frame),
        Section("last_error", 0.05, error, frame),
        Section(
            "older", 0.0, [Entry(partial(_older, brief, one), one.n) for one in brief.experiments], frame, only_new=True
        ),
        Section("rows", 0.0, rows(newest), only_new=True),
    ]


def _row(one: Experiment, limit: int, *, names: Sequence[str]) -> dict[str, Any]:
    proposal = one.proposal
    values = one.measurement.means()
    return {
        "n": one.n,
        "segment": one.segment,
        "status": one.status,
        "description": one_line(one.description, limit),
        "hypothesis": one_line(lines.hypothesis_of(one), limit),
        "asi": _short(proposal.asi, 5 * limit) if proposal else {},
        "effect": effect_of(one),
        "reasons": [one_line(reason, limit) for reason in one.reasons[: MOST_REASONS if limit > SHORT else 1]],
        "detail": tail(one.detail, limit),
        "metrics": {name: values[name] for name in names if name in values},
    }


def _older(brief: Brief, one: Experiment, limit: int) -> str:
    return encodable(lines.experiment_line(one, min(limit, SHORT), segment=brief.segment).removeprefix("- "))


def _best(one: Experiment, limit: int) -> dict[str, Any]:
    return {"n": one.n, "effect": effect_of(one), "description": one_line(one.description, limit)}


def _dead_end(end: DeadEnd, limit: int) -> dict[str, Any]:
    return {
        "kind": end.kind,
        "what": one_line(end.what, limit),
        "experiments": list(end.numbers),
        "times": end.times,
        "first": one_line(end.first.description, limit),
        "reason": one_line(lines.why(end.first), limit),
    }


def _parked(idea: Parked, limit: int) -> dict[str, Any]:
    return {
        "id": idea.id,
        "text": one_line(idea.text, limit),
        "why": one_line(idea.why, limit),
        "blocked_by": one_line(idea.blocked_by, limit),
        "n": idea.n,
        "unblocked": idea.unblocked,
    }


def _group(group: Group, limit: int) -> dict[str, Any]:
    return {
        "name": one_line(group.name, limit),
        "tried": group.tried,
        "kept": group.kept,
        "gain": group.gain,
        "best": group.best,
        "failed": group.failed,
        "last": {"n": group.last.n, "status": group.last.status, "reason": one_line(lines.why(group.last), limit)},
    }


def _text(text: str, limit: int) -> str:
    return one_line(text, limit * 5 // 2)


def _lesson(brief: Brief, i: int, limit: int) -> str:
    return encodable(list(lines.lesson_lines(brief.lessons, limit, ideas=len(brief.ideas)))[i])


def _error(one: Experiment, limit: int) -> dict[str, Any]:
    return {"n": one.n, "status": one.status, "tail": tail(one.detail, 2 * limit)}


def _repair(brief: Brief) -> dict[str, Any] | None:
    found = brief.repair
    if found is None:
        return None
    return {"outcome": found.outcome.value, "detail": _fitting(partial(tail, found.detail), REPAIR), "left": found.left}


def _short(notes: dict[str, Any], letters: int) -> dict[str, Any]:
    """Give notes, unless they are too long to be read again and again: then their kind, and how long they are."""
    length = _size(notes)
    if length <= 2 * letters:  # what is much longer is not worth the look at each of its characters
        clean: dict[str, Any] = _clean(notes)
        length = _size(clean)
        if length <= letters:
            return clean
    kind = {"kind": one_line(notes["kind"], SHORT)} if isinstance(notes.get("kind"), str) else {}
    return {**kind, "left_out": f"{length} characters"}


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {visible(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return visible(value) if isinstance(value, str) else value


def _left_out(brief: Brief, told: Mapping[str, Told[Any]], fixed: Mapping[str, Any]) -> dict[str, int]:
    """Count what there was no room for."""
    dropped = {name: told[name].dropped for name in (*_LISTS, "last_error")}
    dropped["experiments"] = brief.closed - sum(isinstance(key, int) for key in keys_told(told.values()))
    dropped["scope"] = len(brief.scope) - len(fixed["scope"])
    dropped["metrics"] = len(brief.metrics) - len(fixed["metrics"])
    return {name: count for name, count in dropped.items() if count > 0}


def _fitting(made: Callable[[int], str], letters: int) -> str:
    """Give the longest text that takes at most so many letters as JSON."""
    limit = letters
    while _size(text := made(limit)) > letters + 60:  # what says that it was cut is not counted
        limit = max(limit * 3 // 4, 0)
    return text


def _spare(numbers: Sequence[float]) -> int:
    """Give how many letters numbers may still grow by, each where it stands: nobody's brief is shorter because a value has many digits."""
    return sum(max(0, WIDE - len(repr(number))) for number in numbers)


def _number_of(item: tuple[int | str | None, Any]) -> int:
    return item[0] if isinstance(item[0], int) else 0


def _cost(item: Any) -> int:
    """Give what an entry takes in its list; the text of an idea stands in `ideas` once more."""
    again = _size(item["text"]) + 2 if isinstance(item, dict) and "blocked_by" in item else 0
    return _size(item) + 2 + again


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False))
