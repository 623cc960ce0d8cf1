"""Try what a sandbox must refuse, from inside: one line `name allowed|refused` for each thing.

A program of its own: `python -I -S -B canary.py OUTSIDE TCP_PORT UDP_PORT ENGINE`. OUTSIDE is a folder that is not part of
the view, with a file `secret` in it.
"""

import os
import socket
import sys
import time
from collections.abc import Callable

_ORPHAN_S = 30


def main(outside: str, tcp: int, udp: int, engine: int) -> None:
    """Try everything."""
    try_to("write", lambda: open(os.path.join(outside, "written"), "w").close())
    try_to("read", lambda: open(os.path.join(outside, "secret")).read())
    try_to("tree", lambda: open("written", "w").close())
    try_to("tcp", lambda: socket.create_connection(("127.0.0.1", tcp), timeout=2).close())
    try_to("udp", lambda: _send(udp))
    try_to("signal", lambda: _signal(engine))
    _orphan()


def try_to(name: str, action: Callable[[], object]) -> None:
    """Print whether something can be done."""
    try:
        action()
    except OSError:
        sys.stdout.write(f"{name} refused\n")
    else:
        sys.stdout.write(f"{name} allowed\n")
    sys.stdout.flush()


def _send(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        datagram.sendto(b"canary", ("127.0.0.1", port))


def _signal(engine: int) -> None:
    """Look whether the engine could be signalled; a process of that number in another namespace is none of ours."""
    os.kill(engine, 0)
    with open(f"/proc/{engine}/environ", "rb") as environ:
        environ.read(1)


def _orphan() -> None:
    """Leave a process behind, in a session of its own, whose parent has ended."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(_ORPHAN_S)
        os._exit(0)
    os.wait()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
