"""Every audit by its name, in the order in which they are run: those that read only, then those that run the harness."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from autoexp.harness.audits.clocks import sampler, short_run
from autoexp.harness.audits.data import dated_data, unseeded_data
from autoexp.harness.audits.disguise import constant_term, disguise
from autoexp.harness.audits.finding import Figure, Finding
from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.knobs import placebo_knobs
from autoexp.harness.audits.missing import no_checks, no_holdout
from autoexp.harness.audits.process import same_process
from autoexp.harness.audits.skipped import skipped_work
from autoexp.harness.audits.tripwire import tripwire
from autoexp.harness.audits.unarmed import unarmed_checks
from autoexp.harness.audits.values import coarse_metric, constant_metric


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit: its name, the question that it answers, and whether it runs the harness more than `check` has done anyway."""

    name: str
    question: str
    run: Callable[[Ground], Iterable[Finding]]
    runs_harness: bool = False


AUDITS: tuple[Audit, ...] = (
    Audit("no-holdout", "is anything measured that the proposer cannot read?", no_holdout),
    Audit("no-checks", "does anything tell a right answer from a wrong one?", no_checks),
    Audit("disguise", "is a metric of several terms one of them?", disguise),
    Audit("constant-term", "is a part of the metric the same whatever the target does?", constant_term),
    Audit("sampler", "has what samples memory and CPU ever looked?", sampler),
    Audit("tripwire", "must the measurement fail without the target?", tripwire, runs_harness=True),
    Audit("skipped-work", "is the number better when the work is skipped?", skipped_work, runs_harness=True),
    Audit("same-process", "can the target report its own number?", same_process, runs_harness=True),
    Audit("unseeded-data", "are the data the same when the seed is?", unseeded_data, runs_harness=True),
    Audit("dated-data", "are the data the same on another day?", dated_data, runs_harness=True),
    Audit("coarse-metric", "does the number move in steps that are fine enough?", coarse_metric, runs_harness=True),
    Audit("constant-metric", "does the number move when the target changes?", constant_metric, runs_harness=True),
    Audit("placebo-knobs", "which knobs do nothing?", placebo_knobs, runs_harness=True),
    Audit("short-run", "is what is timed long enough to be timed?", short_run, runs_harness=True),
    Audit("unarmed-checks", "are small mistakes in the target noticed?", unarmed_checks, runs_harness=True),
)


def run_audits(ground: Ground, *, skip: Collection[str] = ()) -> Iterator[Finding]:
    """Give the findings of all audits but those switched off by name; one that the time does not reach leaves a figure that says so."""
    for audit in AUDITS:
        if audit.name in skip:
            continue
        if audit.runs_harness and ground.left_s() <= 0:
            ground.figure(Figure(audit.name, "not made, the time for audits was over (`--audit-time` gives more)"))
            continue
        ground.tell(f"audit {audit.name}: {audit.question}")
        yield from audit.run(ground)


def unknown(name: str) -> str:
    """Say what to write instead of a name that no audit has; empty for one that has it."""
    names = [audit.name for audit in AUDITS]
    if name in names:
        return ""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"audits: {', '.join(names)}"
