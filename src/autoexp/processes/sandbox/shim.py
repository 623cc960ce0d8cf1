"""The first process of a sandbox: runs one command, ends whatever it leaves, and tells what all of it used.

A program of its own (`python -I -S -B shim.py RESULT FORWARD COMMAND...`), started as process 1 of a process namespace; it
imports little, for it starts before each measurement. RESULT is a descriptor that takes the report, as lines `name value`;
the command never holds it, and no process in the sandbox can look into this one. FORWARD is empty, or program and
arguments (one a line) of the forwarder to the allowed hosts, which is started first.

The command is forked by a small shell, for a child of this interpreter would start with its memory peak.
"""

import os
import signal
import sys
import time

_FORK = '( read -r pid rest </proc/self/stat; echo "$pid" >&3; read -r go <&4 && exec "$@" 3>&- 4<&- ); :'
_PR_SET_DUMPABLE = 4
_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "loongarch64": 219, "ppc64le": 271, "s390x": 280}
_JOIN_NEW_KEYRING = 1
_GRACE_S, _PAUSE_S, _PATIENCE_S = 0.25, 0.002, 5.0
_LONGEST_PID = 32


class Stopped(Exception):  # noqa: N818  a message, not a failure
    """The engine asked for the end."""


def main(arguments: list[str]) -> None:
    """Run the command and report."""
    result, forward, *command = arguments
    report = int(result)
    os.set_inheritable(report, False)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process then never hears of it
    environ = given()
    hide()
    if not found(command[0]):
        tell(report, {"missing": command[0]})
        return
    own = {os.getpid(), start_forwarder(forward.split("\n"), environ) if forward else 0}
    try:
        signal.signal(signal.SIGTERM, _stop)
        tell(report, watched(command, environ, own))
    except Stopped:
        tell(report, {"stopped": 1})


def given() -> dict[bytes, bytes]:
    """Give the environment as it was: this interpreter adds LC_CTYPE to its own where the locale is C."""
    with open("/proc/self/environ", "rb") as block:
        pairs = [entry.partition(b"=") for entry in block.read().split(b"\0") if entry]
    return {name: value for name, _, value in pairs}


def hide() -> None:
    """Keep other processes of the same user out of this one's memory and descriptors, and all here out of their keyring.

    The kernel keeps what is put on the keyring of a login for as long as that lasts: another command would find it.
    """
    import ctypes  # noqa: PLC0415  nothing else here needs it

    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if keyctl := _KEYCTL.get(os.uname().machine):
        libc.syscall(keyctl, _JOIN_NEW_KEYRING, None)


def found(program: str) -> bool:
    """Tell whether there is a program of this name."""
    places = [""] if "/" in program else os.environ.get("PATH", os.defpath).split(":")
    paths = [os.path.join(place, program) for place in places]
    return any(os.path.isfile(path) and os.access(path, os.X_OK) for path in paths)


def start_forwarder(arguments: list[str], environ: dict[bytes, bytes]) -> int:
    """Start the way out to the allowed hosts, and wait until it listens. It does not hold the harness's own report."""
    ready, theirs = os.pipe()
    os.set_inheritable(theirs, True)
    argv = [sys.executable, "-I", "-S", "-B", *arguments]
    its = {**environ, b"AUTOEXP_READY_FD": str(theirs).encode()}
    report = its.pop(b"AUTOEXP_REPORT_FD", b"")
    closed = [(os.POSIX_SPAWN_CLOSE, int(report))] if report else []
    pid = os.posix_spawn(sys.executable, argv, its, file_actions=closed, setsid=True)
    os.close(theirs)
    os.read(ready, _LONGEST_PID)
    os.close(ready)
    return pid


def watched(command: list[str], environ: dict[bytes, bytes], own: set[int]) -> dict[str, object]:
    """Run the command to its end, and give what there is to tell."""
    used = Used()
    try:
        root, started = start(command, environ)
        status = wait_for(root, own, used)
        wall = time.monotonic() - started
        let_end(own, used)
    except Stopped:
        left = clear(own, used)
        return {"stopped": 1, "cpu": used.cpu, "rss": used.rss, "left": left}
    left = clear(own, used)
    return {"status": status, "wall": wall, "cpu": used.cpu, "rss": used.rss, "left": left}


class Used:
    """CPU seconds of all processes, and the largest resident set (KiB)."""

    cpu, rss = 0.0, 0

    def add(self, usage: object) -> None:
        """Add one process that has ended."""
        self.cpu += usage.ru_utime + usage.ru_stime  # type: ignore[attr-defined]
        self.rss = max(self.rss, usage.ru_maxrss)  # type: ignore[attr-defined]


def start(command: list[str], environ: dict[bytes, bytes]) -> tuple[int, float]:
    """Start the command in a session of its own; give its process and the time."""
    told, tell_to = os.pipe()
    go_from, go = os.pipe()
    moves = [(os.POSIX_SPAWN_DUP2, tell_to, 3), (os.POSIX_SPAWN_DUP2, go_from, 4)]
    argv = ["/bin/sh", "-c", _FORK, "sh", *command]
    shell = os.posix_spawn("/bin/sh", argv, environ, file_actions=moves, setsid=True, setsigdef=[signal.SIGTERM])
    os.close(tell_to)
    os.close(go_from)
    root = int(os.read(told, _LONGEST_PID))
    os.kill(shell, signal.SIGKILL)
    os.waitpid(shell, 0)
    os.close(told)
    started = time.monotonic()
    os.write(go, b"go\n")
    os.close(go)
    return root, started


def wait_for(root: int, own: set[int], used: Used) -> int:
    """Reap until the command has ended, and give its wait status."""
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid not in own:
            used.add(usage)
        if pid == root:
            return status


def let_end(own: set[int], used: Used) -> None:
    """Give what outlived the command a moment to end by itself."""
    deadline = time.monotonic() + _GRACE_S
    while others(own) and time.monotonic() < deadline:
        if not reap(used, own):
            time.sleep(_PAUSE_S)


def others(own: set[int]) -> list[int]:
    """List the processes that are not ours and have not ended."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid not in own and not over(pid)]


def over(pid: int) -> bool:
    """Tell whether a process has ended (a zombie has)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] in b"ZX"
    except OSError:
        return True


def reap(used: Used, own: set[int]) -> bool:
    """Take note of one process that has ended, if there is one; what ours used is not the command's."""
    try:
        pid, _, usage = os.wait4(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    if pid and pid not in own:
        used.add(usage)
    return pid != 0


def clear(own: set[int], used: Used) -> int:
    """Kill everything else in the sandbox, and count what was not ours."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while reap(used, own):
        pass
    us = {os.getpid()}
    count = len(others(own))
    if others(us):
        os.kill(-1, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE_S
    while others(us) and time.monotonic() < deadline:
        if not reap(used, own):
            time.sleep(_PAUSE_S)
    while reap(used, own):
        pass
    return count


def tell(descriptor: int, facts: dict[str, object]) -> None:
    """Write the report."""
    os.write(descriptor, "".join(f"{name} {value}\n" for name, value in facts.items()).encode(errors="replace"))


def _stop(number: int, frame: object) -> None:
    del number, frame
    raise Stopped


if __name__ == "__main__":
    main(sys.argv[1:])
