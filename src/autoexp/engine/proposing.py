"""Step 2: the proposer edits a disposable copy. What it cost is put on record whether or not a proposal comes of it."""

import json
from collections.abc import Mapping
from functools import partial

from autoexp import briefs
from autoexp.campaign.events import Proposed
from autoexp.campaign.views import Repair
from autoexp.engine.briefing import brief_of
from autoexp.engine.candidates import Ending
from autoexp.engine.weather import GivenUp, patiently
from autoexp.engine.workshop import Workshop
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Directive, Proposal, Traffic
from autoexp.ports import Desk, NothingLeft, ProposerFailed
from autoexp.processes.environment import remove
from autoexp.processes.traffic import Counts


def propose(shop: Workshop, n: int, directive: Directive, *, repair: Repair | None = None) -> Proposal | Ending:
    """Let the proposer edit a disposable copy of the parent's tree, or mend the change that it has made there.

    Raises NothingLeft, and GivenUp when its service does not serve.
    """
    opened = shop.state.open
    parent = opened.parent if opened else shop.state.incumbent.commit
    candidate = opened.candidate.commit if opened and opened.candidate else None
    brief = brief_of(shop.state, directive, shop.contract, repair=repair)
    doing = f"experiment {n}: proposing" if repair is None else f"experiment {n}: mending ({repair.outcome.value})"
    shop.observer.working(doing)
    with shop.faults.around("propose", n):
        shop.desk.mkdir(parents=True, exist_ok=True)
        if repair is None:
            remove(shop.home)
        shop.home.mkdir(mode=0o700, exist_ok=True)
        brief_json, brief_md = shop.desk / "brief.json", shop.desk / "brief.md"
        brief_json.write_text(json.dumps(briefs.as_json(brief), ensure_ascii=False), encoding="utf-8")
        brief_md.write_text(briefs.as_markdown(brief), encoding="utf-8")
        started, talk = shop.clock(), shop.cells.talk()

        def asked() -> Proposal:
            """Ask once, on a fresh copy: one that was cut off before may have left half an edit."""
            fresh = partial(shop.copy.reset, parent)
            if repair is not None:
                fresh = partial(shop.copy.again, parent, candidate)
            output = shop.folder.output / str(n)
            desk = Desk(fresh(), brief_json, brief_md, output, shop.marker, fresh, home=shop.home)
            return shop.proposer.propose(brief, desk)

        nothing: NothingLeft | GivenUp | None = None
        ending: Ending | None = None
        try:
            said: Proposal | None = patiently(shop, n, asked, doing=doing)
        except (NothingLeft, GivenUp) as left:
            said, nothing = left.said, left
        except ProposerFailed as failed:
            said = failed.said
            outcome = Outcome.INTERRUPTED if shop.stop() else failed.outcome
            ending = Ending(outcome, str(failed), mendable=failed.mendable and not shop.stop())
        if said is not None:
            engine_own = {
                "wall_s": round(shop.clock() - started, 3),
                "sandbox": shop.sandbox["proposer"],
                "traffic": _since(talk, shop.cells.talk()),
            }
            said = said.model_copy(update=engine_own)
            shop.record(Proposed(n=n, proposal=said))
    if nothing is not None:
        raise nothing
    if ending is not None or said is None:
        return ending or Ending(Outcome.PROPOSER_ERROR, "the proposer said nothing")
    return Ending(Outcome.INTERRUPTED, shop.stop.reason) if shop.stop() else said


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
