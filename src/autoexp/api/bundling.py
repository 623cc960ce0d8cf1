"""A campaign as one file, and back: `export --bundle` and `import --bundle`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.api.looking import inspect
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE, Place
from autoexp.engine.arrival import Arrived, arrive
from autoexp.engine.faults import Faults
from autoexp.errors import CampaignError
from autoexp.exchange.exports import Exports, exports_home
from autoexp.exchange.packing import Packed, pack
from autoexp.exchange.unpacking import opened
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Imported:
    """A campaign that was imported: `contract` is where a copy of its contract was put, None when the checkout has one.

    `unborn` says that the repository has no commit of its own yet, so that nobody can work in its checkout.
    """

    tag: str
    experiments: int
    kept: int
    note: str
    contract: Path | None
    unborn: bool = False


def export_bundle(place: Place, target: Path, *, outputs: bool = False, since_base: bool = False) -> Packed:
    """Write a campaign's journal, refs and objects into one file, also while an engine works on it.

    `outputs` adds what commands printed; `since_base` leaves out the history of the commit that the campaign began at. Raises CampaignError
    when there is no campaign, or when something else than a bundle stands at `target`.
    """
    found = inspect(place)
    repository = Repository.open(place.folder)
    try:
        return pack(found.folder, repository, target.absolute(), outputs=outputs, since_base=since_base)
    finally:
        repository.close()


def import_bundle(place: Place, file: Path, *, environ: Mapping[str, str]) -> Imported:
    """Put the campaign of a bundle into a repository that has none of its tag.

    Raises CampaignError when the tag is taken, and for a bundle that is damaged, forged, or does not fit the repository; then nothing was
    changed.
    """
    faults = Faults(environ.get("AUTOEXP_FAULT", ""))
    repository = Repository.open(place.folder)
    try:
        with opened(file) as bundle:
            if place.tag not in {None, bundle.manifest.tag}:
                raise CampaignError(
                    f"the campaign in this bundle is {bundle.manifest.tag}, and its record names itself so",
                    where=str(file),
                    fix="leave --tag out",
                )
            arrived = arrive(bundle, repository, faults=faults)
        contract = _contract_for(place, repository, arrived)
        unborn = repository.resolve("HEAD") is None
    finally:
        repository.close()
    counts = arrived.state.counts
    return Imported(arrived.folder.tag, counts.decided, counts.kept, arrived.note, contract, unborn)


def _contract_for(place: Place, repository: Repository, arrived: Arrived) -> Path | None:
    """Put the contract beside the exports, where nobody's own is overwritten, when the checkout has none."""
    root = repository.root or place.folder
    if arrived.segment is None or any((folder / CONTRACT_FILE).is_file() for folder in (place.folder, root)):
        return None
    exports = Exports(exports_home(repository.root, repository.common_dir), arrived.folder.tag, ())
    exports.prepare()
    (exports.folder / PROGRAM_FILE).write_text(arrived.segment.program, encoding="utf-8")
    (exports.folder / CONTRACT_FILE).write_text(arrived.segment.spec_text, encoding="utf-8")
    return exports.folder / CONTRACT_FILE
