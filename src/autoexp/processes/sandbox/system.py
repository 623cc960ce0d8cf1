"""What of this machine every command may read: the system's programs and libraries, and the prefixes of tools on PATH."""

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOTS = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/run/current-system",
)
ETC = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "fonts",
    "group",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "locale.conf",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "pki/ca-trust/extracted",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/cert.pem",
    "ssl/openssl.cnf",
    "timezone",
)
"""One by one: /etc holds secrets on servers, /etc/ssl/private among them."""

NETWORK_ETC = ("resolv.conf", "gai.conf")
HARDWARE = ("/sys/devices/system", "/sys/fs/cgroup")


def shown(path: str) -> tuple[str, ...]:
    """List what a command may read, for a sandbox without mounts; `path` is its PATH."""
    system = [root for root in ROOTS if os.access(root, os.F_OK)]
    etc = [f"/etc/{name}" for name in (*ETC, *NETWORK_ETC) if os.access(f"/etc/{name}", os.F_OK)]
    return (*system, *etc, *HARDWARE, "/proc", *prefixes(path))


@functools.lru_cache(maxsize=32)
def prefixes(path: str) -> tuple[str, ...]:
    """List the folders outside of the system that the tools on a PATH consist of, outermost once, and our interpreter's."""
    found = {str(Path(sys.base_prefix).resolve()), sys.base_prefix, str(Path(sys.executable).resolve().parent.parent)}
    for entry in path.split(":"):
        if entry.startswith("/") and Path(entry).is_dir():
            found.update(_prefixes_of(Path(entry)))
    kept = {place for place in found if not _covered(place, ROOTS)}
    return tuple(sorted(place for place in kept if not _covered(place, kept - {place})))


def _prefixes_of(folder: Path) -> Iterator[str]:
    """Give what belongs to a folder of programs; of a folder that belongs to nothing known, itself alone."""
    for place in {folder, folder.resolve()}:
        parent = place.parent
        pyenv = next(
            (up for up in (place, *place.parents) if (up / "versions").is_dir() and (up / "shims").is_dir()), None
        )
        if pyenv is not None:
            yield str(pyenv)
        elif (parent / "pyvenv.cfg").is_file():
            yield str(parent)
            yield from _home_of(parent)
        elif parent != Path.home() and parent != parent.parent and _is_prefix(parent):
            yield str(parent)
        elif parent.name == ".cargo":
            yield from (str(place), str(parent.parent / ".rustup"))
        else:
            yield str(place)


def _is_prefix(parent: Path) -> bool:
    """Tell a tool's own folder (conda, node, a compiler) from one that holds much else, such as ~/.local."""
    if parent.name == ".local":
        return False
    return any((parent / sign).exists() for sign in ("conda-meta", "lib", "libexec", "include"))


def _home_of(environment: Path) -> Iterator[str]:
    """Give the interpreter that a venv was made from."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "home" and value.strip():
            home = Path(value.strip())
            yield from {str(home.parent), str(home.resolve().parent)}


def _covered(place: str, roots: "set[str] | tuple[str, ...]") -> bool:
    return any(place == root or place.startswith(root + "/") for root in roots if os.access(root, os.F_OK))
