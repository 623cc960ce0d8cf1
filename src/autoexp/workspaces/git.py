"""Git's command line, always called in the same safe environment.

Nothing of the user's or the system's settings, hooks or helpers has a say; what is written is synced before it counts.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from autoexp.errors import UNSOUND, GitError, RepositoryError, StorageError

TIMEOUT_S = 600.0
_SYNC_FAILED = b"fsync error"

# For every call: no program of the user's starts, nothing tidies up, nothing goes to the network, writes are synced.
_QUIET = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.fsync": "all",
    "core.logAllRefUpdates": "false",
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
}
# For everything but looking at the user's own checkout: what a repository's settings say about files is not heard.
_PLAIN = {
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.trustctime": "true",
    "core.checkStat": "default",
    "core.fileMode": "true",
    "core.symlinks": "true",
}
_WITHOUT_USER = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
_ALWAYS = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
    "GIT_FLUSH": "1",
    "GIT_AUTHOR_NAME": "autoexp",
    "GIT_AUTHOR_EMAIL": "autoexp@localhost",
    "GIT_COMMITTER_NAME": "autoexp",
    "GIT_COMMITTER_EMAIL": "autoexp@localhost",
}


class Git:
    """Git for one repository, or for none yet when `git_dir` is not given. `passed_on` are descriptors that it holds as long as it lives."""

    def __init__(
        self,
        cwd: Path,
        *,
        git_dir: Path | None = None,
        variables: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        users_settings: Literal["ignored", "honoured"] = "ignored",
        passed_on: Sequence[int] = (),
    ) -> None:
        self.cwd = cwd
        self._passed_on = tuple(passed_on)
        self.marker = ""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self._environment = kept | _ALWAYS | dict(variables or {})
        chosen = dict(_QUIET)
        if users_settings == "ignored":
            self._environment |= _WITHOUT_USER
            chosen |= _PLAIN
        if git_dir is not None:
            self._environment["GIT_DIR"] = str(git_dir)
        chosen |= dict(settings or {})
        self._options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def carry(self, marker: str) -> None:
        """Let every git from now on carry a campaign's marker: one that its killed engine leaves is ended by the next start."""
        self.marker = marker
        self._environment = self._environment | {"AUTOEXP_RUN": marker}

    def run(self, *arguments: str, stdin: bytes | None = None, timeout_s: float = TIMEOUT_S) -> bytes:
        """Return what git prints; GitError with its error output when it fails."""
        code, output, errors = self.ask(*arguments, stdin=stdin, timeout_s=timeout_s)
        if code != 0:
            raise failure(arguments, code, errors)
        return output

    def ask(
        self, *arguments: str, stdin: bytes | None = None, timeout_s: float = TIMEOUT_S
    ) -> tuple[int, bytes, bytes]:
        """Return exit code, output and error output, for questions that may be answered with no.

        Raises StorageError where git could not sync what it wrote: that is never tried again.
        """
        process = self.start(*arguments, stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        with process:
            try:
                output, errors = process.communicate(stdin, timeout=timeout_s)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise GitError(f"git {arguments[0]} took longer than {timeout_s:g} s and was ended") from error
            except BaseException:
                process.kill()
                raise
        if process.returncode and _SYNC_FAILED in errors:
            raise StorageError(_told(arguments, process.returncode, errors), fix=UNSOUND)
        return process.returncode, output, errors

    def ask_apart(self, *arguments: str, timeout_s: float) -> tuple[int, bytes]:
        """Return exit code and words of a git that needs nobody who reads them: when this process is killed, it comes to its end all the same.

        Raises GitError where it takes longer, and StorageError like `ask`.
        """
        with tempfile.TemporaryFile() as told:
            with self.start(*arguments, stdout=told.fileno(), stderr=told.fileno()) as process:
                try:
                    code = process.wait(timeout_s)
                except subprocess.TimeoutExpired as error:
                    process.kill()
                    raise GitError(f"git {arguments[0]} took longer than {timeout_s:g} s and was ended") from error
                except BaseException:
                    process.kill()
                    raise
            told.seek(0)
            words = told.read()
        if code and _SYNC_FAILED in words:
            raise StorageError(_told(arguments, code, words), fix=UNSOUND)
        return code, words

    def start(
        self,
        *arguments: str,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start git and return at once. It stands in a session of its own: Ctrl-C does not reach it."""
        try:
            return subprocess.Popen(
                ["git", *self._options, *arguments],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=self.cwd,
                env=self._environment,
                pass_fds=self._passed_on,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            if not self.cwd.is_dir():
                raise GitError(f"the folder {self.cwd} is gone") from error
            raise RepositoryError(
                "git was not found on PATH", fix="install git 2.36 or newer and start again"
            ) from error


def failure(arguments: tuple[str, ...], code: int, errors: bytes) -> GitError:
    """Make the error that names the command, its exit code or signal, and its words."""
    return GitError(_told(arguments, code, errors))


def _told(arguments: tuple[str, ...], code: int, errors: bytes) -> str:
    words = errors.decode("utf-8", "replace").strip()
    ended = f"git {arguments[0]} " + (
        f"failed with exit code {code}" if code >= 0 else f"was ended by {_signal_name(-code)}"
    )
    return f"{ended}: {words}" if words else ended


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def path_text(name: bytes) -> str:
    """Turn a path of a tree into text and keep every byte."""
    return name.decode("utf-8", "surrogateescape")


def path_bytes(path: str) -> bytes:
    """Turn the text of a path back into the bytes of the tree."""
    return path.encode("utf-8", "surrogateescape")


def own_store(common_dir: Path, folder: Path) -> dict[str, str]:
    """Give the variables with which git adds objects to `folder` alone, and reads the repository's as well."""
    return stores_in((folder, common_dir / "objects"))


def stores_in(folders: Sequence[Path]) -> dict[str, str]:
    """Give the variables with which git adds objects to the first folder, and reads those of the others as well."""
    own, *others = folders
    if not others:
        return {"GIT_OBJECT_DIRECTORY": str(own)}
    # As git reads a list that colons divide.
    quoted = ['"' + str(one).replace("\\", "\\\\").replace('"', '\\"') + '"' for one in others]
    return {"GIT_OBJECT_DIRECTORY": str(own), "GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(quoted)}
