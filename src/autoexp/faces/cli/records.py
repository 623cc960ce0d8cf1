"""import and delete, and the bundle that export writes: a campaign's record as a whole."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.errors import AutoexpError
from autoexp.faces.cli.printing import gain, say
from autoexp.faces.options import HERE, Repo

if TYPE_CHECKING:
    from autoexp.api import Deletion, Place


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command(name="import")(import_)
    app.command()(delete)


def import_(
    bundle: Annotated[Path, typer.Option(help="The file that `autoexp export --bundle` wrote.", show_default=False)],
    repo: Repo = HERE,
    tag: Annotated[
        str | None, typer.Option("--tag", help="Take it only if it is this one (default: any).", show_default=False)
    ] = None,
) -> None:
    """Put a campaign from a bundle into this repository.

    Everything is checked first; a tag that is taken is never overwritten.

    Examples:

      autoexp import --bundle etl.tar
    """
    from autoexp import api

    found = api.import_bundle(api.Place(repo, tag), bundle, environ=os.environ)
    say(f"imported campaign {found.tag}: {_experiments(found.experiments, found.kept)}")
    if found.note:
        say(found.note)
    if found.unborn:
        say(f"no commit is checked out here yet: `git merge refs/autoexp/{found.tag}/best` puts the best so far there")
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


def delete(
    name: Annotated[str | None, typer.Argument(metavar="TAG", help="The campaign.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_branch: Annotated[bool, typer.Option("--keep-branch", help="Leave the branch autoexp/TAG.")] = False,
    repo: Repo = HERE,
    tag: Annotated[str | None, typer.Option("--tag", help="The same as TAG.", show_default=False)] = None,
) -> None:
    """Delete a campaign: record, refs, branch, exports, caches.

    Checkout, index, HEAD and your own branches stay as they are.

    Examples:

      autoexp delete etl

      autoexp delete etl --yes --keep-branch
    """
    from autoexp import api

    if name is not None and tag not in {None, name}:
        raise typer.BadParameter(f"it names {tag}, and TAG names {name}", param_hint="--tag")
    place = api.Place(repo, name if name is not None else tag)
    found = api.deletion(place, keep_branch=keep_branch)
    say(_going(found))
    if not yes:
        if not sys.stdin.isatty():
            raise AutoexpError(
                "nothing was deleted: there is no terminal to ask on", fix=f"autoexp delete {found.tag} --yes"
            )
        if not typer.confirm("Delete it?"):
            say("nothing was deleted")
            return
    api.delete_campaign(place, environ=os.environ, keep_branch=keep_branch)
    say(f"deleted campaign {found.tag}; its commits stay among git's objects until `git gc` prunes them")


def _going(found: "Deletion") -> str:
    """Say what goes, what stays, and how to save it first."""
    if found.experiments is None or found.kept is None:
        what = "its record cannot be read"
        save = f"\nwhat can be brought back tells: autoexp repair --check --tag {found.tag}"
    else:
        what = f"{_experiments(found.experiments, found.kept)} ({gain(found.gain)} in-loop)"
        save = f"\nto save it first: autoexp export --bundle FILE --outputs --tag {found.tag}"
    parts = [f"its record and outputs ({_megabytes(found.size)})", f"{found.refs} refs below refs/autoexp/{found.tag}"]
    parts += [f"the branch autoexp/{found.tag}"] if found.branch else []
    parts += [str(path) for path in found.exports]
    stays = "".join(f"\n{why}" for why in found.stays)
    return f"campaign {found.tag}: {what}\ndeleting takes away {', '.join(parts)}{stays}{save}"


def _experiments(count: int, kept: int) -> str:
    return f"{count} experiment{'' if count == 1 else 's'}, {kept} kept"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
