"""Hypotheses of a model's answer: what their edits make of the files, which of them still fit, and the best one that can be made."""

from collections.abc import Callable, Mapping
from typing import Any

from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Offer, Proposal
from autoexp.ports import ProposerFailed
from autoexp.proposers.model.protocol import Answer, OutsideScope, Unusable, changes
from autoexp.workspaces.scope import Scope


def changed(edits: str, files: Mapping[str, bytes], scope: tuple[str, ...]) -> dict[str, bytes | None]:
    """Give what edits make of the files in scope, where that is something new. Raises Unusable."""
    only = next(iter(files)) if len(files) == 1 else None
    all_of_them = changes(edits, files, may_edit=Scope(scope).matches, only=only)
    return {path: content for path, content in all_of_them.items() if content != files.get(path)}


def fits(offer: Offer, code: Mapping[str, bytes], scope: tuple[str, ...]) -> bool:
    """Tell whether a hypothesis that is paid for can still be made."""
    editable = Scope(scope)
    try:
        return bool(changed(offer.edits, {path: code[path] for path in code if editable.matches(path)}, scope))
    except Unusable:
        return False


def made(answer: Answer, said: Proposal, make: Callable[[str], bool], *, dropped: tuple[int, ...]) -> Proposal:
    """Make the best hypothesis of an answer that can be made; one that changes nothing only where no other does.

    Raises ProposerFailed when none can be made.
    """
    said = said.model_copy(update={"ideas": answer.ideas, "asi": answer.asi})
    kept = answer.offers if len(answer.offers) > 1 else ()
    of_old = () if kept else dropped  # new offers take the place of the old ones
    unfit: list[int] = []
    idle: Offer | None = None
    first: Unusable | None = None
    for offer in answer.offers:
        try:
            if make(offer.edits):
                found = described(said, offer, dropped=(*of_old, *unfit))
                return found.model_copy(update={"offers": kept, "offer": offer.rank if kept else None})
            idle = idle or offer
        except Unusable as unusable:
            first = first or unusable
        unfit.append(offer.rank)
    if idle is not None:
        return described(said, idle, dropped=dropped).model_copy(update={"offer": None})
    reason = str(first) if first else "there is no edit in the answer"
    outcome = Outcome.OUT_OF_SCOPE if isinstance(first, OutsideScope) else Outcome.PROPOSER_ERROR
    best = answer.offers[0] if answer.offers else Offer(rank=1)
    told = described(said, best, dropped=dropped).model_copy(update={"offer": None})
    raise ProposerFailed(f"the answer cannot be used: {reason}", said=told, outcome=outcome, mendable=True)


def described(said: Proposal, offer: Offer, *, dropped: tuple[int, ...]) -> Proposal:
    """Give a proposal with the words of one hypothesis."""
    asi: dict[str, Any] = {**said.asi, **offer.asi}
    if offer.kind:
        asi["kind"] = offer.kind
    more = {"expected_gain": offer.gain, "risk": offer.risk, "effort": offer.effort}
    asi |= {name: value for name, value in more.items() if value not in {None, ""}}
    return said.model_copy(
        update={
            "description": offer.description,
            "hypothesis": offer.hypothesis,
            "asi": asi,
            "offer": offer.rank,
            "dropped": dropped,
        }
    )
