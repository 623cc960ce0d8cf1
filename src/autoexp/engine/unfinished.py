"""Step 0, the experiment that was open when the last process died: taken up again where that is sound, else brought to its end, once."""

from autoexp.campaign.events import Captured, Continued, Decided, Done
from autoexp.campaign.resuming import hindrance, sound_samples
from autoexp.campaign.state import Experiment
from autoexp.engine.attempt import finish
from autoexp.engine.candidates import candidate_at
from autoexp.engine.conclude import conclude, settle
from autoexp.engine.printed import mask_output
from autoexp.engine.segments import misfit
from autoexp.engine.workshop import Workshop
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate

ENDED = "the process that worked on it ended before a verdict"


def look_after(shop: Workshop, experiment: Experiment) -> None:
    """Make a verdict true that was on record when the last process died; without one, put the candidate on record that it made."""
    mask_output(shop, experiment.n)
    if experiment.outcome is None:
        adopt(shop, experiment)
        return
    with shop.faults.around("keep", experiment.n):
        settle(shop, experiment.n)
    with shop.faults.around("done", experiment.n):
        shop.record(Done(n=experiment.n, status=experiment.ruled_status))


def go_on(shop: Workshop) -> None:
    """Take up the experiment that has no verdict yet, if there is one: what it lacks is measured, or it is closed as interrupted, saying why.

    Nothing is measured before what is on record is known to compare with what would be measured now. Raises DiskFull where there is too little
    room for it.
    """
    opened = shop.state.open
    if opened is None:
        return
    if why := _hindrance(shop):
        conclude(shop, _interrupted(opened, why))
        return
    shop.room.refuse_short()
    ours, theirs = sound_samples(shop.state)
    shop.record(Continued(n=opened.n, pause_s=round(opened.pause_s or 0.0, 3), candidate=ours, incumbent=theirs))
    finish(shop, opened.n, opened.directive)


def _hindrance(shop: Workshop) -> str:
    if why := hindrance(shop.state):
        return why
    changed = misfit(shop)
    return f"{changed} changed" if changed else ""


def _interrupted(opened: Experiment, why: str) -> Decided:
    found = opened.candidate
    detail = f"{ENDED}, and it was not taken up again: {why}" if found else ENDED
    commit = found.commit if found else None
    return Decided(n=opened.n, outcome=Outcome.INTERRUPTED, detail=detail, commit=commit, base=opened.parent)


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
