"""Imports from Python's own library only: a file json.py beside the harness must not become the kit's json."""

from __future__ import annotations

import os
import sys

_STANDARD = os.path.dirname(os.__file__)


class StandardOnly:
    """For the time of a `with` block, absolute imports find modules of Python's own folder and nothing else."""

    def __enter__(self) -> None:
        self._found = list(sys.path)
        sys.path[:] = [entry for entry in self._found if _is_standard(entry)]

    def __exit__(self, *_: object) -> None:
        sys.path[:] = self._found


def _is_standard(entry: str) -> bool:
    return entry.endswith(".zip") or (
        (entry + "/").startswith(_STANDARD + "/") and "-packages" not in entry[len(_STANDARD) :]
    )
