"""Files made from a campaign, and what the installation holds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autoexp.api.looking import Inspection, inspect
from autoexp.api.places import Place
from autoexp.exchange.exports import Exports, text_of
from autoexp.workspaces.repository import Repository

SHOWN_DIFFS = 200


def export(place: Place, name: str) -> str:
    """Give an export (results.tsv or experiments.jsonl) as text, made from the journal."""
    return text_of(name, inspect(place).state)


def write_exports(place: Place) -> list[Path]:
    """Write the export files that the contract asks for, whole."""
    found = inspect(place)
    names = found.state.segment.spec["exports"] if found.state.segment else []
    return Exports(found.exports.parent, found.folder.tag, names).rewrite(found.state)


def write_page(found: Inspection, target: Path, page: str) -> None:
    """Write a page; inside `.autoexp` the folder is made first."""
    if target.parent == found.exports:
        Exports(found.exports.parent, found.folder.tag, ()).prepare()
    target.write_text(page, encoding="utf-8")


def diffs(place: Place) -> dict[int, str]:
    """Give the diffs of all keeps and of the last experiments, by number."""
    state = inspect(place).state
    wanted = [e for e in state.experiments if e.kept] + list(state.experiments[-SHOWN_DIFFS:])
    repository = Repository.open(place.folder)
    try:
        return {e.n: repository.diff(e.candidate.parent, e.candidate.commit) for e in wanted if e.candidate is not None}
    finally:
        repository.close()


def now() -> str:
    """Give the present time for the foot of a page."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plugins_found() -> list[dict[str, Any]]:
    """List the plugins of every group."""
    from autoexp import plugins  # noqa: PLC0415  only this list reads entry points

    groups = ("autoexp.proposers", "autoexp.strategies", "autoexp.executors")
    return [
        {"group": group, "name": entry.name, "source": entry.source, "error": entry.error}
        for group in groups
        for entry in plugins.listing(group)
    ]
