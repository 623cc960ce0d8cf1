"""The harness kit as a package of its own, for the interpreter of a harness: it brings nothing else of autoexp along."""

import secrets
import shutil
from importlib import resources
from pathlib import Path

from autoexp.harness.sealed import digest_of

_SOURCE = Path(str(resources.files("autoexp"))) / "harness_kit"


def kit_in(folder: Path) -> Path:
    """Lay the kit out below a folder, unless it is there already and whole; give the place for PYTHONPATH."""
    digest = digest_of(_SOURCE)
    home = folder / f"kit-{digest[:16]}"
    package = home / "autoexp"
    if (
        package.is_dir()
        and digest_of(package / "harness_kit") == digest
        and not (package / "__init__.py").stat().st_size
    ):
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
