"""The harness kit as a package of its own, for the interpreter of a harness: it brings nothing else of autoexp along."""

import secrets
import shutil
from importlib import resources
from pathlib import Path

from autoexp.harness.sealed import digest_of

_SOURCE = Path(str(resources.files("autoexp"))) / "harness_kit"
_ASIDE = {"harness_kit", "__pycache__"}


def kit_in(folder: Path) -> Path:
    """Lay the kit out below a folder, unless it is there already and whole; give the place for PYTHONPATH."""
    digest = digest_of(_SOURCE)
    home = folder / f"kit-{digest[:16]}"
    package = home / "autoexp"
    if digest_of(package / "harness_kit") == digest and _names(home) == {"autoexp", "autoexp/__init__.py"}:
        return home
    shutil.rmtree(home, ignore_errors=True)
    draft = folder / f"kit-{secrets.token_hex(8)}"
    shutil.copytree(_SOURCE, draft / "autoexp" / "harness_kit", ignore=shutil.ignore_patterns("__pycache__"))
    (draft / "autoexp" / "__init__.py").touch()
    try:
        draft.rename(home)
    except OSError:  # another engine was quicker
        shutil.rmtree(draft, ignore_errors=True)
    return home


def _names(home: Path) -> set[str]:
    """List what is there beside the kit itself; a file that is not empty counts as something else."""
    found = {place for place in (*home.glob("*"), *home.glob("autoexp/*")) if place.name not in _ASIDE}
    return {f"{place.relative_to(home)}{'+' if place.is_file() and place.stat().st_size else ''}" for place in found}
