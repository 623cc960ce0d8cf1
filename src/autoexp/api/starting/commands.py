"""Commands as a person names them, made such that a shell runs them on HEAD; and what is missing there."""

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import which

from autoexp.api.inference import Files
from autoexp.spec.commands import started

_BY_ENDING = {
    ".py": "python",
    ".js": "node",
    ".mjs": "node",
    ".rb": "ruby",
    ".pl": "perl",
    ".php": "php",
    ".lua": "lua",
}


def runnable(command: str, files: Files, environ: Mapping[str, str]) -> tuple[str, str]:
    """Give the command as it has to be written, and why it was changed; empty when it can stay.

    A script of HEAD that is not executable gets its interpreter, one that is named without a folder gets `./`.
    """
    first, space, rest = command.strip().partition(" ")
    path = first.removeprefix("./")
    if not files.has(path) or ("/" not in first and which(first, path=environ.get("PATH"))):
        return command, ""
    if path in files.executable:
        if "/" in first:
            return command, ""
        return f"./{command.strip()}", f"it is written `./{first}`: a shell looks for `{first}` on PATH only"
    interpreter = _interpreter(path, files.text(path))
    return (
        f"{interpreter} {path}{space}{rest}",
        f"it is written `{interpreter} {path}`: the file is not executable in HEAD",
    )


def absent(
    command: str, files: Files, folder: Path, environ: Mapping[str, str], *, provided: Sequence[str] = ()
) -> str:
    """Say what of a command is not in HEAD or not on this machine, so that it cannot pass; empty when nothing is seen missing.

    `provided` are paths that git ignores and that the harness gets all the same.
    """
    words = _words(command)
    literal = {word.removeprefix("./").rstrip("/") for word in words}
    for path in started(command):
        if path in literal and not files.has(path) and not files.holds(path) and not _within(path, provided):
            return _no_file(path, files, folder)
    first = words[0] if words else ""
    plain = first and not set(first) & set("/$`(){};&|<>=~*?[\"'") and not _BUILTINS.fullmatch(first)
    if plain and not which(first, path=environ.get("PATH")):
        return f"`{first}` is no program that is found on PATH"
    return ""


def _within(path: str, places: Sequence[str]) -> str:
    return next((place for place in places if path == place or path.startswith(f"{place.rstrip('/')}/")), "")


def _no_file(path: str, files: Files, folder: Path) -> str:
    if place := _within(path, files.ignored):
        return f"{path} is ignored by git, so it is not in the tree that is measured: name it in harness.provide: [{place}]"
    if (folder / path).exists():
        return f"{path} is not committed, and experiments measure what is: git add {shlex.quote(path)} && git commit"
    near = difflib.get_close_matches(path, files.paths, n=1)
    return f"there is no file {path}" + (f"; did you mean {near[0]}?" if near else "")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _interpreter(path: str, text: str) -> str:
    line = text.partition("\n")[0]
    if line.startswith("#!"):
        words = line[2:].split()
        if words[:1] and words[0].endswith("/env"):
            words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        return Path(words[0]).name if words else "sh"
    return _BY_ENDING.get(Path(path).suffix, "sh")


_BUILTINS = re.compile(
    r"[!.:]|case|cd|command|eval|exec|exit|export|for|if|set|source|time|trap|type|ulimit|umask|unset|until|wait|while"
)
"""What a shell does itself, of what a command may begin with."""
