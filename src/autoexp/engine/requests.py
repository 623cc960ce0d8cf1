"""Requests that faces leave beside the journal, answered with events. An answer is written before its request is removed."""

from autoexp.campaign.events import Answered, Reviewed
from autoexp.campaign.reviews import refusal
from autoexp.engine.workshop import Workshop
from autoexp.stores.inbox import LASTING, Request, take


def dismiss_late_requests(shop: Workshop) -> None:
    """Answer what came when no session was working any more: it was not meant for this one. Reviews are: they stay."""
    for path, request in take(shop.folder.inbox):
        if path in shop.late and (request is None or request.name not in LASTING):
            name, text = (request.name, request.text) if request else ("unknown", "")
            shop.record(Answered(request=name, text=text, answer="it came when the session had already ended"))
            path.unlink(missing_ok=True)


def answer_requests(shop: Workshop) -> None:
    """Read the inbox once, and do what it asks for."""
    for path, request in take(shop.folder.inbox):
        if request is None:
            shop.record(Answered(request="unknown", answer=f"{path.name} could not be read and was removed"))
        elif request.name == "stop":
            shop.stop.reason = "stopped by request"
            shop.record(Answered(request="stop", text=request.text, answer="stopping after the current experiment"))
        elif request.name in {"accept", "reject"}:
            _review(shop, request)
        else:
            shop.record(Answered(request=request.name, text=request.text, answer="not built yet in this version"))
        path.unlink(missing_ok=True)


def _review(shop: Workshop, request: Request) -> None:
    """Note a person's word on a would-be keep. One that is asked for twice, after a kill or by two people, is noted once."""
    n = request.n or 0
    verdict = "accept" if request.name == "accept" else "reject"
    answer = refusal(shop.state, n)
    if not answer:
        shop.record(Reviewed(n=n, verdict=verdict, why=request.text))
        answer = f"experiment {n} is measured again" if verdict == "accept" else f"experiment {n} is settled"
    shop.record(Answered(request=request.name, text=f"{n}: {request.text}", answer=answer))
