"""Go modules: one benchmark function, parts of one, dependencies."""

import os
import subprocess
from pathlib import Path

from autoexp.api.inference import Files, Inferred, infer
from autoexp.api.inference.model import geometric_mean

PLAIN = "func BenchmarkSort(b *testing.B) {\n\tfor i := 0; i < b.N; i++ {\n\t}\n}\n"
PARTS = 'func BenchmarkAll(b *testing.B) {\n\tb.Run("small", func(b *testing.B) {})\n}\n'


def seen(tests: str, module: str = "module m\n", ignored: tuple[str, ...] = (), **more: str) -> Inferred:
    return infer(Files.of({"go.mod": module, "list/sort.go": "", "list/sort_test.go": tests, **more}, ignored=ignored))


def test_one_function_is_taken_and_the_others_are_named() -> None:
    found = seen(PLAIN + PLAIN.replace("Sort", "Find"))
    assert found.measure == "go test -run '^$' -bench '^BenchmarkSort$' ./list"
    assert found.metrics == {"regex": {"time_ns": r"^BenchmarkSort(?:-\d+)?\s+\d+\s+([\d.]+) ns/op"}}
    assert any("^BenchmarkFind$" in line for line in found.because("measure"))


def test_a_function_without_parts_goes_first() -> None:
    assert "'^BenchmarkSort$'" in seen(PARTS + PLAIN).measure
    found = seen(PARTS)
    assert "METRIC time_ns" in found.measure
    assert found.metrics == "lines"


def test_tests_measure_and_are_out_of_scope() -> None:
    found = seen(PLAIN)
    assert found.edit == ("*.go", "!*_test.go")
    assert (found.checks, found.builds) == ("go test ./...", True)


def test_dependencies_that_are_not_vendored_are_missing() -> None:
    module = "module m\n\nrequire example.com/x v1.0.0\n"
    assert any("go mod vendor" in line for line in seen(PLAIN, module).missing)
    assert seen(PLAIN, module, ("vendor",)).provide == ("vendor",)
    assert not any("go mod vendor" in line for line in seen(PLAIN, module, ("vendor",)).missing)


def test_without_benchmarks_and_tests_both_are_missing() -> None:
    found = infer(Files.of({"go.mod": "module m\n", "main.go": ""}))
    assert [line.partition(":")[0] for line in found.missing] == ["checks", "measure"]


def test_the_mean_of_the_parts_is_printed(tmp_path: Path) -> None:
    lines = r"printf 'BenchmarkAll/a-2  10  100 ns/op\nBenchmarkAll/b-2  10  400.0 ns/op  8 B/op\nPASS\n'"
    command = geometric_mean(lines, "/ ns\\/op/", "$3", "time_ns")
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "METRIC time_ns=200\n"
    nothing = geometric_mean("echo PASS", "/ ns\\/op/", "$3", "time_ns")
    assert subprocess.run(["sh", "-c", nothing], env=environ, capture_output=True, check=False).returncode == 1
