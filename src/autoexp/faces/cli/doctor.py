"""doctor: what this machine offers a campaign, and how to mend what is missing."""

import os
from typing import TYPE_CHECKING

import typer

from autoexp.faces.cli.printing import one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag

if TYPE_CHECKING:
    from autoexp.api import Diagnosis

UNUSABLE = 2


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command()(doctor)


def doctor(repo: Repo = HERE, tag: Tag = None, json: Json = False) -> None:
    """Tell what this machine lacks, and what mends it.

    Sandbox levels with reasons, git, disk, clock, noise, Python and agents. Nothing is changed.

    Examples:

      autoexp doctor

      autoexp doctor --json
    """
    del tag  # taken by every command; a machine is the same for all campaigns
    from autoexp import api

    found = api.examine(repo, environ=os.environ)
    if json:
        print_json(found.as_json())
    else:
        _tell(found)
    if not found.usable:
        raise typer.Exit(UNUSABLE)


def _tell(found: "Diagnosis") -> None:
    for finding in found.findings:
        say(f"{finding.state:<8} {finding.subject:<10} {one_line(finding.what)}")
        for line in finding.more:
            say(f"{'':<19} {one_line(line)}")
        if finding.do:
            say(f"{'':<19} do: {finding.do}")
    if not found.usable:
        say("no campaign can run here before that is mended", err=True)
