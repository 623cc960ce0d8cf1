"""Tidying git while a campaign runs: its refs are packed now and then, and what a killed pack left is removed."""

from autoexp.campaign.events import Noted
from autoexp.engine.workshop import Workshop
from autoexp.errors import GitError
from autoexp.workspaces.refpack import RefPack

EVERY, AT_END = 500, 300
"""Refs are packed after every so many experiments, and at a session's end where so many are files of their own."""


def tidy_leftovers(shop: Workshop) -> str | None:
    """At the start: remove what a pack left that was killed, and say so."""
    return _pack(shop).clear()


def store_lost(shop: Workshop) -> None:
    """Store again what was written in this experiment or the last one and a `git gc --prune=now` of the user's has removed."""
    count = shop.repository.store_lost()
    shop.repository.forget_older()
    if shop.contents is not None and shop.contents.repository is not shop.repository:
        shop.contents.repository.forget_older()
    if count:
        shop.record(
            Noted(text=f"a git of yours removed {count} objects just after they were written; they were stored again")
        )


def tidy_on_the_way(shop: Workshop) -> None:
    """After each experiment: see that git holds what was written, and pack the refs when it is time, which the number says."""
    store_lost(shop)
    if shop.state.last_n % EVERY == 0 and shop.state.last_n:
        _tidy(shop)


def tidy_at_end(shop: Workshop) -> None:
    """Pack the campaign's refs where many are files of their own, once git holds what was written."""
    store_lost(shop)
    if _pack(shop).loose() > AT_END:
        _tidy(shop)


def _tidy(shop: Workshop) -> None:
    """Pack; what hinders it is told once, and harms nothing."""
    shop.observer.working("packing refs")
    try:
        with shop.faults.around("pack", shop.state.last_n):
            _pack(shop).pack()
    except (GitError, OSError) as error:
        if "packing" not in shop.told:
            shop.told.add("packing")
            shop.record(Noted(text=f"the refs of this campaign are not packed: {error}"))


def _pack(shop: Workshop) -> RefPack:
    return RefPack(shop.repository, shop.ref(), intent=shop.folder.path / "packing")
