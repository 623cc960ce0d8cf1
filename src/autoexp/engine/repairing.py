"""A change that crashed, failed its checks or could not be read: its own proposer sees the error, and mends it."""

from contextlib import suppress

from autoexp.campaign.events import Decided, MendAsked
from autoexp.campaign.stopping import too_dear
from autoexp.campaign.views import Repair
from autoexp.engine.candidates import Ending
from autoexp.engine.proposing import propose
from autoexp.engine.reserving import reserve
from autoexp.engine.weather import GivenUp
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Directive, Proposal
from autoexp.ports import NothingLeft, Proposer

MENDABLE = frozenset({Outcome.CRASH, Outcome.CHECKS_FAILED, Outcome.BAD_METRIC})
"""Outcomes of a measured change that its proposer may mend; one that could not be read or applied is told by ProposerFailed."""

TAIL = 4000
"""Letters of an error that a proposer sees again."""


def repairs(proposer: Proposer, *, made_by: str = "") -> int:
    """Tell how often a proposer is asked to mend one change; those that cannot are never asked, of several it is up to the one that made it."""
    each = getattr(proposer, "repairs_of", None)
    return int(each(made_by) if each is not None else getattr(proposer, "repairs", 0))


def maker(shop: Workshop) -> str:
    """Give the name of who proposed the change of the open experiment; empty where nobody has one."""
    opened = shop.state.open
    return opened.proposal.proposer if opened and opened.proposal else ""


def ask_to_mend(shop: Workshop, n: int, directive: Directive, ruling: Decided, *, left: int) -> Proposal | Ending:
    """Ask once, unless that would probably pass a cap. That nobody mends it is an ending like another, whatever the reason."""
    opened = shop.state.open
    tries = opened.repairs + 1 if opened else 1
    repair = Repair(ruling.outcome, ruling.detail[-TAIL:], left=left, proposer=maker(shop))
    reserved = reserve(shop, directive, repair=repair)
    if stop := too_dear(shop.state, shop.spec.budget, reserved, doing="mending takes"):
        return Ending(Outcome.PROPOSER_ERROR, stop.detail)
    with shop.faults.around("mend", n):
        shop.record(MendAsked(n=n, outcome=ruling.outcome, detail=ruling.detail, reserved=reserved))
    _put_aside(shop, n, tries)
    try:
        return propose(shop, n, directive, repair=repair)
    except (NothingLeft, GivenUp) as nothing:
        return Ending(Outcome.PROPOSER_ERROR, str(nothing) or "the proposer had nothing to add")


def may_be_mended(shop: Workshop, ruling: Decided) -> bool:
    """Tell whether a measured change is one that its proposer may mend.

    One that ran well and then broke is not: a change that breaks in runs that go badly would get a second row of runs by it.
    """
    ours = shop.state.open.of_side(Side.CANDIDATE) if shop.state.open else ()
    ran_well = any(sample.outcome is Outcome.MEASURED for sample in ours)
    return ruling.outcome is Outcome.CHECKS_FAILED or (ruling.outcome in MENDABLE and not ran_well)


def same_change(shop: Workshop, candidate: Candidate, ruling: Decided) -> bool:
    """Tell whether a mended candidate holds what the one before it held."""
    return ruling.commit is not None and not shop.repository.changed(ruling.commit, candidate.commit)


def _put_aside(shop: Workshop, n: int, tries: int) -> None:
    """Keep the output of the try that is mended apart from that of the next one."""
    folder = shop.folder.output / str(n)
    target = folder / f"try-{tries}"
    with suppress(OSError):
        files = [path for path in folder.iterdir() if not path.name.startswith("try-")]
        target.mkdir(exist_ok=True)
        for path in files:
            path.rename(target / path.name)
