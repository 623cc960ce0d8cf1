"""Variables that lead tools on PATH to their own folders: they look below HOME, and a command's HOME is a throw-away one."""

import os
from collections.abc import Mapping
from pathlib import Path


def homes_of_tools(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that a command needs besides PATH, for tools that are there.

    rustup's programs (`cargo`, `rustc`) ask it which toolchain to start; without its folder they refuse to.
    """
    for entry in environ.get("PATH", os.defpath).split(":"):
        if entry.startswith("/") and os.access(f"{entry}/rustup", os.X_OK):
            beside = str(Path(entry).parent.parent / ".rustup")
            home = environ.get("RUSTUP_HOME") or beside
            return {"RUSTUP_HOME": home} if os.access(f"{home}/toolchains", os.R_OK) else {}
    return {}
