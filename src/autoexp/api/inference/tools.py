"""What known benchmark tools print, as patterns for harness.metrics: each line's name, its unit, and which way is better."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TIME = "ns|us|ms|s"


@dataclass(frozen=True, slots=True)
class Line:
    """One number that a tool prints, under a name for it; `pattern` fits that line of the output and no other one.

    The unit is part of the pattern: a tool that takes another unit in another run gives no number then, and no wrong one.
    """

    metric: str
    unit: str
    direction: Literal["lower", "higher"]
    pattern: str
    tool: str


@dataclass(frozen=True, slots=True)
class _Tool:
    """A kind of line: the label of a benchmark, what stands between it and the number, and what follows with the unit."""

    name: str
    label: str
    between: str
    after: str
    units: str
    direction: Literal["lower", "higher"] = "lower"
    metric: str = ""


_TOOLS = (
    _Tool("go test -bench", r"Benchmark[^\s-]+", r"(?:-\d+)?\s+\d+\s+", r" UNIT/op\b", "ns"),
    _Tool("cargo bench", r"test .+? \.\.\. bench:", r"\s+", r" UNIT/iter\b", "ns"),
    _Tool("google-benchmark", r"BM_\S+", r"\s+", r" UNIT\s", _TIME),
    _Tool("JMH", r"[\w.]+\.\w+\s+(?:avgt|sample|ss)", r"\s+(?:\d+\s+)?", r"\s+(?:±.*\s)?UNIT/op\b", _TIME),
    _Tool("JMH", r"[\w.]+\.\w+\s+thrpt", r"\s+(?:\d+\s+)?", r"\s+(?:±.*\s)?UNIT", rf"ops/(?:{_TIME})", "higher"),
    _Tool("ab", r"Requests per second:", r"\s+", r" \[UNIT\]", "#/sec", "higher", "requests_per_s"),
)


def recognised(lines: Sequence[str]) -> tuple[Line, ...]:
    """Give the numbers of known benchmark tools in an output, in its order; none where no line is known."""
    found = [each for line in lines for each in _read(line)]
    names = Counter(each.metric for each in found)
    return tuple(each for each in found if names[each.metric] == 1 and _fits_once(each.pattern, lines))


def _read(line: str) -> Iterator[Line]:
    for tool in _TOOLS:
        after = tool.after.replace("UNIT", f"(?P<unit>{tool.units})")
        if match := re.match(rf"(?P<label>{tool.label}){tool.between}{_NUMBER}{after}", line):
            fixed = tool.after.replace("UNIT", re.escape(match["unit"]))
            pattern = rf"^{_spaced(match['label'])}{tool.between}({_NUMBER}){fixed}"
            unit = "1/s" if tool.metric else match["unit"]
            yield Line(tool.metric or _name(match["label"], unit), unit, tool.direction, pattern, tool.name)
            return


def _fits_once(pattern: str, lines: Sequence[str]) -> bool:
    return sum(1 for line in lines for _ in re.finditer(pattern, line)) == 1


def _spaced(label: str) -> str:
    """Give a pattern for a label in which the widths of blanks may change."""
    return r"\s+".join(re.escape(word) for word in label.split())


def _name(label: str, unit: str) -> str:
    """Give a metric's name: the benchmark's own, and the unit."""
    plain = re.sub(r"^test (.*) \.\.\. bench:$", r"\1", label)
    plain = re.sub(r"\s+(?:avgt|sample|ss|thrpt)$|^(?:Benchmark|BM_)(?=\w)", "", plain)
    return re.sub(r"\W+", "_", f"{plain}_{unit.replace('/', '_per_')}").strip("_").lower()
