"""What of this machine every command may read: the system's programs and libraries, and the prefixes of tools on PATH."""

import contextlib
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
KERNEL = ("acpi", "driver", "dynamic_debug", "fs", "mtrr", "pressure", "scsi", "sys", "sysrq-trigger")
"""What of /proc is about the whole machine and can be written; bubblewrap itself sees to the rest of it."""

HARDWARE = ("/sys/devices/system", "/sys/fs/cgroup")


def shown(path: str, closed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """List what a command may read, for a sandbox without mounts; `path` is its PATH, and nothing `closed` is in it."""
    system = [root for root in ROOTS if os.access(root, os.F_OK)]
    etc = [f"/etc/{name}" for name in (*ETC, *NETWORK_ETC) if os.access(f"/etc/{name}", os.F_OK)]
    open_ = [part for place in system for part in around(place, closed)]
    return (*open_, *etc, *HARDWARE, "/proc", *prefixes(path, closed))


def around(place: str, closed: tuple[str, ...]) -> Iterator[str]:
    """Give paths that together hold what is below a place now, but nothing that is closed."""
    real = os.path.realpath(place)
    if real in closed:
        return
    if not _holds(real, closed):
        yield place
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(place):  # noqa: PTH208  names
            yield from around(f"{place}/{name}", closed)


def _holds(place: str, closed: tuple[str, ...]) -> bool:
    return any(other.startswith(f"{place}/") for other in closed)


@functools.lru_cache(maxsize=32)
def prefixes(path: str, closed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """List the folders outside of the system that the tools on a PATH consist of, outermost once, and our interpreter's.

    What lies in a `closed` folder is named when a tool is there, and nothing that holds such a folder.
    """
    found = {str(Path(sys.base_prefix).resolve()), sys.base_prefix, str(Path(sys.executable).resolve().parent.parent)}
    for entry in path.split(":"):
        if entry.startswith("/") and _readable(Path(entry)):
            found.update(_prefixes_of(Path(entry), closed))
    open_ = {part for place in found for part in around(place, closed)}
    kept = {place for place in open_ if not _covered(place, ROOTS, closed)}
    return tuple(sorted(place for place in kept if not _covered(place, kept - {place}, ())))


def _readable(place: Path) -> bool:
    """Tell whether it is a folder that we may look into; what lies in one that we may not is none either."""
    return os.path.isdir(place) and os.access(place, os.R_OK | os.X_OK)  # noqa: PTH112  Path.is_dir may raise


def _there(place: Path) -> bool:
    return os.access(place, os.R_OK)


def _prefixes_of(folder: Path, closed: tuple[str, ...]) -> Iterator[str]:
    """Give what belongs to a folder of programs; of a folder that belongs to nothing known, itself alone."""
    for place in {folder, folder.resolve()}:
        parent = place.parent
        pyenv = next(
            (up for up in (place, *place.parents) if _readable(up / "versions") and _readable(up / "shims")), None
        )
        if pyenv is not None:
            yield str(pyenv)
        elif _there(parent / "pyvenv.cfg"):
            yield from _whole(parent, closed, parts=("bin", "lib", "lib64", "pyvenv.cfg"))
            yield from _home_of(parent)
        elif _is_prefix(parent) or place.name == ".bin":  # the latter: node_modules/.bin
            yield from _whole(parent, closed, parts=(place.name,))
        elif parent.name == ".cargo":
            yield from (str(place), str(parent.parent / ".rustup"))
        else:
            yield str(place)


def _whole(prefix: Path, closed: tuple[str, ...], *, parts: tuple[str, ...]) -> Iterator[str]:
    """Give a prefix; of one that is a closed folder (a checkout in which somebody made a venv), only its parts."""
    if os.path.realpath(prefix) in closed:
        yield from (str(prefix / part) for part in parts if _there(prefix / part))
    else:
        yield str(prefix)


def _is_prefix(parent: Path) -> bool:
    """Tell a tool's own folder (conda, node, a compiler) from one that holds much else: a home, ~/.local, the root."""
    home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111  Path.home() raises where there is none
    if parent.name == ".local" or os.path.realpath(parent) in {home, "/"}:
        return False
    return any(_there(parent / sign) for sign in ("conda-meta", "lib", "libexec", "include"))


def _home_of(environment: Path) -> Iterator[str]:
    """Give the interpreter that a venv was made from."""
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "home" and value.strip().startswith("/"):
            home = Path(value.strip())
            yield from {str(home.parent), str(home.resolve().parent)} - {"/"}


def _covered(place: str, roots: "set[str] | tuple[str, ...]", closed: tuple[str, ...]) -> bool:
    """Tell whether a place is shown with another one; not where a closed folder lies between them."""
    return any(
        (place == root or place.startswith(f"{root}/"))
        and not any(_between(root, other, place) for other in closed)
        and _there(Path(root))
        for root in roots
    )


def _between(root: str, other: str, place: str) -> bool:
    return other.startswith(f"{root}/") and f"{place}/".startswith(f"{other}/")
