"""import and delete, and the bundle that export writes: a campaign's record as a whole."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.faces.cli.printing import say
from autoexp.faces.options import HERE, Repo, Tag

if TYPE_CHECKING:
    from autoexp.api import Place


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command(name="import")(import_)


def import_(
    bundle: Annotated[Path, typer.Option(help="The file that `autoexp export --bundle` wrote.", show_default=False)],
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Put a campaign from a bundle into this repository: its record, its refs and their objects.

    Everything is checked first; a tag that is taken is never overwritten.
    """
    from autoexp import api

    found = api.import_bundle(api.Place(repo, tag), bundle, environ=os.environ)
    say(f"imported campaign {found.tag}: {_experiments(found.experiments, found.kept)}")
    if found.note:
        say(found.note)
    if found.contract is not None:
        say(
            f"its contract is {found.contract}, with program.md beside it; copy both to the top of the checkout to go on with `autoexp run`"
        )


def export_bundle(place: "Place", target: Path, *, outputs: bool, since_base: bool) -> None:
    """Write a bundle and say what is in it."""
    from autoexp import api

    made = api.export_bundle(place, target, outputs=outputs, since_base=since_base)
    say(
        f"wrote {made.path} ({_megabytes(made.size)}): campaign {made.tag}, {_experiments(made.experiments, made.kept)}"
    )
    for commit in made.needs:
        say(f"whoever imports it needs commit {commit} and its history")
    for what in made.left_out:
        say(f"left out: {what}")


def _experiments(count: int, kept: int) -> str:
    return f"{count} experiment{'' if count == 1 else 's'}, {kept} kept"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
