"""Requests that faces leave beside the journal, answered with events. An answer is written before its request is removed."""

from pathlib import Path

from autoexp.campaign.events import Answered, Hinted, HintsCleared, IdeaAdded, IdeaDropped, Reviewed
from autoexp.campaign.ideas import by_text, claimed, refused_hint, refused_idea
from autoexp.campaign.reviews import refusal
from autoexp.engine.mirror import keep_tail
from autoexp.engine.workshop import Workshop
from autoexp.experiment.records import Idea
from autoexp.stores.inbox import LASTING, Request, remove, take


def dismiss_late_requests(shop: Workshop) -> None:
    """Answer what came when no session was working any more: it was not meant for this one. Reviews, hints and ideas are: they stay."""
    for path, request in take(shop.folder.inbox):
        if path in shop.late and (request is None or request.name not in LASTING):
            name, text = (request.name, request.text) if request else ("unknown", "")
            shop.record(Answered(request=name, text=text, answer="it came when the session had already ended"))
            remove(path)


def answer_requests(shop: Workshop) -> None:
    """Read the inbox once, and do what it asks for. What persons said is kept in git as well."""
    found = take(shop.folder.inbox)
    for path, request in found:
        with shop.faults.around("request", 0):
            _answer(shop, path, request)
        remove(path)
    if found:
        keep_tail(shop)


def _answer(shop: Workshop, path: Path, request: Request | None) -> None:
    if request is None:
        shop.record(Answered(request="unknown", answer=f"{path.name} could not be read and was removed"))
    elif request.name == "stop":
        shop.stop.reason = "stopped by request"
        shop.record(Answered(request="stop", text=request.text, answer="stopping after the current experiment"))
    elif request.name in {"accept", "reject"}:
        _review(shop, request)
    elif request.name in LASTING:
        shop.record(Answered(request=request.name, text=request.text, answer=_told(shop, request)))
    else:
        shop.record(Answered(request=request.name, text=request.text, answer="not built yet in this version"))


def _told(shop: Workshop, request: Request) -> str:
    """Note what a person says to proposers, and give the answer. What is read twice, after a kill, changes nothing the second time."""
    text = request.text.strip()
    match request.name:
        case "hint":
            return refused_hint(text) or _hint(shop, text)
        case "clear_hints":
            if shop.state.hints:
                shop.record(HintsCleared())
            return "there are no hints any more"
        case "drop_idea":
            return _drop(shop, text, why=request.why)
        case _:
            return refused_idea(shop.state.ideas, text) or _idea(shop, text, request)


def _hint(shop: Workshop, text: str) -> str:
    if shop.state.hints[-1:] != (text,):
        shop.record(Hinted(text=text))
    return "proposers read it from the next experiment on"


def _idea(shop: Workshop, text: str, request: Request) -> str:
    shop.record(IdeaAdded(idea=Idea(text=text, why=request.why, blocked_by=request.blocked_by)))
    known = by_text(shop.state.ideas, text)
    return f"it waits as {known.id}" if known else "it is noted"


def _drop(shop: Workshop, name: str, *, why: str) -> str:
    if not claimed(shop.state.ideas, [name]):
        return f"no idea {name} is open"
    shop.record(IdeaDropped(id=name, why=why))
    return f"{name} is dropped"


def _review(shop: Workshop, request: Request) -> None:
    """Note a person's word on a would-be keep. One that is asked for twice, after a kill or by two people, is noted once."""
    n = request.n or 0
    verdict = "accept" if request.name == "accept" else "reject"
    answer = refusal(shop.state, n)
    if not answer:
        shop.record(Reviewed(n=n, verdict=verdict, why=request.text))
        answer = f"experiment {n} is measured again" if verdict == "accept" else f"experiment {n} is settled"
    shop.record(Answered(request=request.name, text=f"{n}: {request.text}", answer=answer))
