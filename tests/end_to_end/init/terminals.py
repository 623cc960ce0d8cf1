"""A person at a terminal: a command that talks to a real pseudo-terminal, and the answers that are typed there."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE_S = 60.0


class Terminal:
    """One command on a terminal of its own. Leaving the block ends it."""

    def __init__(self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self._mine, its = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "autoexp", *arguments],
            cwd=folder,
            env={**environ, "TERM": "dumb", "COLUMNS": "200", "NO_COLOR": "1"},
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        self.shown = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._mine)

    def sees(self, text: str) -> None:
        """Wait until a text is shown, after what was waited for before."""
        while (found := self.shown.find(text, self._seen)) < 0:
            if not self._more():
                raise AssertionError(f"the command ended without {text!r}:\n{self.shown}")
        self._seen = found + len(text)

    def types(self, text: str) -> None:
        """Type a line."""
        os.write(self._mine, f"{text}\n".encode())

    def answers(self, question: str, text: str = "") -> None:
        """Wait for a question, and answer it."""
        self.sees(question)
        self.types(text)

    def closes(self) -> None:
        """Type the end of the input, as Ctrl-D does at the beginning of a line."""
        os.write(self._mine, b"\x04")

    def interrupts(self) -> None:
        """Send what Ctrl-C sends to a command on a terminal."""
        self._process.send_signal(signal.SIGINT)

    def ends(self) -> int:
        """Wait for the end, and give the exit code."""
        while self._more():
            pass
        return self._process.wait(PATIENCE_S)

    def _more(self) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while not select.select([self._mine], [], [], 0.2)[0]:
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing more came:\n{self.shown}")
            if self._process.poll() is not None:
                return False
        try:
            data = os.read(self._mine, 1 << 16)
        except OSError:  # the other side is closed
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
