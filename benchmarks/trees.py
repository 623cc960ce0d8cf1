"""What git costs in one experiment, by size of the repository: `python benchmarks/trees.py [files ...]`.

Every experiment changes one file; every fourth one is kept, so that parents move.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from autoexp.workspaces import MeasurementTrees, ProposalCopy, Refs, RefUpdate, Repository, Scope
from autoexp.workspaces.statindex import StatIndex
from autoexp.workspaces.tree import PersistentTree

EXPERIMENTS = 24


def make_repository(path: Path, files: int) -> None:
    """Write a packed repository of small files with `git fast-import`."""
    subprocess.run(["git", "init", "-q", "-b", "main", path], check=True)
    lines = [b"commit refs/heads/main\ncommitter a <a@localhost> 1700000000 +0000\ndata 1\nx\n"]
    for i in range(files):
        data = f"# file {i}\n".encode() + b"x = 1\n" * (i % 200)
        name = f"package{i // 400:03d}/part{i // 20 % 20:02d}/file_{i:06d}.py"
        lines.append(f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n")
    lines.append(b"done\n")
    subprocess.run(["git", "-C", path, "fast-import", "--quiet", "--done"], input=b"".join(lines), check=True)


class Stopwatch:
    """Collects milliseconds by name."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self._start = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.times[name].append((now - self._start) * 1e3)
        self._start = now

    def skip(self) -> None:
        self._start = time.perf_counter()


def experiment(folder: Path) -> dict[str, list[float]]:
    """Time each step of many experiments on one repository."""
    repository = Repository.open(folder / "user")
    refs, scope = Refs(repository), Scope(["*.py"])
    watch = Stopwatch()
    copy, trees = ProposalCopy(repository, folder / "copy"), MeasurementTrees(repository, folder / "measure")
    best = repository.head()
    path = f"package000/part00/file_{0:06d}.py"
    copy.reset(best)
    watch.lap("first reset")
    copy.capture(scope)
    watch.lap("first capture")
    trees.place("incumbent", best)
    trees.place("candidate", best)
    watch.lap("first two places")
    refs.update([RefUpdate("refs/autoexp/t/best", best, None)])
    for n in range(EXPERIMENTS):
        time.sleep(0.25)  # a proposer at work
        watch.skip()
        work = copy.reset(best)
        watch.lap("reset" if n % 4 != 1 else "reset, new parent")
        (work / path).write_text(f"y = {n}\n")
        watch.skip()
        capture = copy.capture(scope)
        watch.lap("capture")
        assert [change.path for change in capture.changes] == [path]
        assert not capture.outside
        commit = repository.commit(best, capture.changes, f"try {n}", when=n)
        watch.lap("commit")
        refs.update([RefUpdate(f"refs/autoexp/t/attempt/{n}", commit, None)])
        watch.lap("attempt ref")
        record = repository.write_blob(f"record {n}".encode())
        watch.lap("record")
        refs.update(
            [RefUpdate(f"refs/autoexp/t/record/{n}", record, None), RefUpdate("refs/autoexp/t/best", best, best)]
        )
        watch.lap("decision refs")
        trees.place("candidate", commit)
        watch.lap("place candidate")
        trees.clean()
        watch.lap("clean")
        trees.place("incumbent", best)
        watch.lap("place incumbent")
        trees.clean()
        watch.lap("clean")
        if n % 4 == 0:
            refs.update([RefUpdate("refs/autoexp/t/best", commit, best)])
            best = commit
    trees.release()
    repository.close()
    return watch.times


def scans(folder: Path) -> dict[str, list[float]]:
    """Time ways to find what changed in a tree: the reason for a git index plus our own walk of the folders."""
    repository = Repository.open(folder / "user")
    tree = PersistentTree(repository, folder / "scanned")
    tree.build(repository.head())
    time.sleep(3)
    watch = Stopwatch()
    for _ in range(4):
        watch.skip()
        tree.restore(tree.scan())
        watch.lap("folders walked by us, files compared by git")
    git = StatIndex(repository, tree.index_file().parent).git(tree.path)
    for _ in range(4):
        watch.skip()
        git.run("ls-files", "-z", "-t", "-m", "-d", "-o")
        watch.lap("all by git ls-files (blind to odd files)")
        list(_states(str(tree.path)))
        watch.lap("all by os.scandir")
    repository.close()
    return {name: values[1:] for name, values in watch.times.items()}


def _states(folder: str) -> Iterator[tuple[str, int, int, int]]:
    with os.scandir(folder) as found:
        for item in found:
            if item.is_dir(follow_symlinks=False):
                yield from _states(item.path)
            else:
                state = item.stat(follow_symlinks=False)
                yield item.path, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def main() -> None:
    for files in [int(word) for word in sys.argv[1:]] or [100, 20_000, 100_000]:
        folder = Path(tempfile.mkdtemp(prefix="trees-"))
        try:
            make_repository(folder / "user", files)
            times = experiment(folder)
            compared = scans(folder)
        finally:
            shutil.rmtree(folder)
        print(f"{files} files, ms: median (slowest)")
        for name, values in times.items():
            print(f"  {name:20} {statistics.median(values):8.1f} ({max(values):.1f})")
        once = [
            name
            for name in times
            if not name.startswith("first") and name not in ("clean", "place incumbent", "reset, new parent")
        ]
        total = sum(statistics.median(times[name]) for name in once)
        print(f"  {'one experiment':20} {total + statistics.median(times['clean']):8.1f} with one sample")
        print("  scans of an unchanged tree:")
        for name, values in compared.items():
            print(f"  {statistics.median(values):8.1f} {name}")


if __name__ == "__main__":
    main()
