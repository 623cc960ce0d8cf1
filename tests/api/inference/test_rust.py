"""Rust projects: benchmarks with a main, criterion's, examples, dependencies, workspaces."""

import os
import subprocess
from pathlib import Path

from autoexp.api.inference import Files, Inferred, infer
from autoexp.api.inference.rust import CRITERION_MEAN

BENCH = '[[bench]]\nname = "sums"\nharness = false\n'
DEPENDS = '[dependencies]\nserde = "1"\n'
MAIN = 'fn main() { println!("METRIC time_us={}", 1); }\n'
ESTIMATES = '{{"mean":{{"confidence_interval":{{"lower_bound":1.0}},"point_estimate":9.0}},"median":{{"confidence_interval":{{"confidence_level":0.95,"lower_bound":1.0,"upper_bound":2.0}},"point_estimate":{median},"standard_error":0.1}}}}'


def seen(
    manifest: str, texts: dict[str, str] | None = None, ignored: tuple[str, ...] = (), *, lock: bool = True
) -> Inferred:
    locked = {"Cargo.lock": ""} if lock else {}
    return infer(Files.of({"Cargo.toml": manifest, "src/lib.rs": "", **locked, **(texts or {})}, ignored=ignored))


def test_a_benchmark_with_a_main_of_its_own_is_run_by_cargo() -> None:
    found = seen(BENCH, {"benches/sums.rs": MAIN})
    assert found.measure == "cargo bench --offline --quiet --bench sums"
    assert (found.metric, found.metrics, found.builds) == ("time_us", "lines", True)
    assert (found.writable, found.timeout) == (("target/**",), "30m")


def test_without_a_committed_lock_cargo_runs_in_a_copy() -> None:
    found = seen(BENCH, {"benches/sums.rs": MAIN}, lock=False)
    assert found.measure.startswith('cp -R . "$TMPDIR/tree" && ')
    assert found.writable == ()
    assert any("Cargo.lock is not committed" in line for line in found.why)
    assert seen(BENCH, {"benches/sums.rs": MAIN}, ("Cargo.lock",), lock=False).provide == ("Cargo.lock",)


def test_a_benchmark_of_libtest_needs_a_compiler_that_is_not_stable() -> None:
    found = seen("", {"benches/old.rs": "#[bench]\nfn b() {}\n"})
    assert found.measure == ""
    assert any("nightly" in line for line in found.missing)


def test_examples_and_programs_that_measure_are_found() -> None:
    assert seen("", {"examples/bench.rs": MAIN}).measure == "cargo run --release --offline --quiet --example bench"
    found = seen("", {"src/bin/bench.rs": MAIN})
    assert found.measure == "cargo run --release --offline --quiet --bin bench"
    assert found.edit == ("src/**", "!/src/bin/**")


def test_wall_time_is_never_the_measure_of_what_compiles_first() -> None:
    found = seen("", {"tests/sums.rs": ""})
    assert (found.measure, found.metric, found.checks) == ("", "", "cargo test --offline --quiet")


def test_dependencies_that_are_not_vendored_are_missing() -> None:
    assert any("cargo vendor" in line for line in seen(DEPENDS).missing)
    assert not any("cargo vendor" in line for line in seen('[dependencies]\nown = { path = "own" }\n').missing)
    vendored = {".cargo/config.toml": '[source.crates-io]\nreplace-with = "vendored-sources"\n'}
    found = seen(DEPENDS, vendored, ("vendor",))
    assert not any("cargo vendor" in line for line in found.missing)
    assert found.provide == ("vendor",)


def test_the_members_of_a_workspace_may_change() -> None:
    files = {
        "Cargo.toml": "[workspace]\n",
        "Cargo.lock": "",
        "a/Cargo.toml": "",
        "a/src/lib.rs": "",
        "b/Cargo.toml": "",
        "b/src/lib.rs": "",
    }
    assert infer(Files.of(files)).edit == ("a/src/**", "b/src/**")


def test_criterion_is_read_from_its_files_in_one_unit() -> None:
    found = seen(BENCH, {"benches/sums.rs": "use criterion::Criterion;\n"})
    assert found.measure == f"cargo bench --offline --quiet --bench sums >&2 && {CRITERION_MEAN}"
    assert (found.metric, found.unit) == ("time_ns", "ns")


def test_the_mean_of_what_criterion_left_is_printed(tmp_path: Path) -> None:
    def left(name: str, which: str, median: str) -> None:
        folder = tmp_path / "target/criterion" / name / which
        folder.mkdir(parents=True)
        (folder / "estimates.json").write_text(ESTIMATES.format(median=median))

    left("fib 15", "new", "250.0")
    left("fib 15", "base", "7")
    left("a group/two", "new", "1e3")
    done = subprocess.run(
        ["sh", "-c", CRITERION_MEAN], cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "METRIC time_ns=500\n"
    (tmp_path / "target/criterion/fib 15/new/estimates.json").unlink()
    (tmp_path / "target/criterion/a group/two/new/estimates.json").unlink()
    assert subprocess.run(["sh", "-c", CRITERION_MEAN], cwd=tmp_path, capture_output=True, check=False).returncode == 1
