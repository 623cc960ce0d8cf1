"""Programs that git starts to see a file as it would commit it, such as Git LFS: where one fails, no git can look at the checkout."""

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from autoexp.errors import GitError, RepositoryError
from autoexp.workspaces.git import Git, path_text

_PROGRAMS = r"^filter\..*\.(clean|process)$"
_FAILED = re.compile(r"(?:clean filter|external filter) '([^'\n]*)' failed")
_ABSENT = re.compile("not found|No such file")
"""What shells say of a program that is not there."""


@contextmanager
def filtered(git: Git) -> Iterator[None]:
    """Say of a git that failed in the block which filter it was. Raises RepositoryError for one that is not installed or fails, else what was raised."""
    try:
        yield
    except GitError as error:
        told = str(error)
        for name, program in _configured(git):
            if program in told and _ABSENT.search(told) and shutil.which(program) is None:
                raise RepositoryError(
                    f"git cannot tell what differs in the checkout: its filter {name} starts {program}, which is not installed",
                    where=str(git.cwd),
                    fix="install git-lfs, or `git lfs uninstall`"
                    if name == "lfs"
                    else f"install {program}, or take filter.{name} out of git's settings (`git config --show-origin --get-regexp '^filter\\.{name}'`)",
                ) from None
        if failed := _FAILED.findall(told):
            raise RepositoryError(
                f"git cannot tell what differs in the checkout: its filter {failed[-1]} fails: {told}",
                where=str(git.cwd),
                fix="mend it until `git status` works there",
            ) from None
        raise


def _configured(git: Git) -> Iterator[tuple[str, str]]:
    """Give the name and the program of each filter in git's settings."""
    _, output, _ = git.ask("config", "-z", "--get-regexp", _PROGRAMS)
    for entry in path_text(output).split("\0"):
        key, _, command = entry.partition("\n")
        try:
            words = shlex.split(command)
        except ValueError:
            continue
        if words:
            yield key.removeprefix("filter.").rpartition(".")[0], words[0]
