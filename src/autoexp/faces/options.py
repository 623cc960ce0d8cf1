"""Options that every command shares, whichever face offers it."""

from pathlib import Path
from typing import Annotated

import typer

Repo = Annotated[
    Path, typer.Option("--repo", metavar="DIR", help="Folder of the repository (default: here).", show_default=False)
]
Tag = Annotated[
    str | None, typer.Option("--tag", help="Campaign to use (default: the contract's name).", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Unsandboxed = Annotated[
    bool, typer.Option("--allow-unsandboxed", help="Go on where no sandbox holds, with your own rights.")
]
HERE = Path()
