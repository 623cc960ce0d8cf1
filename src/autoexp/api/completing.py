"""What a shell offers while a command is typed: campaigns, experiments, labs and agents. Quick, and never an error: what cannot be told is nothing."""

import re
import subprocess
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

_TIMEOUT_S = 5.0
_MOST = 200
_NAME = re.compile(r"^name:\s*['\"]?([^\s'\"#]+)", re.MULTILINE)
_AGENTS = "autoexp.proposers.agents."


def campaigns(folder: Path) -> list[str]:
    """Name the campaigns of a folder's repository."""
    home = _git(folder, "rev-parse", "--path-format=absolute", "--git-common-dir")
    return sorted(path.parent.name for path in Path(home, "autoexp").glob("*/journal.jsonl")) if home else []


def experiments(folder: Path, tag: str | None) -> list[str]:
    """Number the last experiments of a campaign that made a change; `tag` None is the contract's, or the only one there is."""
    name = tag or _tag(folder)
    found = _git(folder, "for-each-ref", "--format=%(refname:lstrip=4)", f"refs/autoexp/{name}/attempt") if name else ""
    numbers = sorted(int(line) for line in found.splitlines() if line.isdecimal())
    return [str(n) for n in numbers[-_MOST:]]


def labs() -> list[str]:
    """Name the labs."""
    from autoexp.labs import gallery  # noqa: PLC0415  only who asks for a lab pays for it

    return gallery.names()


def agents() -> list[str]:
    """Name the coding agents that are installed as plugins, whether or not their programs are here."""
    return sorted(one.name for one in entry_points(group="autoexp.proposers") if one.value.startswith(_AGENTS))


def _tag(folder: Path) -> str:
    known = campaigns(folder)
    for place in (folder, Path(_git(folder, "rev-parse", "--show-toplevel") or folder)):
        with suppress(OSError, UnicodeDecodeError):
            if found := _NAME.search((place / "autoexp.yaml").read_text(encoding="utf-8")):
                return found[1]
    return known[0] if len(known) == 1 else ""


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL
        )
        return done.stdout.strip()
    return ""
