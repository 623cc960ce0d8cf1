"""Does the line that tells why a command failed stand before what else it printed?"""

import pytest

from autoexp.experiment.told import reasons_first

TREE = "\n".join(f"    {'  ' * i}node {i}" for i in range(20))


@pytest.mark.parametrize(
    "line",
    [
        "FAILED tests/test_parse.py::test_non_ascii - AssertionError",
        "--- FAIL: TestParse (0.00s)",
        "ValueError: no such node",
        "src/lib.rs:3: error: expected one argument",
        "E       assert 1 == 2",
    ],
)
def test_the_line_that_tells_why_comes_first(line):
    said = reasons_first(f"the checks failed: exit code 1\n{TREE}\n{line}\n1 failed in 0.1s\n")
    assert said.splitlines()[:3] == ["the checks failed: exit code 1", line, "its last lines:"]
    assert said.endswith(f"{TREE}\n{line}\n1 failed in 0.1s")


@pytest.mark.parametrize("detail", ["", "exit code 1", "exit code 1\na\nValueError: b", f"exit code 1\n{TREE}"])
def test_what_is_short_or_tells_nothing_stays_as_it_is(detail):
    assert reasons_first(detail) == detail.strip()
