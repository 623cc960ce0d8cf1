"""Commands as processes of their own, quickly: a helper that has imported autoexp forks once for each command.

What a test gets is a process with its own pid, signals and exit code, as from a shell, without paying for the imports.
Run as a program, this file is the helper. It reads requests from a socket: start a command, or tell whether it ended.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Running:
    """One command that was started. Leaving the block waits for it."""

    def __init__(self, helper: "Helper", pid: int, folder: Path) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._helper = helper
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None and self.poll() is None:
            self.send_signal(signal.SIGKILL)
        self.communicate()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def poll(self) -> int | None:
        """Give the exit code, or None while it runs; minus the signal when one killed it."""
        if self.returncode is None:
            self.returncode = self._helper.ask(poll=self.pid)
        return self.returncode

    def communicate(self, timeout: float = 120.0) -> tuple[str, str]:
        """Wait for the end and give what was printed on stdout and stderr."""
        wait_until(lambda: self.poll() is not None, "the end of the command", timeout)
        return self.printed("out"), self.printed("err")

    def printed(self, stream: str) -> str:
        """Give what was printed so far on `out` or `err`."""
        return (self._folder / stream).read_bytes().decode("utf-8", "surrogateescape")


class Helper:
    """The process that forks. One lasts for all tests of a worker."""

    def __init__(self) -> None:
        ours, its = socket.socketpair()
        self._process = subprocess.Popen([sys.executable, __file__, str(its.fileno())], pass_fds=[its.fileno()])
        its.close()
        self._lines = ours.makefile("rw", encoding="utf-8")
        ours.close()

    def start(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        out: Path,
        *,
        ignored: Sequence[int] = (),
        closed: bool = False,
    ) -> Running:
        """Start a command that prints into the folder `out`.

        Some signals are `ignored`, as nohup does; `closed` gives it a stdout that nobody reads.
        """
        pid: int = self.ask(
            start=list(arguments), environ=dict(environ), out=str(out), ignored=[int(n) for n in ignored], closed=closed
        )
        return Running(self, pid, out)

    def ask(self, **request: Any) -> Any:
        self._lines.write(json.dumps(request) + "\n")
        self._lines.flush()
        return json.loads(self._lines.readline())

    def close(self) -> None:
        self._lines.close()
        self._process.wait()


def wait_until(true: Callable[[], object], what: str, timeout: float = 60.0) -> None:
    """Wait until a condition holds; what does not come in time is an error that names it."""
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.005)


def _serve(lines: Any) -> None:
    for line in lines:
        request = json.loads(line)
        answer = _poll(request["poll"]) if "poll" in request else os.fork() or _become(request)
        lines.write(json.dumps(answer) + "\n")
        lines.flush()


def _poll(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(request: dict[str, Any]) -> int:
    """Be the command, from here to its end."""
    from autoexp.__main__ import main

    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(request["out"], name), os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if request["closed"]:
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 1)
    os.environ.clear()
    os.environ.update(request["environ"])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # whatever the caller of the tests ignores
        signal.signal(number, signal.SIG_IGN if number in request["ignored"] else signal.SIG_DFL)
    sys.argv = ["autoexp", *request["start"]]
    code: object = 0
    try:
        if prelude := os.environ.get("AUTOEXP_TEST_PRELUDE"):  # a file of a test's own, run in the command's process
            runpy.run_path(prelude)
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  as the interpreter does
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    import autoexp.__main__
    import autoexp.api.campaigns
    import autoexp.api.detaching
    import autoexp.api.files
    import autoexp.api.looking
    import autoexp.api.starting
    import autoexp.api.trying_tree
    import autoexp.engine.doctor.agents
    import autoexp.faces.cli.interruptions
    import autoexp.faces.cli.main
    import autoexp.faces.cli.progress
    import autoexp.faces.report.command
    import autoexp.faces.report.page
    import autoexp.proposers.command
    import autoexp.proposers.model.proposer
    import autoexp.proposers.script
    import autoexp.strategies.greedy
    from autoexp.plugins import GROUPS, offered
    from autoexp.proposers.agents.surveying import known

    for group in GROUPS:  # which is read once
        offered(group)
    known()  # all agents
    autoexp.faces.report.command.register(autoexp.faces.cli.main.app)
    autoexp.faces.cli.main.commands()

    with socket.socket(fileno=int(sys.argv[1])) as channel, channel.makefile("rw", encoding="utf-8") as conversation:
        _serve(conversation)
