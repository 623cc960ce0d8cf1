"""A git index that the engine owns, used as a table of file states that git checks with several threads.

It lives outside the tree, in a repository that borrows the user's objects and has settings of its own, so nothing in
the tree (its .git, attributes, ignore rules) and nothing in the user's configuration has an influence on it.
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from autoexp.errors import GitError
from autoexp.workspaces.changes import GITLINK, Entry
from autoexp.workspaces.git import TIMEOUT_S, Git, path_bytes, path_text
from autoexp.workspaces.repository import Repository

# Bytes in a tree are the blob's bytes: no filter, no end-of-line conversion, no keyword.
RAW_ATTRIBUTES = "* -text -eol -crlf -filter -ident -working-tree-encoding\n"
_SETTINGS = {"core.fsync": "none", "core.preloadIndex": "true", "checkout.workers": "0", "core.bare": "false"}


Check = subprocess.Popen[bytes]


class StatIndex:
    """The index of one persistent tree. Submodules are left out: git would look into them."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self._repository = repository
        self.folder = folder
        self.file = folder / "index"
        self._absent = "0" * len(repository.object_id("blob", b""))

    def create(self) -> None:
        """Make the repository around the index anew."""
        for inner in ("refs", "objects", "info"):
            (self.folder / inner).mkdir(parents=True, exist_ok=True)
        (self.folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        (self.folder / "config").write_text(plain_config(self._repository.object_format), encoding="ascii")
        (self.folder / "info" / "attributes").write_text(RAW_ATTRIBUTES, encoding="ascii")

    def unlock(self) -> None:
        """Remove what a killed git left: nobody else writes here, and one call at a time."""
        self.file.with_name("index.lock").unlink(missing_ok=True)

    def git(self, tree: Path) -> Git:
        """Return git with this index over a tree."""
        variables = {
            **self._repository.stores,
            "GIT_INDEX_FILE": str(self.file),
            "GIT_WORK_TREE": str(tree),
        }
        return Git(self.folder, git_dir=self.folder, variables=variables, settings=_SETTINGS)

    def put(self, tree: Path, items: Iterable[tuple[str, Entry | None]]) -> None:
        """Set the content of paths, None to forget one; their file states count as unknown afterwards."""
        self.unlock()
        lines = [self._line(path, entry) for path, entry in items]
        self.git(tree).run("update-index", "-z", "--index-info", stdin=b"".join(lines))

    def write_files(self, tree: Path) -> None:
        """Write all files of the index into an empty tree and note their states."""
        self._inside(tree).run("checkout-index", "--all", "--index", "--quiet")

    def refresh(self, tree: Path) -> None:
        """Note the present state of every file that has the content of the index."""
        self.unlock()
        self.git(tree).ask("update-index", "-q", "--refresh")

    def start_check(self, tree: Path) -> Check:
        """Begin to compare all file states with the table."""
        return self.git(tree).start("diff-files", "--raw", "-z", "--ignore-submodules=all")

    def finish_check(self, process: Check) -> list[str] | None:
        """Return the paths whose state differs, None when git could not tell."""
        with process:
            try:
                output, _ = process.communicate(timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise GitError("git diff-files did not end") from error
        if process.returncode != 0:
            return None
        return path_text(output).split("\0")[1::2]

    def _inside(self, tree: Path) -> Git:
        git = self.git(tree)
        git.cwd = tree
        return git

    def _line(self, path: str, entry: Entry | None) -> bytes:
        if entry is None or entry.mode == GITLINK:
            return f"0 {self._absent}\t".encode() + path_bytes(path) + b"\0"
        return f"{entry.mode} {entry.oid}\t".encode() + path_bytes(path) + b"\0"


def plain_config(object_format: str) -> str:
    """Return the settings of a repository with nothing but its object format."""
    if object_format == "sha1":
        return "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
    extension = f"[extensions]\n\tobjectformat = {object_format}\n"
    return "[core]\n\trepositoryformatversion = 1\n\tfilemode = true\n\tbare = false\n" + extension
