"""Deleting a campaign: what would go, and the deed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.api.looking import inspect
from autoexp.api.places import Place
from autoexp.engine.deletion import delete, remains
from autoexp.engine.faults import Faults
from autoexp.errors import AutoexpError, CampaignError
from autoexp.stores.layout import CampaignFolder, tags
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Deletion:
    """What goes when a campaign is deleted; `experiments`, `kept` and `gain` are None when its record cannot be read."""

    tag: str
    experiments: int | None
    kept: int | None
    gain: float | None
    refs: int
    size: int
    branch: bool
    exports: tuple[Path, ...]
    stays: tuple[str, ...]


def deletion(place: Place, *, keep_branch: bool = False) -> Deletion:
    """Tell what deleting the campaign `place.tag` takes away. Raises CampaignError when there is none, or an engine works on it."""
    repository = Repository.open(place.folder)
    try:
        found = remains(_folder(place, repository), repository, keep_branch=keep_branch)
    finally:
        repository.close()
    try:
        state = inspect(place).state
    except AutoexpError:  # its record is gone or damaged, or was being deleted: what is left goes all the same
        state = None
    counts = state.counts if state is not None else None
    return Deletion(
        tag=found.folder.tag,
        experiments=counts.decided if counts is not None else None,
        kept=counts.kept if counts is not None else None,
        gain=state.gain if state is not None else None,
        refs=found.refs,
        size=found.size,
        branch=found.branch,
        exports=found.exports,
        stays=found.stays,
    )


def delete_campaign(place: Place, *, environ: Mapping[str, str], keep_branch: bool = False) -> None:
    """Delete the campaign `place.tag`; what the user has beside it is not touched. Raises like `deletion`."""
    faults = Faults(environ.get("AUTOEXP_FAULT", ""))
    repository = Repository.open(place.folder)
    try:
        found = remains(_folder(place, repository), repository, keep_branch=keep_branch)
        delete(found, repository, environ=environ, faults=faults)
    finally:
        repository.close()


def _folder(place: Place, repository: Repository) -> CampaignFolder:
    if place.tag is None:
        known = tags(repository.common_dir)
        fix = (
            f"`autoexp delete TAG`; the campaigns here: {', '.join(known)}" if known else "there is none here to delete"
        )
        raise CampaignError("no campaign is named", fix=fix)
    return CampaignFolder(repository.common_dir, place.tag)
