"""Making names last: a file is found again after a power loss only when the folder that names it was synced."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Let the names in a folder last. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
