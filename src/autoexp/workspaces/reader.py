"""One lasting `git cat-file` that reads objects: a question costs microseconds instead of a process."""

import subprocess
import threading

from autoexp.errors import GitError
from autoexp.workspaces.git import TIMEOUT_S, Git, path_bytes


class ObjectReader:
    """Reads objects by name; starts its process on first use and again after it died."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, name: str) -> tuple[str, str, bytes]:
        """Return id, kind and content; GitError when there is no such object."""
        if "\n" in name:  # the conversation is one of lines
            name = self._git.run("rev-parse", "--verify", "--end-of-options", name).decode().strip()
        with self._lock:
            process = self._started()
            watchdog = threading.Timer(TIMEOUT_S, process.kill)
            watchdog.daemon = True
            watchdog.start()
            try:
                return self._exchange(process, name)
            except (OSError, ValueError) as error:
                self._end()
                raise GitError(f"git cat-file ended while reading {name}") from error
            except GitError:
                raise
            except BaseException:
                # Half an answer may still be in the pipe: the next question needs a fresh process.
                self._end()
                raise
            finally:
                watchdog.cancel()

    def close(self) -> None:
        """End the lasting process."""
        with self._lock:
            self._end()

    def _exchange(self, process: subprocess.Popen[bytes], name: str) -> tuple[str, str, bytes]:
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(path_bytes(name) + b"\n")
        process.stdin.flush()
        header = process.stdout.readline()
        if not header.endswith(b"\n"):
            raise ValueError(name)
        words = header.split()
        if len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004
            raise GitError(f"git has no object {name}: {header.decode('utf-8', 'replace').strip()}")
        size = int(words[2])
        data = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise ValueError(name)
        return words[0].decode(), words[1].decode(), data[:-1]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # an unsent question of a dead process
                    continue
