"""Other machines than this one, made of it: commands to put before a program, or a skip where that cannot be done."""

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from autoexp.processes.confine import landlock_abi
from autoexp.processes.sandbox import bwrap

_LANDLOCK, _MISSING, _ALLOW = 444, 0x50000 | 38, 0x7FFF0000


def without_bubblewrap() -> list[str]:
    """Give a machine on which bubblewrap is not installed: what lies at its place cannot be started."""
    places = {str(Path(found).resolve()) for found in (bwrap.program(), shutil.which("bwrap")) if found}
    hide = " && ".join(f"{shutil.which('mount')} --bind /dev/null '{place}'" for place in sorted(places)) or "true"
    return ready(["unshare", "-Urm", "/bin/sh", "-c", f'{hide} && exec "$@"', "sh"])


def without_namespaces(kind: str = "user") -> list[str]:
    """Give a machine whose system refuses namespaces of a kind."""
    return ready(
        ["unshare", "-Ur", "/bin/sh", "-c", f'echo 0 > /proc/sys/user/max_{kind}_namespaces && exec "$@"', "sh"]
    )


def with_file_system(place: Path, options: str) -> list[str]:
    """Give a machine that has another file system in memory at a place, mounted with some options."""
    script = f"mount -t tmpfs -o {options} none '{place}' && exec \"$@\""
    return ready(["unshare", "-Urm", "/bin/sh", "-c", script, "sh"])


def without_anything(folder: Path) -> list[str]:
    """Give a machine without user namespaces and Landlock, which is no container. `folder` takes a small file."""
    program = bwrap.program()
    if program is None:
        pytest.skip("bubblewrap is not installed: it is what takes everything else away")
    steps = ((0x20, 0, 0, 0), (0x15, 0, 1, _LANDLOCK), (0x06, 0, 0, _MISSING), (0x06, 0, 0, _ALLOW))
    rules = folder / "no-landlock"
    rules.write_bytes(b"".join(struct.pack("=HBBI", *step) for step in steps))
    shown = [part for place in sorted(map(str, Path("/").iterdir())) for part in _mount(place)]
    apart = ["--unshare-user", "--disable-userns", "--unsetenv", "container", "--unsetenv", "KUBERNETES_SERVICE_HOST"]
    script = f"exec '{program}' --seccomp 9 \"$@\" 9<'{rules}'"
    return ready(["/bin/sh", "-c", script, "sh", *apart, *shown, "--chdir", os.getcwd(), "--"])  # noqa: PTH109


def _mount(place: str) -> list[str]:
    if place in {"/run", "/.dockerenv"}:  # where container engines leave their marks
        return ["--tmpfs", place] if place == "/run" else []
    if Path(place).is_symlink():
        return ["--symlink", str(Path(place).readlink()), place]
    return ["--dev-bind", place, place]


def ready(prefix: list[str]) -> list[str]:
    program = shutil.which(prefix[0])
    if program is None:
        pytest.skip(f"{prefix[0]} is not installed")
    prefix = [program, *prefix[1:]]
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"such a machine cannot be made here: {tried.stderr.strip()}")
    return prefix


def needs_bubblewrap() -> None:
    """Skip where bubblewrap is not installed."""
    if bwrap.program() is None:
        pytest.skip("bubblewrap is not installed")


def needs_landlock() -> None:
    """Skip where the kernel has no Landlock."""
    if landlock_abi() == 0:
        pytest.skip("this kernel has no Landlock")
