"""What all tests share: programs are found by their own names, and a machine that is busy fails no law."""

import os
import sys
from pathlib import Path

from hypothesis import settings


def _without_shims() -> None:
    """Find our interpreter before a shim of it: pyenv's are shell scripts that cost twenty times the start of Python."""
    own = Path(sys.executable).resolve().parent
    entries = os.environ.get("PATH", "").split(os.pathsep)
    if any(Path(entry).name == "shims" for entry in entries) and (own / "python").exists():
        os.environ["PATH"] = os.pathsep.join([str(own), *entries])


_without_shims()
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
