"""Python projects of several layouts."""

import pytest

from autoexp.api.inference import Files, infer

SUITE = "def test_speed(benchmark):\n    benchmark(len, [])\n"
TEST = "def test_it():\n    pass\n"
UNITTEST = "import unittest\n\n\nclass Test(unittest.TestCase):\n    pass\n"


@pytest.mark.parametrize(
    ("texts", "checks"),
    [
        ({"tests/test_a.py": TEST}, "python3 -m pytest -q -p no:cacheprovider tests"),
        ({"test_a.py": TEST}, "python3 -m pytest -q -p no:cacheprovider"),
        ({"test/test_a.py": UNITTEST}, "python3 -m unittest discover -s test"),
        (
            {"tests/test_a.py": UNITTEST, "tests/__init__.py": ""},
            "python3 -m unittest discover -s tests -t .",
        ),
        ({"tests/test_a.py": UNITTEST, "pytest.ini": "[pytest]\n"}, "python3 -m pytest -q -p no:cacheprovider tests"),
        ({"tests/helper.py": ""}, "python3 -m pytest -q -p no:cacheprovider tests"),
        ({}, ""),
    ],
)
def test_checks_are_the_tests_that_are_there(texts: dict[str, str], checks: str) -> None:
    assert infer(Files.of({"setup.py": "", "mod.py": "", **texts})).checks == checks


def test_without_a_benchmark_the_tests_are_a_weak_measure_and_that_is_said() -> None:
    found = infer(Files.of({"mod.py": "", "tests/test_a.py": TEST}))
    assert found.weak
    assert (found.metric, found.unit, found.measure) == ("cpu_s", "s", found.checks)
    assert any("weak measure" in line and "--harness python" in line for line in found.why)


def test_without_tests_and_benchmarks_both_are_missing() -> None:
    found = infer(Files.of({"pyproject.toml": "", "mod.py": ""}))
    assert (found.measure, found.checks, found.edit) == ("", "", ("mod.py",))
    assert [line.partition(":")[0] for line in found.missing] == ["checks", "measure"]


def test_a_suite_of_pytest_benchmark_gives_the_mean_of_its_medians() -> None:
    found = infer(Files.of({"pkg/__init__.py": "", "tests/test_speed.py": SUITE, "tests/test_a.py": TEST}))
    assert "pytest -q -p no:cacheprovider tests/test_speed.py --benchmark-only" in found.measure
    assert (found.metric, found.unit, found.metrics, found.weak) == ("time_us", "us", "lines", False)


def test_a_benchmark_that_does_nothing_when_it_is_started_is_none() -> None:
    files = Files.of({"mod.py": "", "bench.py": "def run():\n    pass\n", "benchmarks/run.py": "print(1)\n"})
    assert infer(files).measure == "python3 benchmarks/run.py"


@pytest.mark.parametrize(
    ("texts", "edit", "path"),
    [
        (["src/pkg/a.py", "src/pkg/__init__.py"], ("src/pkg/**",), "src"),
        (["pkg/__init__.py", "pkg/a.py", "docs/__init__.py"], ("pkg/**",), "."),
        (["pkg/__init__.py", "pkg/tests/test_a.py"], ("pkg/**", "!/pkg/tests/**"), "."),
        (["parser.py", "setup.py", "bench.py"], ("parser.py",), "."),
        (["parser.py", "tools/parser.py"], ("/parser.py",), "."),
    ],
)
def test_the_package_may_change_and_its_tests_may_not(texts: list[str], edit: tuple[str, ...], path: str) -> None:
    found = infer(Files.of({"pyproject.toml": "", **dict.fromkeys(texts, "print()")}))
    assert found.edit == edit
    assert found.env == {"PYTHONPATH": path}


def test_modules_beside_another_project_are_its_tools() -> None:
    assert infer(Files.of({"Cargo.toml": "", "src/lib.rs": "", "release.py": ""})).kinds == ("rust",)


def test_a_broken_pyproject_stops_nothing() -> None:
    files = Files.of({"pyproject.toml": "[[[", "pkg/__init__.py": "", "tests/test_a.py": TEST})
    assert infer(files).edit == ("pkg/**",)
