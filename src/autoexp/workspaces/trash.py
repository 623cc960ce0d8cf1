"""Destroying what a proposer left, however it tried to stay."""

import os
import stat
import time
from pathlib import Path

from autoexp.workspaces.filesystem import look, open_up

_PATIENCE = 20
_PAUSE_S = 0.05


class Trash:
    """Takes whatever stands in the way and destroys it later, whatever it is and however deep it goes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def take(self, path: str) -> None:
        """Remove a path from where it stands."""
        state = look(path)
        if state is None:
            return
        if not stat.S_ISDIR(state.st_mode):
            open_up(os.path.dirname(path))  # noqa: PTH120
            os.unlink(path)  # noqa: PTH108
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        open_up(os.path.dirname(path))  # noqa: PTH120
        open_up(path)
        self._move(path)

    def empty(self) -> None:
        """Destroy everything taken. Folders are moved up before they are opened, so that no path grows long.

        What resists stays here, where it harms nobody, for the next time.
        """
        patience = _PATIENCE
        while patience and self._folder.is_dir():
            names = os.listdir(self._folder)  # noqa: PTH208
            if not names:
                self._folder.rmdir()
                return
            destroyed = [self._destroy(os.path.join(self._folder, name)) for name in names]  # noqa: PTH118
            if not any(destroyed):
                # A git of a killed engine may still write here.
                patience -= 1
                time.sleep(_PAUSE_S)

    def _destroy(self, path: str) -> bool:
        try:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                os.unlink(path)  # noqa: PTH108
                return True
            open_up(path)
            with os.scandir(path) as found:
                items = list(found)
            for item in items:
                if item.is_dir(follow_symlinks=False):
                    open_up(item.path)
                    self._move(item.path)
                else:
                    os.unlink(item.path)  # noqa: PTH108
            os.rmdir(path)  # noqa: PTH106
        except OSError:
            return False
        return True

    def _move(self, path: str) -> None:
        while True:
            self._count += 1
            target = os.path.join(self._folder, str(self._count))  # noqa: PTH118
            if not os.path.lexists(target):
                os.rename(path, target)  # noqa: PTH104
                return
