"""Making a bundle: a campaign's journal, its objects and refs, and what commands printed, as one file that appears whole or not at all."""

import io
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from autoexp import __version__
from autoexp.campaign import confirming, looks
from autoexp.campaign.state import CampaignState
from autoexp.durable import sync_folder
from autoexp.errors import CampaignError
from autoexp.exchange import archive
from autoexp.exchange.carrying import commits_needed, refs_to_carry
from autoexp.exchange.manifest import JOURNAL, MANIFEST, OBJECTS, OUTPUT, Manifest, PartFacts
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.reading import Position
from autoexp.stores.snapshots import Snapshots
from autoexp.workspaces.bundles import kinds, write_bundle
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


@dataclass(frozen=True, slots=True)
class Packed:
    """A bundle that was made: where, its bytes, what is in it, and what had to stay out (`left_out` names files and refs)."""

    path: Path
    size: int
    tag: str
    experiments: int
    kept: int
    needs: tuple[str, ...]
    left_out: tuple[str, ...]


def pack(
    folder: CampaignFolder, repository: Repository, target: Path, *, outputs: bool = False, since_base: bool = False
) -> Packed:
    """Write a campaign's bundle to `target`, also while an engine works on the campaign: what is on record by now goes in.

    With `since_base` the history of the commit that the campaign began at stays out, for a receiver that has it. Raises CampaignError when
    a file that is no bundle stands at `target`.
    """
    _refuse_other_file(target)
    refs, prefix = Refs(repository), f"refs/autoexp/{folder.tag}/"
    before = _below(refs.list(prefix), prefix)
    state, end = _read(folder)
    _refuse_gaps(folder, state, repository)
    wanted = refs_to_carry(state, before=before, after=_below(refs.list(prefix), prefix))
    there = kinds(repository.git, wanted.values())
    carried = {name: oid for name, oid in wanted.items() if there[oid] is not None}
    left_out = [f"{prefix}{name}, whose object is gone" for name in wanted if name not in carried]
    needs = (state.base,) if since_base else ()
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file:
            facts = {JOURNAL: archive.add(file, JOURNAL, lambda out: _copy(folder.journal, out, end.offset))}
            named = {prefix + name: oid for name, oid in carried.items()}
            facts[OBJECTS] = archive.add(file, OBJECTS, lambda out: write_bundle(repository, out, named, without=needs))
            for name, path in _outputs(folder, state) if outputs else ():
                try:
                    facts[name] = archive.add(file, name, partial(_copy, path))
                except (ValueError, FileNotFoundError) as error:
                    left_out.append(f"{path}: {error}")
            manifest = Manifest(
                version=__version__,
                tag=folder.tag,
                object_format="sha256" if repository.object_format == "sha256" else "sha1",
                base=state.base,
                needs=needs,
                records=end.number,
                chain=end.previous,
                refs=carried,
                parts={name: PartFacts(size=size, sha256=digest) for name, (size, digest) in facts.items()},
            )
            text = manifest.model_dump_json(indent=1).encode() + b"\n"
            archive.add(file, MANIFEST, partial(shutil.copyfileobj, io.BytesIO(text)))
            archive.finish(file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(target.parent)
    return Packed(target, size, folder.tag, state.counts.decided, state.counts.kept, needs, tuple(left_out))


def _read(folder: CampaignFolder) -> tuple[CampaignState, Position]:
    """Give what is on record now, and where that ends; a line that is being written, or was torn, stays out."""
    found = Snapshots(folder.snapshot, folder.journal).look()
    if not found.state.base:
        raise CampaignError(f"campaign {folder.tag} has no record yet", where=str(folder.journal), fix="run it first")
    return found.state, found.position


def _refuse_gaps(folder: CampaignFolder, state: CampaignState, repository: Repository) -> None:
    """Make sure that what is packed can be taken in again."""
    needed = commits_needed(state)
    found = kinds(repository.git, needed)
    if gone := [f"{commit[:12]} ({what})" for commit, what in needed.items() if found[commit] is None]:
        raise CampaignError(
            f"commits of the campaign are not in this repository: {', '.join(gone)}",
            where=str(folder.path),
            fix=f"`autoexp repair --check --tag {folder.tag}` tells what is missing",
        )


def _below(refs: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): oid for name, oid in refs.items()}


def _outputs(folder: CampaignFolder, state: CampaignState) -> Iterable[tuple[str, Path]]:
    """Give what commands printed, but for what still goes on: only what has ended is masked for sure."""
    going_on = {str(state.open.n)} if state.open is not None else set()
    if state.segment is None or state.segment.baseline is None:
        going_on.add("0")
    for path in sorted(folder.output.rglob("*")):
        inner = path.relative_to(folder.output)
        beyond = inner.parts[0].isdigit() and int(inner.parts[0]) > state.last_n
        open_end = looks.is_unmasked(state, inner.parts[0]) or confirming.is_unmasked(state, inner.parts[0])
        if inner.parts[0] not in going_on and not beyond and not open_end and path.is_file() and not path.is_symlink():
            yield OUTPUT + inner.as_posix(), path


def _refuse_other_file(target: Path) -> None:
    """Make sure that what is replaced is a bundle, if anything is."""
    if not target.parent.is_dir():
        raise CampaignError(f"there is no folder {target.parent}", fix="make it, or name another file")
    if not os.path.lexists(target):
        return
    try:
        with target.open("rb") as file:
            ours = MANIFEST in archive.parts_of(file)
    except (OSError, ValueError):
        ours = False
    if not ours:
        raise CampaignError(f"{target} exists and is no bundle of autoexp", fix="name another file, or remove it")


def _copy(source: Path, out: "SupportsWrite[bytes]", size: int | None = None) -> None:
    """Copy a file, or its first bytes."""
    with source.open("rb") as file:
        if size is None:
            shutil.copyfileobj(file, out)
            return
        left = size
        while left > 0 and (data := file.read(min(left, archive.CHUNK))):
            out.write(data)
            left -= len(data)
