"""The journal's own lines, kept in git beside the commits: from these blobs a lost journal is made again, byte for byte.

A segment's blob and each verdict's hold the lines since the verdict or segment before; the tail holds what came after the last of them.
"""

from collections.abc import Mapping
from typing import Any

from autoexp.campaign.events import BaselineMeasured, Noted
from autoexp.campaign.state import Experiment, Segment
from autoexp.engine.lost import at_odds, behind
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError, GitError
from autoexp.stores.backward import place_of
from autoexp.stores.blobs import Held, packed, unpacked
from autoexp.stores.reading import Position, lines_from
from autoexp.workspaces.refs import RefUpdate

LONG_WAIT_S = 20.0
"""A wait of this length or more is long: what was recorded until then is kept in git first."""


def meet(shop: Workshop) -> None:
    """Find out how far git holds the journal. Raises CampaignError when git holds records that the journal does not."""
    path, since = shop.folder.journal, Position()
    for name in _last_names(shop):
        held = _held(shop, name)
        if held is None or not held.lines:
            continue
        place = place_of(path, held.end) if held.end <= shop.state.events else None  # a line behind these is torn
        if place is None:
            raise behind(shop.folder, f"records up to number {held.end - 1}")
        if place.previous != held.digest:
            raise _another(shop, name)
        if name != shop.ref("tail") and place.number > since.number:
            since = place
    shop.mirrored = since


def keep_verdict(shop: Workshop, experiment: Experiment) -> RefUpdate:
    """Store the blob of a verdict, and give the move of its ref. The number's ref must not exist yet."""
    blob = _store(shop, experiment_head(experiment), _since(shop))
    return RefUpdate(shop.ref("record", experiment.n), blob, None)


def kept(shop: Workshop) -> None:
    """Note that everything recorded until now lies below a ref that is not moved any more."""
    shop.mirrored = _end(shop)


def keep_segment(shop: Workshop, segment: Segment) -> None:
    """Keep a segment with all lines since the last verdict, or since those that the ref has held until now."""
    name, since = shop.ref("segment", segment.k), _since(shop)
    old = shop.refs.read(name)
    before = unpacked(shop.repository.read_blob(old)) if old is not None else None
    if before is not None and before.first < since.number:
        since = place_of(shop.folder.journal, before.first) or Position()
    with shop.faults.around("mirror", segment.k):
        shop.refs.update([RefUpdate(name, _store(shop, segment_head(segment), since), old)])
    kept(shop)


def keep_tail(shop: Workshop) -> None:
    """Keep the lines since the last verdict or segment. What hinders it is a note: the journal itself is whole."""
    name = shop.ref("tail")
    try:
        since = _since(shop)
        blob = _store(shop, {"tail": True}, since)
        old = shop.refs.read(name)
        if blob != old:
            with shop.faults.around("tail", 0):
                shop.refs.update([RefUpdate(name, blob, old)])
    except GitError as error:
        shop.record(Noted(text=f"{name} was not written, so git does not hold the last records: {error}"))


def experiment_head(experiment: Experiment) -> dict[str, Any]:
    """Give what a person who looks at a verdict's blob reads first; all else stands in the lines below."""
    proposal, candidate, decision = experiment.proposal, experiment.candidate, experiment.decision
    return {
        "n": experiment.n,
        "status": experiment.ruled_status,
        "outcome": experiment.outcome.value if experiment.outcome else None,
        "detail": experiment.detail,
        "description": experiment.description,
        "hypothesis": proposal.hypothesis if proposal else "",
        "segment": experiment.segment,
        "parent": experiment.parent,
        "commit": candidate.commit if candidate else None,
        "metrics": experiment.measurement.means(),
        "samples": experiment.samples_taken,
        "tests": list(experiment.tests),
        "tries": [one.candidate.commit if one.candidate else None for one in experiment.tries],
        "flags": [*experiment.flags, *(decision.flags if decision else ())],
        "verdict": decision.verdict.value if decision else None,
        "reasons": list(decision.reasons) if decision else [],
        "holdout": experiment.holdout.model_dump(mode="json") if experiment.holdout else None,
    }


def segment_head(segment: Segment) -> dict[str, Any]:
    """Give what a person who looks at a segment's blob reads first."""
    baseline: BaselineMeasured | None = segment.baseline
    return {
        "k": segment.k,
        "commit": segment.commit,
        "spec_digest": segment.spec_digest,
        "harness_digest": segment.harness_digest,
        "environment": segment.environment,
        "sandbox": segment.sandbox,
        "baseline": baseline.measurement.means() if baseline else None,
    }


def _last_names(shop: Workshop) -> list[str]:
    state = shop.state
    numbers = [one.n for one in (*state.experiments[-1:], *([state.open] if state.open else []))]
    names = [shop.ref("record", n) for n in numbers]
    return [*names, *(shop.ref("segment", one.k) for one in state.segments[-1:]), shop.ref("tail")]


def _held(shop: Workshop, name: str) -> Held | None:
    try:
        return unpacked(shop.repository.read_blob(name))
    except GitError:  # there is no such ref, or its object is gone: what it held is kept again
        return None


def _another(shop: Workshop, name: str) -> CampaignError:
    what = f"{name} tells of other records than the journal: one of them belongs to another campaign"
    return at_odds(shop.folder, what)


def _since(shop: Workshop) -> Position:
    if shop.mirrored is None:
        meet(shop)
    return shop.mirrored or Position()


def _end(shop: Workshop) -> Position | None:
    return place_of(shop.folder.journal, shop.state.events)


def _store(shop: Workshop, head: Mapping[str, Any], since: Position) -> str:
    lines = tuple(line for _, line in lines_from(shop.folder.journal, since))
    return shop.repository.write_blob(packed(head, Held(since.number, lines)))
