"""What belongs to a harness beside its tree: provided, sealed and readable paths, and the places that its tree needs for them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.harness.sealed import content_of, fingerprint_of
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces.fixtures import Fixture
from autoexp.workspaces.repository import Repository


def make_writable(spec: Spec) -> None:
    """Make the folders that a side may write, for what is not there cannot be shown."""
    for name, side in (("proposer", spec.sandbox.proposer), ("harness", spec.sandbox.harness)):
        for path in side.write:
            try:
                Path(path).expanduser().mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise AutoexpError(
                    f"sandbox.{name}.write names {path}, which cannot be made: {error.strerror}", where="autoexp.yaml"
                ) from None


def provided_by(spec: Spec, repository: Repository) -> dict[str, Path]:
    """Give what the user's checkout provides: place in the tree -> where it is."""
    found: dict[str, Path] = {}
    for pattern in spec.harness.provide:
        place = place_in_tree(pattern)
        source = None if repository.root is None else repository.root / place
        if source is None or not source.exists():
            raise AutoexpError(
                f"harness.provide names {pattern}, and the checkout has no {place}",
                where="autoexp.yaml",
                fix="make it, or take it out of harness.provide",
            )
        found[place] = source
    return found


def sealed(spec: Spec) -> list[Path]:
    """Give the sealed paths. Raises AutoexpError for one that is not there."""
    return [_there(path, "harness.sealed") for path in spec.harness.sealed]


def _there(path: str, key: str) -> Path:
    place = Path(path).expanduser()
    if not place.exists():
        raise AutoexpError(
            f"{key} names {path}, which does not exist", where="autoexp.yaml", fix=f"make it, or take it out of {key}"
        )
    return place


def fixtures_for(spec: Spec, provided: Mapping[str, Path], *, mounts: bool) -> dict[str, Fixture]:
    """Give the mount points of writable and provided places; without mounts, links to what is provided."""
    fixtures = {place_in_tree(pattern): Fixture("folder") for pattern in spec.harness.writable}
    for place, source in provided.items():
        mount_point = Fixture("folder" if source.is_dir() else "file")
        fixtures[place] = mount_point if mounts else Fixture("link", str(source))
    return fixtures


def digest_of_beside(spec: Spec, provided: Mapping[str, Path]) -> str:
    """Hash what numbers depend on besides the tree; empty when there is nothing."""
    readable = [_there(path, "sandbox.harness.read") for path in spec.sandbox.harness.read]
    if not (provided or spec.harness.sealed or readable):
        return ""
    try:
        parts = [fingerprint_of(provided.values()), content_of(sealed(spec)), fingerprint_of(readable)]
    except OSError as error:
        raise AutoexpError(f"it cannot be read: {error.strerror}", where=str(error.filename)) from None
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
