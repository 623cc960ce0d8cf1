"""Opening a bundle that somebody sent: what it says of itself fits what it holds, before anything of it is used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from autoexp.errors import CampaignError
from autoexp.exchange import archive
from autoexp.exchange.archive import Part
from autoexp.exchange.manifest import LONGEST, MANIFEST, OUTPUT, Manifest, read_manifest
from autoexp.workspaces.bundles import CommitsMissingError

AGAIN = "nothing was changed; make the bundle again with `autoexp export --bundle`, and copy it whole"
FETCH = "nothing was changed; fetch them here first, or make the bundle again without --since-base"


class Bundle:
    """A bundle whose table of contents is sound. The bytes of its parts are checked as they are read."""

    def __init__(self, path: Path, file: IO[bytes], parts: dict[str, Part], manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._file = file
        self._parts = parts

    def size(self, name: str) -> int:
        """Give the bytes of a part."""
        return self._parts[name].size

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give the bytes of a part. Raises ValueError when they are not those that the manifest promises."""
        return archive.chunks(self._file, self._parts[name], digest=self.manifest.parts[name].sha256)

    def outputs(self) -> list[str]:
        """Name what commands printed, sorted; the names are safe to use below a folder."""
        return sorted(name for name in self._parts if name.startswith(OUTPUT))


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Open a bundle. Raises CampaignError for what is none, here and for every ValueError that the block raises about it."""
    if not path.is_file():
        raise CampaignError(
            "there is no such file", where=str(path), fix="name a file that `autoexp export --bundle` made"
        )
    with path.open("rb") as file:
        try:
            parts = archive.parts_of(file)
            manifest = _manifest(file, parts)
            _refuse_mismatch(parts, manifest)
            yield Bundle(path, file, parts, manifest)
        except ValueError as error:
            fix = FETCH if isinstance(error, CommitsMissingError) else AGAIN
            raise CampaignError(str(error), where=str(path), fix=fix) from None


def _manifest(file: IO[bytes], parts: dict[str, Part]) -> Manifest:
    part = parts.get(MANIFEST)
    if part is None or part.size > LONGEST:
        raise ValueError("it is no bundle of autoexp: it holds no manifest")
    file.seek(part.offset)
    return read_manifest(file.read(part.size))


def _refuse_mismatch(parts: dict[str, Part], manifest: Manifest) -> None:
    """Make sure that the parts are those that the manifest names, with their sizes."""
    found = {name: part.size for name, part in parts.items() if name != MANIFEST}
    promised = {name: facts.size for name, facts in manifest.parts.items()}
    if odd := sorted(name for name in found.keys() | promised.keys() if found.get(name) != promised.get(name)):
        raise ValueError(f"what it holds is not what its manifest says: {odd[0]}")
