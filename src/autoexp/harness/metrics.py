"""What a harness printed, read as metrics. The output is streamed: its length does not matter."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autoexp.harness import forms
from autoexp.harness.lines import LONGEST_LINE, BadMetric, Tally, lines_of, quote
from autoexp.spec.sections import MEASURED_BY_AUTOEXP, MetricSection, RegexMetrics

FormName = Literal["lines", "keyvalue", "json", "number"] | RegexMetrics
_LONGEST_JSON = 1 << 24


@dataclass(frozen=True, slots=True)
class Reading:
    """Values of the declared metrics, scores of items, and cost; `problem` says why there is no measurement."""

    values: Mapping[str, float] = field(default_factory=dict)
    items: Mapping[str, float] = field(default_factory=dict)
    cost_usd: float | None = None
    problem: str = ""


def read(
    stdout: Path, form: FormName, metrics: Mapping[str, MetricSection], measured: Mapping[str, float] | None = None
) -> Reading:
    """Read a stored stdout. Never raises over what is in it: a wrong one is a Reading with a `problem`."""
    with stdout.open("rb") as stream:
        return read_lines(
            lines_of(stream, longest=_LONGEST_JSON if form == "json" else LONGEST_LINE), form, metrics, measured
        )


def read_lines(
    lines: Iterable[str],
    form: FormName,
    metrics: Mapping[str, MetricSection],
    measured: Mapping[str, float] | None = None,
) -> Reading:
    """Read the lines of a stdout; `measured` holds what autoexp measured itself and fills those names.

    A primary or guard metric that is missing is a problem, a secondary one is not. `diff_lines` is never missed here: it
    is known only outside. When autoexp measures everything that is declared, the output may hold anything.
    """
    printed = [name for name in metrics if name not in MEASURED_BY_AUTOEXP]
    tally, hint = Tally(), _Hint()
    rest = _without_tallied(lines, tally)
    if form == "lines":
        rest = hint.of(rest)
    try:
        values = _form(form, metrics)(rest, printed) if printed or form == "lines" else _drained(rest)
    except BadMetric as bad:
        with suppress(BadMetric):  # what it cost counts all the same
            _drained(rest)
        return Reading(items=tally.items, cost_usd=tally.cost_usd, problem=str(bad))
    missing = [name for name in printed if metrics[name].role != "secondary" and name not in values]
    if missing:
        return Reading(items=tally.items, cost_usd=tally.cost_usd, problem=_missing(missing[0], form) + hint.text)
    own = {name: value for name, value in (measured or {}).items() if name in metrics}
    return Reading({**values, **own}, tally.items, tally.cost_usd)


def _form(form: FormName, metrics: Mapping[str, MetricSection]) -> forms.Form:
    if isinstance(form, RegexMetrics):
        return forms.by_patterns(form.regex)
    if form == "number":
        primary = [name for name, metric in metrics.items() if metric.role == "primary"]
        return lambda lines, printed: forms.one_number(lines, [name for name in primary if name in printed])
    return {"lines": forms.metric_lines, "keyvalue": forms.key_values, "json": forms.json_object}[form]


def _drained(lines: Iterable[str]) -> dict[str, float]:
    for _ in lines:
        pass
    return {}


def _without_tallied(lines: Iterable[str], tally: Tally) -> Iterator[str]:
    return (line for line in lines if not tally.takes(line))


class _Hint:
    """Remembers a line that looks like a metric, to show it when one is missing."""

    def __init__(self) -> None:
        self.text = ""

    def of(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            if not self.text and forms.looks_like_metric(line):
                self.text = f"; this line is not `METRIC name=value`: {quote(line)}"
            yield line


def _missing(name: str, form: FormName) -> str:
    if isinstance(form, RegexMetrics):
        return f"the pattern of {name} fits no line of the output"
    printed = {"lines": f"METRIC {name}", "keyvalue": f"a line `{name}: ...` behind ---", "json": f"the key {name}"}
    return f"the harness did not print {printed.get(form, name)}"
