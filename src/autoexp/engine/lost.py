"""Campaigns whose journal is gone while git still holds refs of them: nobody begins anew over those."""

from autoexp.campaign.state import CampaignState
from autoexp.engine.deletion import refuse_half_deleted
from autoexp.errors import CampaignError, GitError
from autoexp.stores.blobs import unpacked
from autoexp.stores.layout import CampaignFolder, tags
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository

_KINDS = ("attempt", "record", "segment", "tail")


def refuse_lost(folder: CampaignFolder, repository: Repository) -> None:
    """Raise CampaignError when the journal is gone or empty, but refs of its experiments are there."""
    if _filled(folder):
        return
    refuse_half_deleted(folder)
    if left := _left(repository, folder.tag):
        raise CampaignError(
            f"the journal of campaign {folder.tag} is gone, but refs of its experiments are still here ({left})",
            where=str(folder.journal),
            fix=f"`autoexp repair --tag {folder.tag}` makes it again from what git holds; or put it back from a backup, or use another --tag",
        )


def refuse_behind(folder: CampaignFolder, repository: Repository, state: CampaignState) -> None:
    """Raise CampaignError when git holds an experiment behind the journal's last one, or later records. No engine may work meanwhile."""
    refs, prefix = Refs(repository), f"refs/autoexp/{folder.tag}"
    what = ""
    if any(refs.read(f"{prefix}/{kind}/{state.last_n + 1}") for kind in ("record", "attempt")):
        what = f"refs of experiment {state.last_n + 1}"
    elif (number := _records_in(repository, f"{prefix}/tail")) > state.events:
        what = f"records up to number {number - 1}"
    if what:
        raise behind(folder, what)


def behind(folder: CampaignFolder, what: str) -> CampaignError:
    """Give the error for a journal that ends before `what` git holds."""
    return at_odds(
        folder, f"git holds {what}, and the journal ends before: it was cut, or an older one was put in its place"
    )


def at_odds(folder: CampaignFolder, what: str) -> CampaignError:
    """Give the error for a journal and refs that do not tell of the same campaign."""
    fix = f"`autoexp repair --tag {folder.tag}` brings back what git holds; nothing was changed"
    return CampaignError(what, where=str(folder.journal), fix=fix)


def _records_in(repository: Repository, tail: str) -> int:
    """Give how many records there are up to the end of the tail; 0 without one."""
    try:
        held = unpacked(repository.read_blob(tail))
    except GitError:
        return 0
    return held.end if held else 0


def lost_tags(repository: Repository) -> list[str]:
    """Give the tags of campaigns of which only refs are left, sorted."""
    known = set(tags(repository.common_dir))
    names = (name.split("/") for name in Refs(repository).list("refs/autoexp"))
    found = {name[2] for name in names if len(name) > 3 and name[3] in _KINDS}  # noqa: PLR2004  refs, autoexp, tag, kind
    return sorted(found - known)


def is_lost(repository: Repository, tag: str) -> bool:
    """Tell whether only refs are left of a campaign."""
    return not _filled(CampaignFolder(repository.common_dir, tag)) and _left(repository, tag) > 0


def _left(repository: Repository, tag: str) -> int:
    prefix = f"refs/autoexp/{tag}/"
    return sum(name.removeprefix(prefix).split("/")[0] in _KINDS for name in Refs(repository).list(prefix))


def _filled(folder: CampaignFolder) -> bool:
    return folder.journal.is_file() and folder.journal.stat().st_size > 0
