"""What an agent's program needs besides itself: a Node that is new enough, its Python, packages that its installation leaves out."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.proposers.agents.agent import Facts

LEFT_OUT = {"mini-swe-agent": ("mcp",)}
"""Packages of Python without which an agent cannot ask its model, though they are not among what it requires."""

_ASKS_S = 10.0
_FIRST_LINE = 300
_AT_LEAST = re.compile(r"(?:>=|\^|~)\s*v?(\d+(?:\.\d+)*)")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing, and the command that mends it."""

    what: str
    fix: str


def missing_of(facts: Facts, path: Path, said: str, environ: Mapping[str, str]) -> Missing | None:
    """Tell what is known to be missing. `said` are the words with which the program did not start, empty where it did."""
    runs_on = _interpreter(path)
    if runs_on.endswith("node"):
        return _node(facts, path, environ)
    if "python" in Path(runs_on).name:
        return _python(facts, Path(runs_on), said)
    return None


def needed_node(path: Path) -> tuple[int, ...]:
    """Give the lowest version of Node that a program's package asks for; empty where it asks for none that we can read."""
    for folder in path.resolve().parents:
        try:
            asked = json.loads((folder / "package.json").read_text(encoding="utf-8")).get("engines", {}).get("node", "")
        except FileNotFoundError:
            continue
        except (OSError, ValueError, AttributeError):
            return ()
        return min((_numbers(found) for found in _AT_LEAST.findall(str(asked))), default=())
    return ()


def _node(facts: Facts, path: Path, environ: Mapping[str, str]) -> Missing | None:
    needed = needed_node(path)
    wanted = f"Node {'.'.join(map(str, needed))} or newer" if needed else "Node"
    fix = f"install {wanted} from https://nodejs.org or your system's packages, and put it on PATH"
    node = shutil.which("node", path=environ.get("PATH"))
    if node is None:
        return Missing(f"{facts.title} runs on Node, and there is no program node on PATH", fix)
    there = _version_of_node(node, environ)
    if there and there < needed:
        return Missing(f"{facts.title} asks for {wanted}, and {node} is {'.'.join(map(str, there))}", fix)
    return None


def _python(facts: Facts, python: Path, said: str) -> Missing | None:
    if python.is_absolute() and not python.exists():
        return Missing(f"{facts.title} runs on {python}, which is gone", f"install it again: {facts.install}")
    lost = _NO_MODULE.search(said)
    left_out = [name for name in LEFT_OUT.get(facts.name, ()) if not _has(python, name)]
    named = lost[1].partition(".")[0] if lost else "".join(left_out[:1])
    if not named:
        return None
    return Missing(f"its installation lacks the Python package {named}", f"{python} -m pip install {named}")


def _has(python: Path, package: str) -> bool:
    """Tell whether a package lies in the environment of an interpreter; of one that is none of an environment nobody can tell."""
    folders = list(python.parent.parent.glob("lib/python*/site-packages"))
    return not folders or any((folder / package).exists() for folder in folders)


def _interpreter(path: Path) -> str:
    """Give the interpreter that the first line of a script names; empty for any other program."""
    try:
        with path.open("rb") as file:
            first = file.readline(_FIRST_LINE).decode("utf-8", "replace").strip()
    except OSError:
        return ""
    words = first[2:].split() if first.startswith("#!") else []
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return words[0] if words else ""


def _version_of_node(node: str, environ: Mapping[str, str]) -> tuple[int, ...]:
    try:
        said = subprocess.run(
            [node, "--version"],
            env={"PATH": environ.get("PATH", "")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASKS_S,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return _numbers(said.strip().removeprefix("v"))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
