"""The folder of a campaign's disposable trees, and the name under which its processes and folders are known."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from autoexp.engine.disk import says_full
from autoexp.errors import AutoexpError, DiskFull


def campaign_identity(common_dir: Path, tag: str) -> str:
    """Give the mark that this campaign's processes and folders carry."""
    return hashlib.sha256(f"{common_dir}\0{tag}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


def cache_folder(environ: Mapping[str, str], identity: str) -> Path:
    """Make the folder below AUTOEXP_CACHE_DIR, else the user's cache folder.

    Raises AutoexpError when that fails, DiskFull when it is for want of room.
    """
    folder = cache_home(environ) / identity
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if says_full(error):
            raise DiskFull(f"{folder}: {error.strerror}", fix="make room there, or set AUTOEXP_CACHE_DIR") from error
        raise AutoexpError(
            f"the folder for disposable trees cannot be made: {error.strerror}",
            where=str(folder),
            fix="set AUTOEXP_CACHE_DIR to a folder that you can write",
        ) from error
    return folder


def cache_home(environ: Mapping[str, str]) -> Path:
    """Give the folder in which those of all campaigns lie; it may not be there yet."""
    chosen = environ.get("AUTOEXP_CACHE_DIR")
    home = Path(chosen) if chosen else Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autoexp"
    return home.absolute()
