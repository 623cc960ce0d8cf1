"""What a harness reported on its private descriptor, through autoexp.harness_kit."""

from collections.abc import Mapping
from pathlib import Path

from autoexp.harness.lines import lines_of
from autoexp.harness.metrics import Reading, read_lines
from autoexp.spec.sections import MetricSection

HEADER = b"AUTOEXP-KIT 1\n"
_UNAVAILABLE = "UNAVAILABLE "


def channel_of(report: Path) -> str:
    """Tell where a run's metrics are: `kit` once a harness has announced itself on its descriptor, else `stdout`."""
    try:
        with report.open("rb") as written:
            return "kit" if written.read(len(HEADER)) == HEADER else "stdout"
    except OSError:
        return "stdout"


def unavailable(report: Path) -> str:
    """Give what a harness wrote on its descriptor about a service that does not serve; empty when it wrote nothing such."""
    with report.open("rb") as written:
        if written.read(len(HEADER)) != HEADER:
            return ""
        told = [line for line in lines_of(written) if line.startswith(_UNAVAILABLE)]
    return told[-1].removeprefix(_UNAVAILABLE) if told else ""


def read_report(report: Path, metrics: Mapping[str, MetricSection], measured: Mapping[str, float]) -> Reading:
    """Read it: METRIC, ITEM and COST lines. A harness that ended before its report has no measurement."""
    with report.open("rb") as written:
        written.seek(len(HEADER))
        reading = read_lines(lines_of(written), "lines", metrics, measured)
    if reading.problem.startswith("the harness did not print"):
        return Reading(reading.values, reading.items, reading.cost_usd, f"{reading.problem} in its report")
    return reading
