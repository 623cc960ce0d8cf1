"""run --detach: start a session in the background, and say how to look at it and how to end it."""

import os
from pathlib import Path

import typer

from autoexp.faces.cli.printing import print_json, say


def run_detached(repo: Path, tag: str | None, *, experiments: int | None, allow_unsandboxed: bool, json: bool) -> None:
    """Start it, and tell its process and its log; one that does not begin ends this command as it would have ended itself."""
    from autoexp import api
    from autoexp.faces.cli.opening import opening_line

    arguments = ["run", *(["--experiments", str(experiments)] if experiments is not None else [])]
    arguments += ["--allow-unsandboxed"] if allow_unsandboxed else []
    arguments += ["--repo", str(repo.absolute()), *(["--tag", tag] if tag is not None else [])]
    found = api.detach(api.Place(repo, tag), arguments, environ=os.environ)
    if not found.begun:
        say(found.words.rstrip("\n"), err=True)
        raise typer.Exit(found.code if found.code >= 0 else 128 - found.code)
    if json:
        print_json({"tag": found.tag, "pid": found.pid, "log": str(found.log)})
        return
    more = "" if tag is None else f" --tag {found.tag}"
    say(f"{opening_line(found.before, found.tag)}, in the background, process {found.pid}")
    say(f"log     {found.log}")
    say(f"look    autoexp status{more}, autoexp log{more}")
    say(f"end     autoexp stop{more} (after the current experiment), or kill -INT {found.pid}")
