"""The five forms in which a harness may print its metrics; each reads lines and gives values, or raises BadMetric."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from autoexp.harness.lines import BadMetric, number, quote
from autoexp.spec.sections import MEASURED_BY_AUTOEXP, METRIC_NAME

_METRIC = re.compile(rf"METRIC ({METRIC_NAME.pattern})=(.*)", re.DOTALL)
_PAIR = re.compile(rf"\s*({METRIC_NAME.pattern})\s*:\s*(.*)", re.DOTALL)
_BOOLEANS = {"true": 1.0, "false": 0.0}

Form = Callable[[Iterable[str], Collection[str]], dict[str, float]]


def metric_lines(lines: Iterable[str], declared: Collection[str]) -> dict[str, float]:
    """Read `METRIC name=value` lines: exactly one for a name, no name that is not declared."""
    values: dict[str, float] = {}
    first: dict[str, str] = {}
    for line in lines:
        if not line.startswith("METRIC ") or (match := _METRIC.fullmatch(line)) is None:
            continue
        name = match[1]
        if name in MEASURED_BY_AUTOEXP:
            raise BadMetric(f"{name} is measured by autoexp itself, print it under another name: {quote(line)}")
        if name not in declared:
            raise BadMetric(f"{name} is not declared under metrics: {quote(line)}")
        _once(name, first, line)
        values[name] = number(match[2], line)
    return values


def looks_like_metric(line: str) -> bool:
    """Tell whether somebody may have meant a METRIC line that is none."""
    return "METRIC" in line and not (line.startswith("METRIC ") and _METRIC.fullmatch(line))


def key_values(lines: Iterable[str], declared: Collection[str]) -> dict[str, float]:
    """Read `name: value` lines behind a `---` line; true and false are 1 and 0, undeclared names are passed over."""
    values: dict[str, float] = {}
    first: dict[str, str] = {}
    begun = False
    for line in lines:
        if not begun:
            begun = line.strip() == "---"
        elif (match := _PAIR.fullmatch(line)) and match[1] in declared:
            _once(match[1], first, line)
            truth = _BOOLEANS.get(match[2].strip().lower())
            values[match[1]] = number(match[2], line) if truth is None else truth
    return values


def json_object(lines: Iterable[str], declared: Collection[str]) -> dict[str, float]:
    """Read one JSON object on the last line that is not blank; undeclared keys are passed over."""
    last = ""
    for line in lines:
        if line.strip():
            last = line
    if not last:
        raise BadMetric("the harness printed nothing; one JSON object is expected on the last line")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found if name in declared]
        if len(names) != len(set(names)):
            raise BadMetric(f"a key comes twice in: {quote(last)}")
        return dict(found)

    try:
        answer = json.loads(last, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise BadMetric(f"one JSON object is expected on the last line: {quote(last)}")
    return {name: _plain(name, answer[name], last) for name in declared if name in answer}


def one_number(lines: Iterable[str], declared: Collection[str]) -> dict[str, float]:
    """Read an output that is one number: the value of the one name declared."""
    found: str | None = None
    for line in lines:
        if not line.strip():
            continue
        if found is not None:
            raise BadMetric(f"stdout must be one number, and nothing else: {quote(line)}, after {quote(found)}")
        found = line
    if found is None:
        raise BadMetric("the harness printed nothing; stdout must be one number")
    return dict.fromkeys(declared, number(found, found))


def by_patterns(patterns: Mapping[str, str]) -> Form:
    """Give a form that searches each line; a pattern must fit exactly once in the whole output."""
    compiled = {name: re.compile(pattern) for name, pattern in patterns.items()}

    def form(lines: Iterable[str], declared: Collection[str]) -> dict[str, float]:
        values: dict[str, float] = {}
        first: dict[str, str] = {}
        wanted = [(name, pattern) for name, pattern in compiled.items() if name in declared]
        for line in lines:
            for name, pattern in wanted:
                for match in pattern.finditer(line):
                    if name in first:
                        before = f"; the first time {quote(first[name])}"
                        raise BadMetric(f"the pattern of {name} fits a second time: {quote(line)}{before}")
                    first[name] = line
                    values[name] = number(match[1] or "", line)
        return values

    return form


def _once(name: str, first: dict[str, str], line: str) -> None:
    if name in first:
        raise BadMetric(f"a second value for {name}: {quote(line)}; the first is {quote(first[name])}")
    first[name] = line


def _plain(name: str, value: Any, line: str) -> float:
    if not isinstance(value, (bool, int, float)):
        raise BadMetric(f"{name} must be a number in: {quote(line)}")
    try:
        plain = float(value)
    except OverflowError:
        plain = float("inf")
    if not float("-inf") < plain < float("inf"):
        raise BadMetric(f"{name} must be a finite number in: {quote(line)}")
    return plain
