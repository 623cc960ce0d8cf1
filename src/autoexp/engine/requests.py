"""Requests that faces leave beside the journal, answered with events."""

from autoexp.campaign.events import Answered
from autoexp.engine.workshop import Workshop
from autoexp.stores.inbox import take


def answer_requests(shop: Workshop) -> None:
    """Read the inbox once. An answer is written before its request is removed, so none is lost."""
    for path, request in take(shop.folder.inbox):
        if request is None:
            shop.record(Answered(request="unknown", answer=f"{path.name} could not be read and was removed"))
        elif request.name == "stop":
            shop.stop.reason = "stopped by request"
            shop.record(Answered(request="stop", text=request.text, answer="stopping after the current experiment"))
        else:
            shop.record(Answered(request=request.name, text=request.text, answer="not built yet in this version"))
        path.unlink(missing_ok=True)
