"""A real repository of a user, small and awkward, for every test."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoexp.workspaces import MeasurementTrees, ProposalCopy, Refs, Repository

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "user",
    "GIT_AUTHOR_EMAIL": "user@localhost",
    "GIT_COMMITTER_NAME": "user",
    "GIT_COMMITTER_EMAIL": "user@localhost",
    "LC_ALL": "C",
}

FILES = {
    "src/model.py": "a = 1\nb = 2\n",
    "src/deep/er/layer.py": "c = 3\n",
    "src/other.py": "d = 4\n",
    "bench.py": "print(1)\n",
    "notes.txt": "one\ntwo\n",
    "crlf.txt": "one\r\ntwo\r\n",
    "big.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1\n",
    ".gitignore": "*.log\nbuild/\n",
    "src/.gitignore": "!kept.log\n",
}


@dataclass(frozen=True)
class User:
    """Somebody's checkout."""

    path: Path

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=ENVIRONMENT, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def commit(self, message: str = "work") -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def make_user(tmp_path: Path) -> Callable[..., User]:
    def make(name: str = "user", *, object_format: str = "sha1") -> User:
        user = User(tmp_path / name)
        user.path.mkdir()
        user.git("init", "-q", "-b", "main", f"--object-format={object_format}")
        for file, text in FILES.items():
            user.write(file, text)
        user.path.joinpath("tool.sh").write_text("#!/bin/sh\n")
        user.path.joinpath("tool.sh").chmod(0o755)
        user.path.joinpath("latest").symlink_to("src/model.py")
        user.git("add", "-A")
        user.write(".gitattributes", "*.txt text eol=crlf\n*.bin filter=lfs diff=lfs\n*.py ident\n")
        user.commit("first")
        return user

    return make


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user()


@pytest.fixture
def repository(user: User) -> Iterator[Repository]:
    repository = Repository.open(user.path)
    yield repository
    repository.close()


@pytest.fixture
def refs(repository: Repository) -> Refs:
    return Refs(repository)


@pytest.fixture
def copy(repository: Repository, tmp_path: Path) -> ProposalCopy:
    return ProposalCopy(repository, tmp_path / "cache" / "copy")


@pytest.fixture
def trees(repository: Repository, tmp_path: Path) -> MeasurementTrees:
    return MeasurementTrees(repository, tmp_path / "cache" / "measure")


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, tuple[int, bytes]]]:
    """Read every path of a tree with mode and content, folders included, the top .git left out."""

    def read(folder: Path) -> dict[str, tuple[int, bytes]]:
        found: dict[str, tuple[int, bytes]] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if name.split("/")[0] == ".git":
                continue
            content = b""
            if path.is_symlink():
                content = os.fsencode(path.readlink())
            elif path.is_file():
                content = path.read_bytes()
            found[name] = (path.lstat().st_mode, content)
        return found

    return read


@pytest.fixture
def blobs(repository: Repository) -> Callable[[str], dict[str, bytes]]:
    """Read every file of a commit by git alone."""

    def read(commit: str) -> dict[str, bytes]:
        return {
            path: repository.read_blob(entry.oid)
            for path, entry in repository.entries(commit).items()
            if entry.mode != "160000"
        }

    return read
