"""export, schema and plugins: commands that write files or print what others read."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from autoexp.faces.cli.printing import print_json
from autoexp.faces.options import HERE, Json, Repo, Tag


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    for command in (export, schema, plugins):
        app.command()(command)


def export(
    name: Annotated[
        Literal["results.tsv", "experiments.jsonl"] | None,
        typer.Argument(help="Print this one; without it both files are written.", show_default=False),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead.", show_default=False)] = None,
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Make the export files again from the journal."""
    from autoexp import api

    place = api.Place(repo, tag)
    if name is None:
        for path in api.write_exports(place):
            typer.echo(f"wrote {path}")
    elif out is None:
        typer.echo(api.export(place, name), nl=False)
    else:
        out.write_text(api.export(place, name), encoding="utf-8")
        typer.echo(f"wrote {out}")


def schema() -> None:
    """Print the JSON Schema of autoexp.yaml."""
    from autoexp import api

    print_json(api.spec_schema())


def plugins(json: Json = False) -> None:
    """List proposers, strategies and executors: from where, and why one failed to load."""
    from autoexp import api

    found = api.plugins_found()
    if json:
        print_json(found)
        return
    for entry in found:
        typer.echo(
            f"{entry['group']:<22} {entry['name']:<12} {entry['source']}"
            + (f"  cannot load: {entry['error']}" if entry["error"] else "")
        )
