"""repair: journal, refs and exports brought into agreement."""

import os
from typing import Annotated

import typer

from autoexp.faces.cli.printing import print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag

USER = 2


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command()(repair)


def repair(
    check: Annotated[
        bool, typer.Option("--check", help="Only look: 0 when all agrees, 2 with the list of what does not.")
    ] = False,
    cut: Annotated[
        bool, typer.Option("--cut", help="Give up what lies behind records that nobody has; a copy is kept.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Move refs back that somebody moved; their values are kept.")
    ] = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Bring journal, refs and exports into agreement.

    Each is made from what the others hold.

    Examples:

      autoexp repair --check

      autoexp repair
    """
    from autoexp import api

    done = api.repair(api.Place(repo, tag), environ=os.environ, check=check, cut=cut, yes=yes)
    if json:
        print_json(done.as_json())
    else:
        for finding in done.findings:
            say(finding.text + (f"\n  fix: {finding.fix}" if finding.fix else ""))
        if done.saved_as:
            say(f"the journal as it was: {done.saved_as}")
        if done.agrees:
            say(f"{done.tag}: journal, refs and exports agree ({done.records} records, {done.experiments} experiments)")
    if not done.agrees:
        raise typer.Exit(USER)
