"""Which files may change: sources, without what measures and checks, tests and benchmarks."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from autoexp.api.inference.files import Files
from autoexp.workspaces.scope import Scope

_HARNESS = re.compile(
    r"(?:.*/)?(?:tests?|__tests__|bench|benches|benchmarks?|testdata|vendor|node_modules|third_party)/.*"
)
"""Tests, benchmarks, and what others wrote."""
_NO_SOURCE = re.compile(
    r"(?:.*/)?(?:specs?|fixtures|golden|docs?)/.*|(?:.*/)?\.[^/]+(?:/.*)?"
    r"|(?:.*/)?(?:autoexp\.yaml|program\.md|LICEN[CS]E.*|Makefile|makefile|GNUmakefile|[Jj]ustfile|Dockerfile|[^/]*\.(?:lock|md|rst))"
    r"|.*\.(?:txt|csv|tsv|dat|bin|log|parquet|gz|db|sqlite|in|out|png|jpg|svg|pdf)"
    r"|(?:.*/)?(?:tests?|bench(?:mark)?|checks?)(?:[_.-][^/]*)?|(?:.*/)?[^/]*[_.-](?:test|bench)\.[^/]*"
)
"""Hidden files, data, pages for people, and what is named like a test: no sources, where nothing else tells which files are."""
_USUAL = ("test_*.py", "*_test.py", "conftest.py", "*.test.*", "*.spec.*", "*_test.*")
_MOST, _FEW = 20, 3


def scope(files: Files, patterns: Sequence[str], *, tests: str, starts: Iterable[str]) -> tuple[str, ...]:
    """Give edit patterns that match no test, no benchmark and nothing that the harness starts; none when no file is left."""
    wide = tuple(_anchored(files, pattern) for pattern in patterns)
    matched = Scope(wide)
    inside = [path for path in files.paths if matched.matches(path)]
    started, test = set(starts), re.compile(tests or r"(?!)")

    def closed(path: str) -> bool:
        return path in started or (path not in patterns and bool(_HARNESS.fullmatch(path) or test.fullmatch(path)))

    out = [path for path in inside if closed(path)]
    if len(out) == len(inside):
        return ()
    plain = [pattern for pattern in wide if pattern.lstrip("/") not in out]
    left = Scope(plain)
    return (*plain, *_without([path for path in out if left.matches(path)], set(inside) - set(out)))


def remaining(files: Files, *, starts: Iterable[str]) -> tuple[str, ...]:
    """Give the files that are no test, benchmark, page or data, where they are few; none where they are many."""
    started = set(starts)
    left = [
        path
        for path in files.paths
        if path not in started and not (_HARNESS.fullmatch(path) or _NO_SOURCE.fullmatch(path))
    ]
    return tuple(_anchored(files, path) for path in left) if len(left) <= _MOST else ()


def _anchored(files: Files, pattern: str) -> str:
    """Give a pattern that means one place: a bare name would match in every folder."""
    if "/" in pattern or pattern.startswith(("*", "!")):
        return pattern
    return f"/{pattern}" if any(path.endswith(f"/{pattern}") for path in files.paths) else pattern


def _without(paths: Sequence[str], kept: set[str]) -> list[str]:
    """Give patterns that take paths out again: a whole folder where nothing of it is kept, else each file."""
    needed = {folder for path in kept for folder in _folders(path)}
    found = []
    for path in paths:
        whole = next((folder for folder in _folders(path) if folder not in needed), "")
        found.append(f"!/{whole}/**" if whole else f"!/{path}")
    return _shortened(list(dict.fromkeys(found)), kept)


def _shortened(patterns: Sequence[str], kept: set[str]) -> list[str]:
    """Give one pattern for several that are alike, where it takes out nothing that is kept."""
    folders, names = (
        {folder.rpartition("/")[2] for path in kept for folder in _folders(path)},
        {path.rpartition("/")[2] for path in kept},
    )

    def wide(pattern: str) -> str:
        last = pattern.removesuffix("/**").rpartition("/")[2]
        if pattern.endswith("/**"):
            return pattern if last in folders else f"!**/{last}/**"
        usual = (
            glob for glob in _USUAL if fnmatchcase(last, glob) and not any(fnmatchcase(name, glob) for name in names)
        )
        return f"!{glob}" if (glob := next(usual, "")) else pattern

    times = Counter(map(wide, patterns))
    return list(dict.fromkeys(wide(each) if times[wide(each)] > _FEW else each for each in patterns))


def _folders(path: str) -> list[str]:
    """Give the folders that a path lies in, the outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]
