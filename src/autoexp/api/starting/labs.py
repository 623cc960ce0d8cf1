"""init --lab: a runnable example with known answers, in a folder of its own."""

from pathlib import Path

from autoexp.api.committing import commit_all
from autoexp.api.starting.answers import Started
from autoexp.errors import AutoexpError


def init_lab(folder: Path, name: str) -> Started:
    """Write a lab into an empty folder, as a repository with one commit. Raises AutoexpError when the folder is in use."""
    from autoexp.labs import gallery  # noqa: PLC0415  only who asks for a lab pays for it

    if name not in gallery.names():
        raise AutoexpError(f"there is no lab named {name}", fix=f"labs: {', '.join(gallery.names())}")
    if folder.exists() and (not folder.is_dir() or any(path.name != ".git" for path in folder.iterdir())):
        raise AutoexpError(
            "a lab needs a folder of its own, and this one is not empty",
            where=str(folder),
            fix="name an empty or new folder with --repo",
        )
    try:
        written = gallery.write(name, folder)
    except OSError as error:
        raise AutoexpError(f"the lab cannot be written: {error}", where=str(folder)) from None
    commit_all(folder, f"Lab {name}")
    return Started(tuple(written))
