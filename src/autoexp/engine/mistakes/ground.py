"""What a contract is compared with: the tree of a commit, the user's checkout, and the environment."""

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from autoexp.engine.dirty import CONTRACT_FILE
from autoexp.errors import Problem
from autoexp.spec.load import Location, place_of
from autoexp.spec.model import Spec
from autoexp.workspaces.changes import Entry
from autoexp.workspaces.git import path_text
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


class Ground:
    """One contract before its repository. `missing` names required keys that the contract does not have: nothing is said of them.

    A campaign that goes on is compared with a `commit` of its own in place of HEAD.
    """

    def __init__(
        self,
        spec: Spec,
        text: str,
        folder: Path,
        repository: Repository,
        environ: Mapping[str, str],
        *,
        missing: frozenset[str] = frozenset(),
        commit: str = "",
    ) -> None:
        self.spec = spec
        self.folder = folder
        self.environ = environ
        self.missing = missing
        self.root = repository.root
        self.hidden = Hidden(repository, spec.scope.hidden)
        self.scope = Scope(spec.scope.edit)
        self._text = text
        self._repository = repository
        self._commit = commit

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Give what HEAD holds. Raises RepositoryError where nothing is committed."""
        return self._repository.entries(self._commit or self._repository.head())

    def target(self, link: Entry) -> str:
        """Give where a symbolic link of HEAD leads."""
        return path_text(self._repository.read_blob(link.oid))

    @cached_property
    def editable(self) -> tuple[str, ...]:
        """Give the paths of HEAD that a candidate may change."""
        return tuple(path for path in self.entries if self.scope.matches(path))

    @cached_property
    def folders(self) -> frozenset[str]:
        """Give the folders of HEAD."""
        found: set[str] = set()
        for path in self.entries:
            while path := path.rpartition("/")[0]:
                if path in found:
                    break
                found.add(path)
        return frozenset(found)

    def below(self, place: str) -> Iterator[str]:
        """Give a path of HEAD that is a file, or those below one that is a folder."""
        if place in self.entries:
            yield place
        elif place in self.folders:
            yield from (path for path in self.entries if path.startswith(f"{place}/"))

    def path(self, env: Mapping[str, str]) -> str:
        """Give the PATH of commands whose own variables are `env`."""
        return env.get("PATH") or self.environ.get("PATH", os.defpath)

    def problem(self, place: Location, message: str, fix: str) -> Problem:
        """Give a problem of a key, with its line. Of an item of a list the key is the list's."""
        key = ".".join(str(part) for part in place if isinstance(part, str))
        return Problem(CONTRACT_FILE, place_of(self._text, place), key, message, fix)
