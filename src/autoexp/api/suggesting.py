"""What persons say to proposers: hints, and ideas of the backlog. They wait in the inbox until an engine reads them."""

from dataclasses import asdict
from typing import Any

from autoexp.api.looking import Inspection, inspect
from autoexp.api.places import Place
from autoexp.campaign.ideas import LONGEST_IDEA, claimed, refused_hint, refused_idea
from autoexp.engine.session import stamp
from autoexp.errors import CampaignError
from autoexp.stores import inbox

SUGGESTIONS = inbox.LASTING - inbox.REVIEWS


def hint(place: Place, text: str) -> bool:
    """Leave a hint for every proposer. Tells whether an engine is running, which reads it soon; else the next one does.

    Raises CampaignError when the text is empty or too long.
    """
    found = inspect(place)
    if refused := refused_hint(text.strip()):
        raise CampaignError(refused, fix="say it in a few sentences; what is always true belongs in program.md")
    return _leave(found, inbox.Request("hint", text.strip()))


def clear_hints(place: Place) -> bool:
    """Take all hints back. Tells whether an engine is running."""
    return _leave(inspect(place), inbox.Request("clear_hints"))


def idea(place: Place, text: str, *, why: str = "", blocked_by: str = "") -> bool:
    """Park an idea, or open one again. Tells whether an engine is running. Raises CampaignError when it cannot be taken."""
    found = inspect(place)
    if refused := refused_idea(found.state.ideas, text.strip()):
        raise CampaignError(
            refused, fix="`autoexp ideas` lists them, and `autoexp idea --drop ID` drops one; a text is a few sentences"
        )
    for name, reason in (("--why", why), ("--blocked-by", blocked_by)):
        if len(reason) > LONGEST_IDEA:
            raise CampaignError(f"{name} has at most {LONGEST_IDEA} letters", fix="say it in fewer words")
    return _leave(found, inbox.Request("idea", text.strip(), why=why.strip(), blocked_by=blocked_by.strip()))


def drop_idea(place: Place, name: str, *, why: str = "") -> bool:
    """Give up an open idea, by its id or text. Tells whether an engine is running. Raises CampaignError when there is none."""
    found = inspect(place)
    known = claimed(found.state.ideas, [name])
    if not known:
        raise CampaignError(f"no idea {name.strip()} is open", fix="`autoexp ideas` lists those that are")
    return _leave(found, inbox.Request("drop_idea", known[0].id, why=why.strip()))


def ideas(place: Place) -> dict[str, Any]:
    """Give the backlog in the order parked, the hints, and what no engine has read yet."""
    found = inspect(place)
    return {
        "ideas": [asdict(one) for one in found.state.ideas],
        "hints": list(found.state.hints),
        "waiting": [
            {"request": one.name, "text": one.text, "why": one.why, "blocked_by": one.blocked_by}
            for _, one in inbox.take(found.folder.inbox)
            if one is not None and one.name in SUGGESTIONS
        ],
    }


def _leave(found: Inspection, request: inbox.Request) -> bool:
    inbox.leave(found.folder.inbox, request, stamp=f"{stamp().wall:.6f}")
    return found.running
