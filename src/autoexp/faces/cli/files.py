"""export, schema and plugins: commands that write files or print what others read."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from autoexp.faces.cli.printing import print_json, say, write_data
from autoexp.faces.cli.records import export_bundle
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
    bundle: Annotated[
        Path | None, typer.Option(help="Write the whole campaign into this file, for `import`.", show_default=False)
    ] = None,
    outputs: Annotated[bool, typer.Option("--outputs", help="With --bundle: what commands printed, too.")] = False,
    since_base: Annotated[
        bool, typer.Option("--since-base", help="With --bundle: without the history that the campaign began at.")
    ] = False,
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Write the export files again, or a bundle.

    Files are made from the journal; a bundle holds the whole campaign, for `autoexp import`.

    Examples:

      autoexp export results.tsv

      autoexp export --bundle etl.tar --outputs
    """
    from autoexp import api

    if bundle is not None:
        if name is not None or out is not None:
            raise typer.BadParameter("it takes neither the name of an export nor --out", param_hint="--bundle")
        export_bundle(api.Place(repo, tag), bundle, outputs=outputs, since_base=since_base)
        return
    if outputs or since_base:
        raise typer.BadParameter("it belongs to --bundle FILE", param_hint="--outputs" if outputs else "--since-base")
    place = api.Place(repo, tag)
    if name is None:
        for path in api.write_exports(place):
            say(f"wrote {path}")
    elif out is None:
        write_data(api.export(place, name))
    else:
        out.write_text(api.export(place, name), encoding="utf-8")
        say(f"wrote {out}")


def schema(
    brief: Annotated[bool, typer.Option("--brief", help="Of the brief that a proposer reads.")] = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Print the JSON Schema of autoexp.yaml, or of a brief.

    Examples:

      autoexp schema

      autoexp schema --brief
    """
    del repo, tag, json  # taken by every command, and the same schema for all of them
    from autoexp import api

    print_json(api.brief_schema() if brief else api.spec_schema())


def plugins(repo: Repo = HERE, tag: Tag = None, json: Json = False) -> None:
    """List proposers, strategies and executors.

    Of each where it comes from, and why one failed to load.

    Examples:

      autoexp plugins

      autoexp plugins --json
    """
    del repo, tag  # taken by every command; plugins belong to the installation
    from autoexp import api

    found = api.plugins_found()
    if json:
        print_json(found)
        return
    for entry in found:
        say(
            f"{entry['group']:<22} {entry['name']:<12} {entry['source']}"
            + (f"  cannot load: {entry['error']}" if entry["error"] else "")
        )
