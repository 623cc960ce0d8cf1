"""One experiment: the steps of the protocol in order. What ends it early is a value, not an exception."""

import json
from collections.abc import Mapping

from autoexp import briefs
from autoexp.campaign.events import Captured, Decided, Intent, Proposed, Withdrawn
from autoexp.campaign.views import derived_seed
from autoexp.engine.briefing import brief_of
from autoexp.engine.candidates import Ending, candidate_at, carry_over, present
from autoexp.engine.conclude import conclude
from autoexp.engine.judge import judge
from autoexp.engine.workshop import Workshop
from autoexp.errors import StorageError, WorldError
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Directive, Proposal, Traffic
from autoexp.ports import Desk, NothingLeft, ProposerFailed
from autoexp.processes.traffic import Counts
from autoexp.workspaces.fixtures import in_the_way
from autoexp.workspaces.refs import RefUpdate

PATHS_NAMED = 20
SECRET = ("secret",)


def attempt(shop: Workshop, directive: Directive) -> None:
    """Make one experiment from intent to done, or a checkpoint test. Raises NothingLeft when the proposer has nothing left.

    A failing machine ends the experiment as infra_error, and a rule ends a row of these; only a record that cannot be
    written ends the session at once.
    """
    n = intend(shop, directive)
    try:
        candidate = _candidate(shop, n, directive)
        ruling = _unmeasured(n, candidate, shop) if isinstance(candidate, Ending) else judge(shop, n, candidate)
    except StorageError:
        raise
    except (WorldError, OSError) as error:
        ruling = _unmeasured(n, Ending(Outcome.INFRA_ERROR, str(error)), shop)
    conclude(shop, ruling)


def _candidate(shop: Workshop, n: int, directive: Directive) -> Candidate | Ending:
    if directive.operator == "confirm":
        return present(shop, n)
    if directive.of is not None:
        return carry_over(shop, n, directive.of)
    proposal = propose(shop, n, directive)
    return proposal if isinstance(proposal, Ending) else capture(shop, n, proposal)


def intend(shop: Workshop, directive: Directive) -> int:
    """Step 1: use up a number before anything is done for it."""
    state = shop.state
    n = state.last_n + 1
    parent = directive.parents[0] if directive.parents else state.incumbent.commit
    seed = derived_seed(state.seed, state.counts.decided)
    with shop.faults.around("intent", n):
        shop.record(Intent(n=n, directive=directive, parent=parent, segment=shop.segment.k, seed=seed))
    return n


def propose(shop: Workshop, n: int, directive: Directive) -> Proposal | Ending:
    """Step 2: let the proposer edit a disposable copy of the parent's tree."""
    opened = shop.state.open
    parent = opened.parent if opened else shop.state.incumbent.commit
    brief = brief_of(shop.state, directive, shop.contract)
    shop.observer.working(f"experiment {n}: proposing")
    with shop.faults.around("propose", n):
        desk = Desk(
            workspace=shop.copy.reset(parent),
            brief_json=shop.desk / "brief.json",
            brief_md=shop.desk / "brief.md",
            output=shop.folder.output / str(n),
            marker=shop.marker,
        )
        shop.desk.mkdir(parents=True, exist_ok=True)
        desk.brief_json.write_text(json.dumps(briefs.as_json(brief)), encoding="utf-8")
        desk.brief_md.write_text(briefs.as_markdown(brief), encoding="utf-8")
        started, talk = shop.clock(), shop.cells.talk()
        try:
            proposal = shop.proposer.propose(brief, desk)
        except NothingLeft as nothing:
            shop.record(Withdrawn(n=n, reason=str(nothing)))
            raise
        except ProposerFailed as failed:
            outcome = Outcome.INTERRUPTED if shop.stop() else Outcome.PROPOSER_ERROR
            return Ending(outcome, str(failed))
        proposal = proposal.model_copy(
            update={
                "wall_s": round(shop.clock() - started, 3),
                "sandbox": shop.sandbox["proposer"],
                "traffic": _since(talk, shop.cells.talk()),
            }
        )
        shop.record(Proposed(n=n, proposal=proposal))
    return Ending(Outcome.INTERRUPTED, shop.stop.reason) if shop.stop() else proposal


def _since(before: Mapping[str, Counts], now: Mapping[str, Counts]) -> dict[str, Traffic]:
    """Give what was said to each host meanwhile."""
    talk = {}
    for host, counts in now.items():
        old = before.get(host, Counts())
        if counts != old:
            talk[host] = Traffic(
                sent=counts.sent - old.sent,
                received=counts.received - old.received,
                connections=counts.connections - old.connections,
                refused=counts.refused - old.refused,
            )
    return talk


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
            named = ", ".join(captured.outside[:PATHS_NAMED])
            return Ending(Outcome.OUT_OF_SCOPE, f"changed outside of the scope: {named}")
        if blocked := in_the_way([one.path for one in captured.changes if one.new], shop.cells.fixtures):
            named = ", ".join(blocked[:PATHS_NAMED])
            return Ending(
                Outcome.OUT_OF_SCOPE, f"stands where harness.provide or harness.writable has a place: {named}"
            )
        if not captured.changes:
            return Ending(Outcome.NO_CHANGE, "the proposal changed nothing")
        message = f"experiment {n}: {proposal.description or 'no description'}\n\n{proposal.hypothesis}".strip() + "\n"
        when = int(opened.started) if opened else 0
        commit = shop.repository.commit(parent, captured.changes, message, when=when)
    with shop.faults.around("attempt", n):
        shop.refs.update([RefUpdate(shop.ref("attempt", n), commit, None)])
    candidate = candidate_at(shop, commit, parent, captured.changes)
    shop.record(Captured(n=n, candidate=candidate))
    return candidate


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
