"""Which files may change: sources, without what measures and checks, tests and benchmarks."""

import re
from collections.abc import Iterable, Sequence

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
_MOST = 20


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
    found: list[str] = []
    for path in paths:
        parts = path.split("/")[:-1]
        tops = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        whole = next((top for top in tops if not any(other.startswith(f"{top}/") for other in kept)), "")
        found.append(f"!/{whole}/**" if whole else f"!/{path}")
    return list(dict.fromkeys(found))
