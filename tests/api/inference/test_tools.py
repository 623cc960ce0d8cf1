"""Lines of known benchmark tools become patterns that the contract can hold."""

import re

import pytest

from autoexp.api.inference.tools import recognised
from autoexp.api.starting.output import read_output

GO = """\
goos: linux
pkg: example.com/sorting
BenchmarkSort-8     \t    4774\t    251850 ns/op\t    4096 B/op\t       1 allocs/op
BenchmarkShort/two-8\t99999999\t        10.5 ns/op
PASS
ok  \texample.com/sorting\t2.5s
"""
BENCHER = "running 2 tests\ntest fib/20 ... bench:       26251 ns/iter (+/- 123)\ntest fib/200 ... bench:     9926251 ns/iter (+/- 5)\n"
GOOGLE = (
    "BM_Sort/8         123 ns          122 ns      5600000\nBM_Sort/64       4567 ns         4500 ns       150000\n"
)
JMH = "Benchmark      Mode  Cnt    Score   Error  Units\no.e.Sort.run   avgt    5  123.456 ± 1.234  ns/op\no.e.Sort.many  thrpt   5   12.500 ± 0.100  ops/ms\n"
AB = "Complete requests:      100\nRequests per second:    1234.50 [#/sec] (mean)\nTime per request:       8.1 [ms] (mean)\n"


@pytest.mark.parametrize(
    ("output", "values"),
    [
        (GO, {"sort_ns": 251850.0, "short_two_ns": 10.5}),
        (BENCHER, {"fib_20_ns": 26251.0, "fib_200_ns": 9926251.0}),
        (GOOGLE, {"sort_8_ns": 123.0, "sort_64_ns": 4567.0}),
        (JMH, {"o_e_sort_run_ns": 123.456, "o_e_sort_many_ops_per_ms": 12.5}),
        (AB, {"requests_per_s": 1234.5}),
    ],
    ids=["go", "bencher", "google", "jmh", "ab"],
)
def test_each_line_of_a_tool_gives_its_number(output: str, values: dict[str, float]) -> None:
    lines = output.splitlines()
    found = {
        each.metric: [float(match[1]) for line in lines for match in re.finditer(each.pattern, line)]
        for each in recognised(lines)
    }
    assert found == {name: [value] for name, value in values.items()}


def test_more_per_second_is_better() -> None:
    assert [each.direction for each in recognised(JMH.splitlines())] == ["lower", "higher"]
    assert recognised(AB.splitlines())[0].direction == "higher"


def test_another_unit_is_no_number() -> None:
    [first, _] = recognised(GOOGLE.splitlines())
    assert re.search(first.pattern, "BM_Sort/8         1.5 us          1.4 us      5600000") is None


def test_lines_that_come_twice_and_plain_words_give_nothing() -> None:
    assert recognised([*GOOGLE.splitlines(), *GOOGLE.splitlines()]) == ()
    assert recognised(["Benchmark done", "test result: ok. 3 passed", "12.3 ms"]) == ()


def test_init_reads_them_in_the_output_of_a_run() -> None:
    printed = read_output(GO.splitlines())
    assert printed.names == ("sort_ns", "short_two_ns")
    assert printed.units == {"sort_ns": "ns", "short_two_ns": "ns"}
