"""Step 0, the experiment that was open when the last process died: brought to its end, once."""

from autoexp.campaign.events import Captured, Decided, Done
from autoexp.campaign.state import Experiment
from autoexp.engine.candidates import candidate_at
from autoexp.engine.conclude import settle
from autoexp.engine.workshop import Workshop
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate
from autoexp.processes.masking import mask_file


def close_open(shop: Workshop, experiment: Experiment) -> None:
    """Bring the experiment that was open when the last process died to its end."""
    _mask_output(shop, experiment.n)
    if experiment.outcome is None:
        candidate = adopt(shop, experiment) or experiment.candidate
        detail = "the process that worked on it ended before a verdict"
        ruling = Decided(
            n=experiment.n,
            outcome=Outcome.INTERRUPTED,
            detail=detail,
            commit=candidate.commit if candidate else None,
            base=experiment.parent,
        )
        with shop.faults.around("decision", experiment.n):
            shop.record(ruling)
    with shop.faults.around("keep", experiment.n):
        settle(shop, experiment.n)
    if shop.state.open is not None:
        with shop.faults.around("done", experiment.n):
            shop.record(Done(n=experiment.n, status=shop.state.open.ruled_status))


def adopt(shop: Workshop, experiment: Experiment) -> Candidate | None:
    """Put a candidate on record whose ref was the last thing that the dead process made, also where it mends one that is on record."""
    commit = shop.refs.read(shop.ref("attempt", experiment.n))
    known = experiment.candidate.commit if experiment.candidate else None
    if commit is None or commit == known or not _fits(shop, commit, experiment):
        return None
    candidate = candidate_at(shop, commit, experiment.parent, shop.repository.changed(experiment.parent, commit))
    shop.record(Captured(n=experiment.n, candidate=candidate))
    return candidate


def _fits(shop: Workshop, commit: str, experiment: Experiment) -> bool:
    if experiment.tests:
        return commit == shop.state.incumbent.commit
    return shop.repository.resolve(f"{commit}^") == experiment.parent


def _mask_output(shop: Workshop, n: int) -> None:
    """Mask what was printed by commands whose end nobody saw."""
    secrets = shop.secrets()
    for path in (shop.folder.output / str(n)).rglob("*"):
        if path.is_file() and not path.is_symlink():
            mask_file(path, secrets)
