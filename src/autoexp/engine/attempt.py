"""One experiment: the steps of the protocol in order. What ends it early is a value, not an exception."""

from autoexp.campaign.events import Captured, Decided, Intent, Withdrawn
from autoexp.campaign.interruptions import mended_before
from autoexp.campaign.views import derived_seed
from autoexp.engine.candidates import Ending, candidate_at, carry_over, present, take_again
from autoexp.engine.composing import compose
from autoexp.engine.conclude import conclude
from autoexp.engine.disk import is_quota
from autoexp.engine.judge import judge
from autoexp.engine.printed import mask_output
from autoexp.engine.proposing import propose
from autoexp.engine.repairing import ask_to_mend, maker, may_be_mended, repairs, same_change
from autoexp.engine.reserving import reserve
from autoexp.engine.weather import GivenUp
from autoexp.engine.workshop import Workshop
from autoexp.errors import DiskFull, StorageError, WorldError
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Directive, Proposal, Reserve
from autoexp.ports import NothingLeft
from autoexp.workspaces.changes import Capture
from autoexp.workspaces.fixtures import in_the_way
from autoexp.workspaces.quoting import listed, shown
from autoexp.workspaces.refs import RefUpdate

PATHS_NAMED = 20
SECRET = ("secret",)


def attempt(shop: Workshop, directive: Directive, *, reserved: Reserve | None = None) -> None:
    """Make one experiment from intent to done, or a checkpoint test; `reserved` is what was set aside for it.

    Raises NothingLeft when the proposer has nothing left, GivenUp when its service does not serve: then the number is withdrawn. A failing
    machine ends the experiment as infra_error, and a rule ends a row of these; only a record that cannot be written ends the session at once.
    DiskFull is raised before an experiment for which there is no room, and after one whose quota was used up.
    """
    n = intend(shop, directive, reserved or reserve(shop, directive))
    finish(shop, n, directive)


def finish(shop: Workshop, n: int, directive: Directive) -> None:
    """Bring the open experiment to its end, from where its record stands: another session may have begun it. Raises what `attempt` does."""
    quota: DiskFull | None = None
    try:
        ruling, mendable = _tried(shop, n, _candidate(shop, n, directive))
        if directive.operator != "confirm" and not directive.by_person:
            ruling = _mended(shop, n, directive, ruling, mendable=mendable)
    except (NothingLeft, GivenUp) as left:
        with shop.faults.around("withdraw", n):
            shop.record(Withdrawn(n=n, reason=str(left)))
        raise
    except StorageError:
        raise
    except (WorldError, OSError) as error:
        mask_output(shop, n)
        full = shop.room.full(error)
        quota = full if is_quota(error) else None  # a full disk shows before the next experiment, if it is full then
        ruling = _unmeasured(n, Ending(Outcome.INFRA_ERROR, str(full or error)), shop)
    conclude(shop, ruling)
    if quota is not None:
        raise quota


def _candidate(shop: Workshop, n: int, directive: Directive) -> Candidate | Ending:
    if shop.state.open is not None and shop.state.open.candidate is not None:
        return shop.state.open.candidate
    if directive.operator == "confirm":
        return present(shop, n)
    if directive.of is not None:
        return carry_over(shop, n, directive.of)
    if directive.members:
        return compose(shop, n, directive)
    if directive.again is not None:
        return take_again(shop, n, directive.again)
    proposal = propose(shop, n, directive)
    return proposal if isinstance(proposal, Ending) else capture(shop, n, proposal)


def _tried(shop: Workshop, n: int, candidate: Candidate | Ending) -> tuple[Decided, bool]:
    """Give the ruling on a try, and whether its proposer might mend what is wrong with it."""
    if isinstance(candidate, Ending):
        return _unmeasured(n, candidate, shop), candidate.mendable
    ruling = judge(shop, n, candidate)
    return ruling, may_be_mended(shop, ruling)


def _mended(shop: Workshop, n: int, directive: Directive, ruling: Decided, *, mendable: bool) -> Decided:
    """Let the same proposer mend its change, as often as it may; what does not come of it leaves the ruling as it was."""
    done = mended_before(shop.state, directive.again) + (shop.state.open.repairs if shop.state.open else 0)
    for left in reversed(range(repairs(shop.proposer, made_by=maker(shop)) - done)):
        if not mendable or shop.stop():
            break
        again = ask_to_mend(shop, n, directive, ruling, left=left)
        candidate = again if isinstance(again, Ending) else capture(shop, n, again)
        if isinstance(candidate, Ending) and candidate.outcome is not Outcome.OUT_OF_SCOPE:
            if candidate.outcome is Outcome.INTERRUPTED:
                return _unmeasured(n, candidate, shop)
            ruling = ruling.model_copy(update={"detail": f"{ruling.detail}\nnot mended: {candidate.detail}".strip()})
            mendable = candidate.mendable
        elif isinstance(candidate, Candidate) and same_change(shop, candidate, ruling):
            told = f"{ruling.detail}\nnot mended: it was left as it is".strip()
            return ruling.model_copy(update={"detail": told, "commit": candidate.commit})
        else:
            ruling, mendable = _tried(shop, n, candidate)
    return ruling


def intend(shop: Workshop, directive: Directive, reserved: Reserve) -> int:
    """Step 1: use up a number before anything is done for it. Raises DiskFull where there is too little room for it."""
    shop.room.refuse_short()
    state = shop.state
    n = state.last_n + 1
    parent = directive.parents[0] if directive.parents else state.incumbent.commit
    seed = derived_seed(state.seed, state.counts.decided)
    with shop.faults.around("intent", n):
        shop.record(
            Intent(n=n, directive=directive, parent=parent, segment=shop.segment.k, seed=seed, reserved=reserved)
        )
    return n


def capture(shop: Workshop, n: int, proposal: Proposal) -> Candidate | Ending:
    """Steps 3 and 4: take the edits in scope as a commit, and give it a ref before it is measured."""
    opened = shop.state.open
    parent = opened.parent if opened else shop.state.incumbent.commit
    with shop.faults.around("capture", n):
        captured = shop.copy.capture(shop.scope)
        if captured.secrets:
            named = "; ".join(captured.secrets[:PATHS_NAMED])
            return Ending(Outcome.OUT_OF_SCOPE, f"the change holds a secret, nothing of it was stored: {named}", SECRET)
        if captured.outside:
            return Ending(Outcome.OUT_OF_SCOPE, _beyond(captured))
        if blocked := in_the_way([one.path for one in captured.changes if one.new], shop.cells.fixtures):
            named = listed(blocked, PATHS_NAMED)
            return Ending(
                Outcome.OUT_OF_SCOPE, f"stands where harness.provide or harness.writable has a place: {named}"
            )
        if not captured.changes:
            # Who was cut short before it changed anything has not tried an idea.
            if proposal.ending:
                return Ending(Outcome.PROPOSER_ERROR, f"nothing was changed: {proposal.ending}")
            return Ending(Outcome.NO_CHANGE, "the proposal changed nothing")
        message = f"experiment {n}: {proposal.description or 'no description'}\n\n{proposal.hypothesis}".strip() + "\n"
        when = int(opened.started) if opened else 0
        commit = shop.repository.commit(parent, captured.changes, message, when=when)
    with shop.faults.around("attempt", n):
        shop.refs.update(_refs_of_attempt(shop, n, commit))
    candidate = candidate_at(shop, commit, parent, captured.changes)
    shop.record(Captured(n=n, candidate=candidate))
    return candidate


def _beyond(captured: Capture) -> str:
    """Say what a proposer had no right to change, and what in scope can be no part of a candidate."""
    beyond = [path for path in captured.outside if path not in captured.unfit]
    odd = [path for path in captured.outside if path in captured.unfit][:PATHS_NAMED]
    said = [f"changed outside of the scope: {listed(beyond, PATHS_NAMED)}"] if beyond else []
    return "; ".join([*said, *(f"cannot be taken: {shown(path)} is {captured.unfit[path]}" for path in odd)])


def _refs_of_attempt(shop: Workshop, n: int, commit: str) -> list[RefUpdate]:
    """Point the ref of an attempt at its candidate. One that is mended keeps a ref of its own, for it was measured."""
    opened, name = shop.state.open, shop.ref("attempt", n)
    before = opened.candidate.commit if opened and opened.candidate else None
    if before is None or opened is None:
        return [RefUpdate(name, commit, None)]
    made_by = next((i for i, one in enumerate(opened.tries, 1) if one.candidate == opened.candidate), opened.repairs)
    kept = shop.ref("attempt", f"{n}-try-{made_by}")
    return [*([] if shop.refs.read(kept) else [RefUpdate(kept, before, None)]), RefUpdate(name, commit, before)]


def _unmeasured(n: int, ending: Ending, shop: Workshop) -> Decided:
    opened = shop.state.open
    candidate = opened.candidate if opened else None
    return Decided(
        n=n,
        outcome=ending.outcome,
        detail=ending.detail,
        commit=candidate.commit if candidate else None,
        base=opened.parent if opened else "",
        flags=ending.flags,
    )
