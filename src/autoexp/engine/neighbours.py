"""Other campaigns of the repository that are at work right now: what is timed there and here disturbs each other."""

from collections.abc import Sequence
from pathlib import Path

from autoexp.stores.journal import is_locked
from autoexp.stores.layout import CampaignFolder, tags

_NAMED = 3


def busy_note(common_dir: Path, tag: str) -> str:
    """Say which campaigns but `tag` work in this repository now, and what to do about it. Empty when none does."""
    busy = [one for one in tags(common_dir) if one != tag and is_locked(CampaignFolder(common_dir, one).path)]
    if not busy:
        return ""
    return (
        f"{_counted(busy)} in this repository now, and timings disturb each other: `autoexp stop --tag {busy[0]}` ends "
        "that one after its experiment, `taskset -c 2,3 autoexp run` keeps one to processors of its own"
    )


def _counted(busy: Sequence[str]) -> str:
    more = f" and {len(busy) - _NAMED} more" if len(busy) > _NAMED else ""
    return (
        f"campaign{'s' if len(busy) > 1 else ''} {', '.join(busy[:_NAMED])}{more} {'run' if len(busy) > 1 else 'runs'}"
    )
