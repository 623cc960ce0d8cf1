"""The note beside a persistent tree: which commit its table of file states describes. No note means: build again."""

import json
from dataclasses import dataclass
from pathlib import Path

from autoexp.workspaces.filesystem import write_whole
from autoexp.workspaces.repository import Repository

_FORMAT = 1
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Noted:
    """A table, by name, and the commit it describes."""

    commit: str
    table: str


class TreeState:
    """Reads and writes the note."""

    def __init__(self, file: Path, repository: Repository) -> None:
        self._file = file
        # Trees are not synced: after a restart of the machine their bytes may not be what their states say.
        boot = _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""
        self._circumstances = {"format": _FORMAT, "repository": str(repository.common_dir), "boot": boot}

    def read(self) -> Noted | None:
        """Return what is noted, None when there is any doubt."""
        try:
            found = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(found, dict):
            return None
        commit, table = found.pop("commit", None), found.pop("table", None)
        if found != self._circumstances or not isinstance(commit, str) or not isinstance(table, str):
            return None
        return Noted(commit, table)

    def write(self, commit: str, table: str) -> None:
        """Note a commit, in one step."""
        write_whole(self._file, json.dumps(self._circumstances | {"commit": commit, "table": table}).encode())

    def forget(self) -> None:
        """Take the note away before the table changes."""
        self._file.unlink(missing_ok=True)
