"""Run the holdout once: like a sample, but with one number under any name, and on the tree with what is hidden."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness import measure
from autoexp.harness.bench import Bench, told
from autoexp.harness.lines import BadMetric, lines_of, number, quote
from autoexp.harness.metrics import FormName, read
from autoexp.spec.sections import METRIC_NAME, MetricSection

_METRIC = re.compile(rf"METRIC ({METRIC_NAME.pattern})=(.*)", re.DOTALL)


def hold_out(bench: Bench, tree: Path, side: Side, *, i: int, seed: int, name: str) -> Sample:
    """Run `harness.holdout` in `tree`, which holds the hidden files, and give the one value that it reported.

    There are no warm-up runs: a candidate meets each input of the holdout once. Raises ValueError where the contract has none.
    """
    harness = bench.harness
    if harness.holdout is None:
        raise ValueError("the contract has no holdout")
    own = {"measure": harness.holdout, "timeout_s": harness.holdout_timeout_s, "metrics": "json"}
    # Without metrics nothing printed is missed; the value is read here.
    quiet = replace(bench, harness=harness.model_copy(update=own), metrics={}, warmup=0)
    taken = measure.sample(quiet, tree, side, i=i, seed=seed, name=name)
    if taken.outcome not in {Outcome.MEASURED, Outcome.BAD_METRIC}:
        return taken
    files = bench.files(name)
    try:
        printed, form = (files.stdout, harness.metrics) if taken.channel == "stdout" else (files.report, "lines")
        values, scored = one_value(printed, form, bench.metrics), items_in(printed)
    except BadMetric as bad:
        return taken.model_copy(
            update={"outcome": Outcome.BAD_METRIC, "values": {}, "items": {}, "detail": told(str(bad), files.tail())}
        )
    found = {"outcome": Outcome.MEASURED, "values": values, "items": {}, "scored": scored, "detail": ""}
    return taken.model_copy(update=found)


def one_value(printed: Path, form: FormName, metrics: Mapping[str, MetricSection]) -> dict[str, float]:
    """Read the one METRIC line of an output, else the primary metric in the contract's form. Raises BadMetric."""
    found: dict[str, float] = {}
    with printed.open("rb") as stream:
        for line in lines_of(stream):
            if line.startswith("METRIC ") and (match := _METRIC.fullmatch(line)):
                if found:
                    raise BadMetric(f"the holdout prints one METRIC line, and this is a second: {quote(line)}")
                found[match[1]] = number(match[2], line)
    if found:
        return found
    if form == "lines":
        raise BadMetric("the holdout did not print a line METRIC name=value")
    return _in_form(printed, form, metrics)


def items_in(printed: Path) -> int:
    """Count the ITEM lines of an output: so many held-out items were scored, where the holdout says so."""
    with printed.open("rb") as stream:
        return sum(1 for line in lines_of(stream) if line.startswith("ITEM "))


def _in_form(printed: Path, form: FormName, metrics: Mapping[str, MetricSection]) -> dict[str, float]:
    primary = [name for name, metric in metrics.items() if metric.role == "primary"]
    optional = {name: metric.model_copy(update={"role": "secondary"}) for name, metric in metrics.items()}
    reading = read(printed, form, {name: metrics[name] for name in primary} if form == "number" else optional)
    chosen = {name: reading.values[name] for name in primary if name in reading.values} or dict(reading.values)
    if reading.problem or len(chosen) != 1:
        raise BadMetric(reading.problem or "the holdout prints one number: the primary metric, or one METRIC line")
    return chosen
