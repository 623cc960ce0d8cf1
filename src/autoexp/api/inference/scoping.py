"""Which files may change: sources, without what measures and checks, tests and benchmarks."""

import posixpath
import re
from collections.abc import Iterable, Sequence

from autoexp.api.inference.files import Files
from autoexp.workspaces.scope import Scope

NEVER = re.compile(
    r"(?:.*/)?(?:tests?|specs?|__tests__|benches|benchmarks?|testdata|fixtures|golden|vendor|node_modules|third_party)/.*"
    r"|(?:.*/)?\.[^/]+(?:/.*)?"
    r"|(?:.*/)?(?:autoexp\.yaml|program\.md|LICEN[CS]E.*|README.*|CHANGELOG.*|CONTRIBUTING.*|Makefile|makefile|GNUmakefile|.*\.(?:lock|md|rst))"
)
"""Tests, what others wrote, hidden files, and pages for people."""


def scope(files: Files, patterns: Sequence[str], *, tests: str, starts: Iterable[str]) -> tuple[str, ...]:
    """Give edit patterns that match no test, no benchmark and nothing that the harness starts; none when no file is left."""
    wide = tuple(_anchored(files, pattern) for pattern in patterns)
    matched = [path for path in files.paths if Scope(wide).matches(path)]
    started, test = set(starts), re.compile(tests) if tests else None
    out = [path for path in matched if path in started or NEVER.fullmatch(path) or (test and test.fullmatch(path))]
    if len(out) == len(matched):
        return ()
    kept = set(matched) - set(out)
    plain = [pattern for pattern in wide if pattern.lstrip("/") not in out]
    return (*plain, *_without([path for path in out if Scope(plain).matches(path)], kept))


def _anchored(files: Files, pattern: str) -> str:
    """Give a pattern that means one place: a bare name would match in every folder."""
    if "/" in pattern or pattern.startswith("*"):
        return pattern
    return f"/{pattern}" if any(path.endswith(f"/{pattern}") for path in files.paths) else pattern


def _without(paths: Sequence[str], kept: set[str]) -> list[str]:
    """Give patterns that take paths out again: a whole folder where nothing of it is kept, else each file."""
    folders: list[str] = []
    for path in paths:
        parts = path.split("/")[:-1]
        tops = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        whole = next((top for top in tops if not any(other.startswith(f"{top}/") for other in kept)), "")
        folders.append(f"!{whole}/**" if whole else f"!/{posixpath.normpath(path)}")
    return list(dict.fromkeys(folders))
