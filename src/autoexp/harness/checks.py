"""Run the checks: the yes or no without which nothing is kept."""

from pathlib import Path

from autoexp.experiment.outcome import Outcome
from autoexp.harness.bench import Bench, told
from autoexp.harness.measure import ended
from autoexp.ports import Checked
from autoexp.processes.masking import mask_file


def check(bench: Bench, tree: Path, *, name: str) -> Checked:
    """Run the checks in `tree`; outcome measured means that they passed, or that there are none.

    Whatever else they do, also not to end in time, is `checks_failed` with the reason in words: a candidate that makes
    its checks hang is not correct. Only a stop from outside is `interrupted`.
    """
    command = bench.harness.checks
    if command is None:
        return Checked(Outcome.MEASURED)
    files = bench.files(name)
    with bench.surroundings() as around:
        finished = bench.start(command, tree, around, timeout_s=bench.harness.checks_timeout_s, files=files)
        outcome, reason = ended(finished, files)
        if outcome not in {Outcome.MEASURED, Outcome.INTERRUPTED}:
            outcome = Outcome.CHECKS_FAILED
        good = outcome is Outcome.MEASURED
        detail = "" if good else told(f"the checks failed: {reason}", files.tail(around.secrets))
        for printed in (files.stdout, files.stderr):
            mask_file(printed, around.secrets)
    return Checked(outcome, detail, finished.usage, files.name)
