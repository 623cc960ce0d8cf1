"""What is known of the coding agents that worked at an experiment, and where what they printed lies."""

from pathlib import Path
from typing import Any

from autoexp.campaign.experiments import Experiment
from autoexp.campaign.rows import tries_of

PRINTED = "proposer.out"


def of(experiment: Experiment, output: Path) -> dict[str, Any]:
    """Give the program with its version, who counted its tokens, what cut its work short, and its transcript, with those of its tries.

    `output` is the folder of the experiment. A proposer that is no agent has no program, and what it printed is no transcript.
    """
    last = experiment.paid[-1] if experiment.paid else None
    tries = [
        {**row, "transcript": _path(output / f"try-{i}", agent=bool(one.proposal and one.proposal.program))}
        for i, (row, one) in enumerate(zip(tries_of(experiment), experiment.tries, strict=True), 1)
    ]
    return {
        "tries": tries,
        "program": last.program if last else "",
        "tokens_source": sorted({said.tokens_source for said in experiment.paid if said.tokens_source}),
        "ending": last.ending if last else "",
        "transcript": _path(output, agent=bool(last and last.program)),
    }


def _path(folder: Path, *, agent: bool) -> str | None:
    path = folder / PRINTED
    return str(path) if agent and path.is_file() else None
