"""A campaign that arrives in a bundle: everything is checked beside the repository, then objects, refs and record are put in place.

The record comes last. Who dies before has no campaign, and may import again; who dies after it has all of it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.events import CampaignOpened, Record, SegmentOpened
from autoexp.campaign.fold import fold_all
from autoexp.campaign.state import CampaignState
from autoexp.durable import sync_folder
from autoexp.engine.faults import Faults
from autoexp.errors import CampaignError, GitError, JournalError, RefMovedError
from autoexp.exchange.carrying import commits_needed, misfit
from autoexp.exchange.manifest import JOURNAL, OBJECTS, OUTPUT, Manifest
from autoexp.exchange.unpacking import Bundle
from autoexp.stores.journal import LOCK, held
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.reading import Position, Torn, read_from
from autoexp.workspaces.bundles import Arrival, unsynced
from autoexp.workspaces.refpack import RefPack
from autoexp.workspaces.refs import Refs, RefUpdate
from autoexp.workspaces.repository import Repository

STAGING = "arriving"
MANY = 200
"""Refs; each that is synced by itself takes milliseconds."""
_BLOBS = ("record/", "segment/")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A campaign that is here now: its state, its last segment, which tells its contract, and why its branch is not shown, if so."""

    folder: CampaignFolder
    state: CampaignState
    segment: SegmentOpened | None
    note: str


def arrive(bundle: Bundle, repository: Repository, *, faults: Faults) -> Arrived:
    """Put the campaign of a bundle into a repository.

    Raises CampaignError when the tag is taken, ValueError when the bundle is not sound or does not fit the repository; then nothing was
    changed.
    """
    manifest = bundle.manifest
    folder = CampaignFolder(repository.common_dir, manifest.tag)
    if manifest.object_format != repository.object_format:
        raise ValueError(
            f"its objects are {manifest.object_format}, those of this repository {repository.object_format}"
        )
    _refuse_taken(folder)
    with _staging(folder) as staging:
        _refuse_taken(folder)
        _tidy(folder, repository)
        draft = staging / "journal.part"
        _write(bundle, JOURNAL, draft)
        reading = _Reading()
        state = fold_all(map(reading.heard, _records(draft, manifest)))
        _refuse_odd_record(reading, state, bundle)
        arrival = Arrival(repository, staging / "objects")
        _take_objects(bundle, arrival, state)
        updates = _updates(folder, repository, manifest)
        for name in bundle.outputs():
            _write(bundle, name, staging / name)
        with faults.around("objects", 0):
            arrival.settle()
        with faults.around("refs", 0):
            _update(folder, repository, updates)
        if (printed := staging / OUTPUT).is_dir():
            shutil.rmtree(folder.output, ignore_errors=True)
            printed.replace(folder.output)
        with faults.around("record", 0):
            draft.replace(folder.journal)
            for place in (folder.path, folder.path.parent, folder.path.parent.parent):
                sync_folder(place)
    refs, best = Refs(repository), state.incumbent.commit
    note = refs.move_view_branch(folder.tag, best, base=state.base) if state.counts.kept else None
    return Arrived(folder, state, reading.segment, note or "")


def _refuse_taken(folder: CampaignFolder) -> None:
    if folder.journal.exists():
        raise CampaignError(
            f"there is a campaign named {folder.tag} here already",
            where=str(folder.path),
            fix=f"import into another clone, or `autoexp delete {folder.tag}` (save it first: `autoexp export --bundle FILE`)",
        )


@contextmanager
def _staging(folder: CampaignFolder) -> Iterator[Path]:
    """Hold the campaign's lock, with a folder for what is not checked yet. Nothing is left behind unless there is a campaign then."""
    staging = folder.path / STAGING
    with held(folder.path):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            if {path.name for path in folder.path.iterdir()} <= {LOCK}:
                (folder.path / LOCK).unlink()
                folder.path.rmdir()
                with suppress(OSError):
                    folder.path.parent.rmdir()


def _write(bundle: Bundle, name: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for chunk in bundle.chunks(name):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


@dataclass(slots=True)
class _Reading:
    """What a journal told while it was read: whether it begins as one does, whose it is, and its last segment."""

    begins: bool = False
    tags: frozenset[str] = frozenset()
    segment: SegmentOpened | None = None

    def heard(self, record: Record) -> Record:
        match record.event:
            case CampaignOpened() as event:
                self.begins = self.begins or record.number == 0
                self.tags |= {event.tag}
            case SegmentOpened() as event:
                self.segment = event
        return record


def _records(draft: Path, manifest: Manifest) -> Iterator[Record]:
    """Read the journal that arrived. Raises ValueError unless its chain is whole and ends where the manifest says."""
    end = Position()
    try:
        for item in read_from(draft):
            if isinstance(item, Torn):
                raise ValueError(f"the last line of its journal is torn: {item.why}")
            record, end = item
            yield record
    except JournalError as error:
        raise ValueError(f"its journal is damaged: {error.what}") from None
    if (end.number, end.previous) != (manifest.records, manifest.chain):
        raise ValueError("its journal is not the one that its manifest was made for")


def _refuse_odd_record(reading: _Reading, state: CampaignState, bundle: Bundle) -> None:
    """Make sure that the record is of this campaign, and that refs and outputs fit it."""
    manifest = bundle.manifest
    if not reading.begins:
        raise ValueError("its journal does not begin with a campaign")
    if reading.tags != {manifest.tag} or state.base != manifest.base:
        raise ValueError(f"its journal is of another campaign than {manifest.tag}, or begins at another commit")
    if odd := misfit(state, manifest.refs):
        raise ValueError(odd)
    for name in bundle.outputs():
        number = name.removeprefix(OUTPUT).split("/")[0]
        if number.isdigit() and int(number) > state.last_n:
            raise ValueError(f"it holds {name}, and its record ends at experiment {state.last_n}")


def _take_objects(bundle: Bundle, arrival: Arrival, state: CampaignState) -> None:
    """Unpack the objects apart, and make sure that they are what refs and record name."""
    manifest, prefix = bundle.manifest, f"refs/autoexp/{bundle.manifest.tag}/"
    refs = arrival.take(bundle.chunks(OBJECTS), limit=bundle.size(OBJECTS) + 1)
    if refs != {prefix + name: oid for name, oid in manifest.refs.items()}:
        raise ValueError("its objects come with other refs than its manifest names")
    kinds = arrival.kinds([*manifest.refs.values(), *commits_needed(state)])
    for name, oid in manifest.refs.items():
        wanted = (
            "commit" if name == "best" or name.startswith("attempt/") else "blob" if name.startswith(_BLOBS) else ""
        )
        if wanted and kinds[oid] != wanted:
            raise ValueError(f"its {name} is a {kinds[oid]}, not a {wanted}")
    for commit, what in commits_needed(state).items():
        if kinds[commit] != "commit":
            raise ValueError(f"commit {commit[:12]} ({what}) is neither in it nor in this repository")


def _tidy(folder: CampaignFolder, repository: Repository) -> None:
    """Remove what an import that died here left below the campaign's refs and git cannot read."""
    prefix = f"refs/autoexp/{folder.tag}/"
    Refs(repository).remove_stale_locks(prefix)
    for path in (repository.common_dir / prefix).rglob("*"):
        if path.is_file() and not path.stat().st_size:  # a power cut
            path.unlink()


def _updates(folder: CampaignFolder, repository: Repository, manifest: Manifest) -> list[RefUpdate]:
    """Give the refs that are to be made; those of an import that died here before are there already."""
    prefix = f"refs/autoexp/{folder.tag}/"
    here = Refs(repository).list(prefix)
    wanted = {prefix + name: oid for name, oid in manifest.refs.items()}
    if foreign := sorted(name for name, oid in here.items() if wanted.get(name) != oid):
        raise _foreign(folder, foreign[0])
    return [RefUpdate(name, oid, None) for name, oid in wanted.items() if name not in here]


def _update(folder: CampaignFolder, repository: Repository, updates: list[RefUpdate]) -> None:
    """Make the refs in one transaction, durably. Many are synced all at once, and packed."""
    many = len(updates) > MANY
    try:
        Refs(unsynced(repository) if many else repository).update(updates)
    except RefMovedError as error:
        raise _foreign(folder, str(error)) from None
    if many:
        with suppress(GitError):  # loose ones are as good
            RefPack(repository, f"refs/autoexp/{folder.tag}", intent=folder.path / "packing").pack()
        os.sync()


def _foreign(folder: CampaignFolder, name: str) -> CampaignError:
    return CampaignError(
        f"the tag {folder.tag} is taken: another campaign's refs are here without its record ({name})",
        where=str(folder.path),
        fix=f"`autoexp repair` may bring its record back, `autoexp delete {folder.tag}` removes the rest of it",
    )
