"""Requests that faces leave beside the journal, answered with events. An answer is written before its request is removed."""

from autoexp.campaign.events import Answered
from autoexp.engine.workshop import Workshop
from autoexp.stores.inbox import take


def dismiss_late_requests(shop: Workshop) -> None:
    """Answer what came when no session was working any more: it was not meant for this one."""
    for path, request in take(shop.folder.inbox):
        if path in shop.late:
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
        else:
            shop.record(Answered(request=request.name, text=request.text, answer="not built yet in this version"))
        path.unlink(missing_ok=True)
