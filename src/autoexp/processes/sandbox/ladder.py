"""The ladder of isolation: which levels hold here, which one is taken, and how a missing one is mended."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.processes.confine import landlock_abi, seccomp_works
from autoexp.processes.sandbox import bwrap, seatbelt
from autoexp.processes.sandbox.box import Landlocked, Sandbox, Unsandboxed
from autoexp.processes.sandbox.probe import MEANING, Found, probe
from autoexp.spec.sandbox import Level

ESSENTIAL = {
    "bwrap": frozenset(MEANING) - {"signal"},
    "seatbelt": frozenset({"write", "tcp"}),
    "landlock": frozenset({"write", "read", "tree", "tcp"}),
}
"""What a level must refuse to count as held."""

PROFILE = """\
abi <abi/4.0>,
include <tunables/global>
profile bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,
}
"""
"""For AppArmor, where it refuses user namespaces to programs that it does not know (Ubuntu from 23.10 on)."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One level on this machine: whether it holds, what remains possible in it, and what would mend it."""

    level: str
    holds: bool
    words: str
    mend: str = ""
    sandbox: Sandbox | None = None


@lru_cache(maxsize=8)
def rungs(path: str) -> tuple[Rung, ...]:
    """Try every level, the strongest first; `path` is the PATH of the commands that will run."""
    return tuple(build(path) for build in _BUILDERS.values())


def choose(level: Level, path: str, *, allow_none: bool) -> Sandbox:
    """Give the sandbox of a level; for `auto` the strongest that holds.

    Raises AutoexpError when the level does not hold here, and when `auto` finds none and none is not allowed.
    """
    if level == "none":
        return Unsandboxed()
    if level != "auto":
        rung = _BUILDERS[level](path)
        if rung.sandbox is None or not rung.holds:
            raise AutoexpError(
                f"the sandbox level {level} does not hold here: {rung.words}", where="sandbox", fix=rung.mend
            )
        return rung.sandbox
    for build in _BUILDERS.values():  # the weaker ones are not even tried
        rung = build(path)
        if rung.sandbox is not None and rung.holds:
            return rung.sandbox
    if allow_none:
        return Unsandboxed()
    known = rungs(path)
    reasons = "; ".join(f"{rung.level}: {rung.words}" for rung in known if not rung.holds)
    mend = next((rung.mend for rung in known if rung.mend), "")
    raise AutoexpError(
        f"no sandbox holds on this machine ({reasons})",
        where="sandbox",
        fix=f"{mend}; or run without one: --allow-unsandboxed" if mend else "run without one: --allow-unsandboxed",
    )


@lru_cache(maxsize=8)
def _bubblewrap(path: str) -> Rung:
    if sys.platform != "linux":
        return Rung("bwrap", holds=False, words="there is no bubblewrap for this system")
    program = bwrap.program()
    if program is None:
        return Rung("bwrap", holds=False, words="the program bwrap is not installed", mend=_install())
    full = _judged("bwrap", bwrap.Bubblewrapped(program), path)
    if full.holds or not seccomp_works():
        return full if full.holds else _with_mend(full)
    filtered = _judged("bwrap", bwrap.Bubblewrapped(program, network_space=False), path)
    if not filtered.holds:
        return _with_mend(full)
    words = f"no network namespace ({full.words}), so sockets are refused by a filter"
    return Rung("bwrap", holds=True, words=words, mend=_with_mend(full).mend, sandbox=filtered.sandbox)


@lru_cache(maxsize=8)
def _landlock(path: str) -> Rung:
    if landlock_abi() == 0:
        return Rung(
            "landlock",
            holds=False,
            words="this kernel has no Landlock",
            mend="use Linux 5.13 or newer with lsm=landlock",
        )
    return _judged("landlock", Landlocked(), path)


@lru_cache(maxsize=8)
def _seatbelt(path: str) -> Rung:
    program = shutil.which("sandbox-exec") if sys.platform == "darwin" else None
    if program is None:
        return Rung("seatbelt", holds=False, words="only macOS has it")
    return _judged("seatbelt", seatbelt.Seatbelt(program), path)


def _container(path: str) -> Rung:
    del path
    if not in_container():
        return Rung("container", holds=False, words="autoexp does not run in a container")
    return Rung("container", holds=True, words="the container is the only boundary", sandbox=Unsandboxed("container"))


_BUILDERS: dict[str, Callable[[str], Rung]] = {
    "bwrap": _bubblewrap,
    "seatbelt": _seatbelt,
    "landlock": _landlock,
    "container": _container,
}


def _judged(level: str, sandbox: Sandbox, path: str) -> Rung:
    found: Found = probe(sandbox, path)
    holds = not found.error and not ESSENTIAL[level] & set(found.allowed)
    return Rung(level, holds=holds, words=found.words, sandbox=sandbox)


def _with_mend(rung: Rung) -> Rung:
    return Rung(rung.level, holds=False, words=rung.words, mend=_permit(), sandbox=rung.sandbox)


def in_container() -> bool:
    """Tell whether autoexp itself runs in a container, by the marks that container engines leave."""
    if any(os.access(mark, os.F_OK) for mark in ("/.dockerenv", "/run/.containerenv")):
        return True
    return bool(os.environ.get("container")) or "KUBERNETES_SERVICE_HOST" in os.environ  # noqa: SIM112  its real name


def _install() -> str:
    """Give the one command that installs bubblewrap here."""
    commands = {
        "apt-get": "apt-get install --yes bubblewrap",
        "dnf": "dnf install --assumeyes bubblewrap",
        "pacman": "pacman --sync --noconfirm bubblewrap",
        "zypper": "zypper --non-interactive install bubblewrap",
        "apk": "apk add bubblewrap",
    }
    found = next((command for name, command in commands.items() if shutil.which(name)), "")
    return _as_root(found) if found else "install the package bubblewrap"


def _permit(proc: Path = Path("/proc")) -> str:
    """Give the one command that lets bubblewrap make namespaces."""
    if _reads(proc / "sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        lines = PROFILE.replace("\n", "\\n")
        write, load = _as_root("tee /etc/apparmor.d/bwrap"), _as_root("apparmor_parser --replace /etc/apparmor.d/bwrap")
        return f"printf '{lines}' | {write} && {load}"
    if _reads(proc / "sys/kernel/unprivileged_userns_clone") == "0":
        return _as_root("sysctl kernel.unprivileged_userns_clone=1")
    for kind in ("user", "net", "mnt", "pid"):
        if _reads(proc / f"sys/user/max_{kind}_namespaces") == "0":
            return _as_root(f"sysctl user.max_{kind}_namespaces=10000")
    if in_container():
        confined = _reads(proc / "self/attr/current").strip("\0") not in {"", "unconfined"}
        options = ("seccomp", "systempaths", *(("apparmor",) if confined else ()))
        return f"start the container with {' '.join(f'--security-opt {name}=unconfined' for name in options)}"
    return "see docs/sandbox.md: the system refuses what bubblewrap needs"


def _as_root(command: str) -> str:
    return command if os.geteuid() == 0 else f"sudo {command}"


def _reads(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
