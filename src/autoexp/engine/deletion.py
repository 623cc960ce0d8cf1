"""Deleting a campaign: what it consists of, and taking it away so that whoever dies in the midst can do it again.

The record goes out of sight first: nothing in between looks like a campaign that lives. Nothing of the user's is touched.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.durable import sync_folder
from autoexp.engine.cache import cache_home, campaign_identity
from autoexp.engine.faults import Faults
from autoexp.errors import CampaignError
from autoexp.exchange.exports import IGNORE, exports_home
from autoexp.processes import sweep
from autoexp.processes.environment import remove
from autoexp.stores.journal import LOCK, held, is_locked
from autoexp.stores.layout import CampaignFolder, tags
from autoexp.workspaces.filesystem import is_real_folder
from autoexp.workspaces.git import Git
from autoexp.workspaces.refs import Refs, RefUpdate
from autoexp.workspaces.repository import Repository

DELETED = "journal.deleted"
"""The record of a campaign whose deletion has begun."""
_OWN = frozenset({"inbox", "output", "state", "arriving"})


@dataclass(frozen=True, slots=True)
class Remains:
    """What there is of a campaign: refs, bytes in its folder, export folders; `stays` says what is not taken away, and why."""

    folder: CampaignFolder
    refs: int
    size: int
    branch: bool
    exports: tuple[Path, ...]
    stays: tuple[str, ...]
    begun: bool


def remains(folder: CampaignFolder, repository: Repository, *, keep_branch: bool = False) -> Remains:
    """Find what there is of a campaign. Raises CampaignError when there is nothing, naming the tags that are known, or an engine works on it."""
    if is_locked(folder.path):
        with held(folder.path):  # says who holds it
            pass
    refs = Refs(repository)
    found = refs.list(f"refs/autoexp/{folder.tag}")
    if not found and not folder.path.is_dir():
        known = ", ".join(known_tags(repository)) or "none"
        raise CampaignError(f"there is no campaign named {folder.tag}", fix=f"name one that is here: {known}")
    exports, stays = _exports(folder, repository, refs)
    branch, why = (False, "") if keep_branch else _branch(folder.tag, refs)
    size = sum(path.lstat().st_size for path in folder.path.rglob("*"))
    begun = (folder.path / DELETED).exists()
    return Remains(folder, len(found), size, branch, exports, (*filter(None, (why,)), *stays), begun)


def known_tags(repository: Repository) -> list[str]:
    """Give the tags of which anything is here, sorted."""
    named = {name.split("/")[2] for name in Refs(repository).list("refs/autoexp") if name.count("/") > 2}  # noqa: PLR2004
    home = repository.common_dir / "autoexp"
    return sorted(named | set(tags(repository.common_dir)) | {path.parent.name for path in home.glob(f"*/{LOCK}")})


def refuse_half_deleted(folder: CampaignFolder) -> None:
    """Raise CampaignError for a campaign whose deletion has begun and not ended."""
    if (folder.path / DELETED).exists() and not folder.journal.exists():
        raise CampaignError(
            f"campaign {folder.tag} was being deleted, and that did not come to its end",
            where=str(folder.path),
            fix=f"`autoexp delete {folder.tag}` finishes it, `autoexp repair --tag {folder.tag}` takes it back as far as it can",
        )


def delete(found: Remains, repository: Repository, *, environ: Mapping[str, str], faults: Faults) -> None:
    """Take a campaign away. Raises CampaignError while an engine works on it."""
    folder, refs = found.folder, Refs(repository)
    identity = campaign_identity(repository.common_dir, folder.tag)
    with held(folder.path):
        with faults.around("unlist", 0):
            if folder.journal.exists():
                folder.journal.replace(folder.path / DELETED)
                sync_folder(folder.path)
        sweep(f"{identity}:")
        with faults.around("unref", 0):
            _unref(folder.tag, refs, branch=found.branch)
        for place in found.exports:
            _remove_exports(place)
        remove(cache_home(environ) / identity)
        with faults.around("empty", 0):
            _empty(folder, exports_home(repository.root, repository.common_dir))


def _branch(tag: str, refs: Refs) -> tuple[bool, str]:
    """Tell whether the branch goes, and why not where it is there."""
    why = refs.why_view_stays(tag)
    return refs.read(f"refs/heads/autoexp/{tag}") is not None and not why, why


def _unref(tag: str, refs: Refs, *, branch: bool) -> None:
    """Delete the branch first: that it holds nothing else can be told as long as the other refs are there."""
    prefix, view = f"refs/autoexp/{tag}", f"refs/heads/autoexp/{tag}"
    if branch and not refs.why_view_stays(tag) and (shown := refs.read(view)) is not None:
        refs.update([RefUpdate(view, None, shown)])
    refs.remove_stale_locks(prefix)
    refs.update([RefUpdate(name, None, oid) for name, oid in refs.list(prefix).items()])


def _exports(folder: CampaignFolder, repository: Repository, refs: Refs) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Find the export folders of all checkouts; one that is a link, or holds committed files, is the user's."""
    checkouts = [] if repository.root is None else [path for path in refs.checkouts() if (path / ".git").exists()]
    homes = {exports_home(path, repository.common_dir) for path in [repository.root, *checkouts]}
    going, stays = [], []
    for home in sorted(homes):
        place = home / folder.tag
        if not place.exists() and not place.is_symlink():
            continue
        if not is_real_folder(home) or not is_real_folder(place):
            stays.append(f"{place} stays: it is a link")
        elif repository.root is not None and Git(home.parent, users_settings="honoured").run(
            "ls-files", "--", str(place)
        ):
            stays.append(f"{place} stays: files in it are committed")
        else:
            going.append(place)
    return tuple(going), tuple(stays)


def _remove_exports(place: Path) -> None:
    """Remove an export folder, and the one around it when nothing but its own .gitignore is left there."""
    remove(place)
    home = place.parent
    ignore = home / ".gitignore"
    if [path.name for path in home.iterdir()] == [ignore.name] and ignore.read_text(encoding="utf-8") == IGNORE:
        ignore.unlink()
        home.rmdir()


def _empty(folder: CampaignFolder, exports: Path) -> None:
    """Remove the campaign's folder, the mark of its deletion and the lock last. Exports of others may lie there in a bare repository."""
    last = (folder.path / DELETED, folder.path / LOCK)
    for path in sorted(folder.path.iterdir()):
        if path in last or (folder.path == exports and path.is_dir() and path.name not in _OWN):
            continue
        if path.is_dir() and not path.is_symlink():
            remove(path)
        else:
            path.unlink()
    for path in last:
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.path.rmdir()
        folder.path.parent.rmdir()
