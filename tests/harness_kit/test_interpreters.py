"""The kit runs in the user's interpreter, which may be old."""

import ast
import sys

import pytest

from tests.harness_kit.deployed import KIT, Desk, interpreters

FILES = sorted(path for path in KIT.rglob("*.py") if path.name != "bench.py")
FOUND = interpreters()

CODE = """
from autoexp.harness_kit import Call, isolated, item, report
run = isolated("candidate.py:solve", lambda n: Call((n, b"x"), {"more": (n,)}), expect=lambda n, b, more: [n, b, *more], warmup=1)
assert len(run.times_ns) == 10 and run.start_s > 0 and run.min_ms <= run.median_ms <= run.max_ms <= run.total_s * 1000
report(ms=run.mean_ms, peak=run.peak_rss_mb or 1, cpu=run.cpu_s)
item("one", 1)
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_kit_is_written_in_the_python_of_3_8_and_imports_only_its_library(path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {name.name.split(".")[0] for name in node.names} <= sys.stdlib_module_names | {"numpy"}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 1 or str(node.module).split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("version", sorted(FOUND, key=lambda name: int(name[2:])))
def test_kit_works_in(version: str, desk: Desk) -> None:
    desk.write(candidate="def solve(n, b, more=()): return [n, b, *more]")
    done = desk.python(CODE, python=FOUND[version])
    assert done.status == 0, done.stderr
    assert set(done.metrics) == {"ms", "peak", "cpu"}
