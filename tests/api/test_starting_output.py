"""What a command printed is read in the form that it has, and the form that init writes reads it again."""

from pathlib import Path

import pytest

from autoexp.api.inference import Inferred
from autoexp.api.starting.answers import Answers
from autoexp.api.starting.choosing import UNKNOWN, with_printed, with_unit_and_direction
from autoexp.api.starting.contract import contract_text, spec_of
from autoexp.api.starting.drafting import Draft
from autoexp.api.starting.naming import direction_in, direction_of, name_for, unit_in, unit_of
from autoexp.api.starting.output import Printed, read_output
from autoexp.api.starting.program import program_text
from autoexp.api.starting.trying import Seen
from autoexp.errors import AutoexpError
from autoexp.harness.metrics import read_lines

CRITERION = {"time_us": r"time:\s+\[\S+ \S+ ([0-9.]+) µs"}


@pytest.mark.parametrize(
    ("output", "form", "names"),
    [
        ("METRIC parse_ms=12.5\n", "lines", ("parse_ms",)),
        ("building\nMETRIC a=1\nMETRIC b=2e3\n", "lines", ("a", "b")),
        ("METRIC a=1\nITEM x=1\nCOST usd=0.1\n", "lines", ("a",)),
        ("1234.5\n", "number", ()),
        ("\n  17\n\n", "number", ()),
        ("-3e-4", "number", ()),
        ("run\n---\nval_bpb: 0.997\npeak_mb: 44\nok: true\n", "keyvalue", ("val_bpb", "peak_mb", "ok")),
        ('start\n{"p99_ms": 3.5, "name": "x", "rows": 10}\n', "json", ("p99_ms", "rows")),
        ('{"wall_s": 1, "rows": 10}\n', "json", ("rows",)),
    ],
)
def test_form_is_found_and_reads_the_same_output(output: str, form: str, names: tuple[str, ...]) -> None:
    printed = read_output(output.splitlines())
    assert (printed.form, printed.names, printed.problem) == (form, names, "")
    answers, _ = with_printed(Answers(measure="m", edit=("a",), unit="us"), printed)
    spec = spec_of(contract_text(answers))
    reading = read_lines(output.splitlines(), spec.harness.metrics, spec.metrics)
    assert reading.problem == ""
    assert set(reading.values) == set(names or ("time_us",))


@pytest.mark.parametrize(
    ("output", "name", "value", "unit"),
    [
        ("total time: 12.25 ms\nall done\n", "total_time_ms", 12.25, "ms"),
        ("Throughput:  1234.5\nLatency = 3.5us\n", "throughput", 1234.5, ""),
        ("accuracy: 0.93\n", "accuracy", 0.93, ""),
        ("ran 300 iterations\ntook 382.68 ms\n", "took_ms", 382.68, "ms"),
        ("hit rate: 93.5 %\n", "hit_rate_percent", 93.5, "%"),
        ("  mean (of 10): 5e-3 s\n", "mean_of_10_s", 5e-3, "s"),
    ],
)
def test_labelled_number_becomes_a_pattern_that_fits_once(output: str, name: str, value: float, unit: str) -> None:
    printed = read_output(output.splitlines())
    assert printed.names[0] == name
    answers, _ = with_printed(Answers(measure="m", edit=("a",)), printed)
    spec = spec_of(contract_text(answers))
    reading = read_lines(output.splitlines(), spec.harness.metrics, spec.metrics)
    assert (reading.problem, reading.values[name], answers.unit) == ("", value, unit)


MANY = [f"mistune (core) - case_{i}: {i + 1}.5ms" for i in range(60)]


def test_metric_and_guard_far_down_in_a_long_output_are_found_and_objective_joins_all() -> None:
    printed = read_output(MANY)
    asked = Answers(measure="m", edit=("a",), metric="mistune_core_case_50_ms", guards=("mistune_core_case_40_ms<=99",))
    answers, _ = with_printed(asked, printed)
    spec = spec_of(contract_text(answers))
    values = read_lines(MANY, spec.harness.metrics, spec.metrics).values
    assert (values[asked.metric], values["mistune_core_case_40_ms"], len(values)) == (50 + 1.5, 40 + 1.5, 10)
    joined, _ = with_printed(Answers(measure="m", edit=("a",), objective="geomean"), printed)
    assert len(spec_of(contract_text(joined)).metrics) == 60


def test_person_may_choose_any_of_the_printed_numbers_afterwards(tmp_path: Path) -> None:
    printed = read_output(MANY)
    answers, _ = with_printed(Answers(measure="m", edit=("a",)), printed)
    seen = Seen(Draft(answers, tmp_path, Inferred()), printed=printed)
    chosen = seen.with_metric("mistune_core_case_50_ms").answers
    spec = spec_of(contract_text(chosen))
    assert read_lines(MANY, spec.harness.metrics, spec.metrics).values[spec.primary] == 50 + 1.5


def test_pattern_of_a_label_with_a_version_fits_the_next_release() -> None:
    printed = read_output(["mistune (3.4.0) - atx: 12.7ms", "all done"])
    assert printed.names == ("mistune_atx_ms",)
    again = read_output(["mistune (3.10.0rc1) - atx: 9ms"], printed.form if not isinstance(printed.form, str) else None)
    assert again.form == printed.form
    two = read_output(["lib 1.2.3: 5 ms", "lib 2.0.0: 4 ms"])
    assert two.names == ("lib_1_2_3_ms", "lib_2_0_0_ms")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "ok\n",
        "12 passed in 0.34s\n",
        "1 2\n",
        "3.4.5\n",
        "nan\n",
        "[1, 2]\n",
        "a: 1\na: 2\n",
        "v1: x\nall 3 good\n",
    ],
)
def test_output_without_a_number_has_no_form(output: str) -> None:
    assert read_output(output.splitlines()) == Printed()


def test_pattern_of_a_known_tool_is_taken_where_it_fits() -> None:
    lines = ["sort    time:   [1.1 µs 1.2 µs 1.5 µs]"]
    assert read_output(lines, CRITERION).names == ("time_us",)
    twice = read_output([*lines, *lines], {**CRITERION, "n": r"\[(1)\.1"})
    assert twice.form == ""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("METRIC a=1\nMETRIC a=2\n", "METRIC a comes 2 times"),
        ("METRIC cpu_s=1\nMETRIC b=2\n", "cpu_s is measured by autoexp itself"),
        ("METRIC a=12ms\n", "no finite number: METRIC a=12ms"),
    ],
)
def test_metric_lines_that_check_will_refuse_are_told(output: str, words: str) -> None:
    printed = read_output(output.splitlines())
    assert printed.form == "lines"
    assert words in printed.problem


@pytest.mark.parametrize(
    ("goal", "unit", "likely", "metric", "why"),
    [
        ("", "", "", "rows", "the first of them"),
        ("", "us", "", "parse_us", "the one in us"),
        ("Reduce memory", "", "", "memory_mb", "the goal speaks of"),
        ("Faster", "", "parse_us", "parse_us", "the repository names"),
        ("the result is in microseconds", "", "", "parse_us", "the one in us"),
    ],
)
def test_of_several_metrics_the_one_meant_is_primary(goal: str, unit: str, likely: str, metric: str, why: str) -> None:
    printed = Printed("lines", ("rows", "memory_mb", "parse_us"))
    answers, told = with_printed(Answers(goal=goal, unit=unit), printed, likely=likely)
    assert (answers.metric, set(answers.secondary)) == (metric, {"rows", "memory_mb", "parse_us"} - {metric})
    assert why in told


def test_guarded_metric_is_not_secondary_too() -> None:
    answers, _ = with_printed(
        Answers(metric="a", guards=("b<=5",), measure="m", edit=("x",)), Printed("lines", ("a", "b", "c"))
    )
    assert answers.secondary == ("c",)
    metrics = spec_of(contract_text(answers)).metrics
    assert {name: metric.role for name, metric in metrics.items()} == {"a": "primary", "b": "guard", "c": "secondary"}


@pytest.mark.parametrize("kind", ["geomean", "pareto", "lexicographic"])
def test_objective_joins_what_was_printed_each_in_its_direction(kind: str) -> None:
    answers, _ = with_printed(
        Answers(objective=kind, measure="m", edit=("x",)), Printed("lines", ("a_ms", "b_ms", "accuracy"))
    )
    spec = spec_of(contract_text(answers))
    assert (spec.objective.kind, spec.primary in {"a_ms", "objective"}) == (kind, True)
    assert {name: metric.direction for name, metric in spec.metrics.items()} == {
        "a_ms": "lower",
        "b_ms": "lower",
        "accuracy": "higher",
    }
    assert "`a_ms`, `b_ms`, `accuracy` together" in program_text(answers)


@pytest.mark.parametrize(("kind", "words"), [("weighted", "none of geomean"), ("geomean", "only cpu_s is known")])
def test_objective_that_cannot_be_written_is_refused(kind: str, words: str) -> None:
    with pytest.raises(AutoexpError, match=words):
        contract_text(Answers(objective=kind, measure="m", edit=("x",)))


@pytest.mark.parametrize(
    ("answers", "direction", "why"),
    [
        (Answers(metric="x", direction="higher"), "higher", ""),
        (Answers(metric="x", goal="Maximise x"), "higher", "from the goal"),
        (Answers(metric="time_ms", goal="Faster - lower is better"), "lower", "from the goal"),
        (Answers(metric="accuracy"), "higher", "judged by name"),
        (Answers(metric="error_rate"), "lower", "judged by name"),
        (Answers(metric="value", unit="us"), "lower", "judged by name and unit"),
        (Answers(metric="rows_per_s"), "higher", "judged by name"),
        (Answers(metric="value"), "lower", UNKNOWN),
    ],
)
def test_direction_comes_from_what_is_said_then_from_the_name(answers: Answers, direction: str, why: str) -> None:
    found, told = with_unit_and_direction(answers)
    assert found.direction == direction
    assert why in told


def test_units_and_names() -> None:
    assert [name_for(unit) for unit in ("us", "µs", "ms", "s", "MB", "B", "%", "")] == [
        "time_us",
        "time_us",
        "time_ms",
        "time_s",
        "size_mb",
        "size_bytes",
        "percent",
        "value",
    ]
    assert [unit_of(name) for name in ("parse_ms", "size_mb", "time_us", "rows", "ops_per_s", "mb_per_s")] == [
        "ms",
        "MB",
        "us",
        "",
        "ops/s",
        "MB/s",
    ]
    assert unit_in("The result is in microseconds - lower is better") == "us"
    assert unit_in("Answer in seconds, sizes in megabytes") == ""
    assert direction_in("The result is in microseconds - lower is better") == "lower"
    names = ("cache_hit_rate", "bytes_per_s", "map_ms", "score_mb", "error_rate", "mb_per_s", "peak_rss_mb", "thing")
    ways = ("higher", "higher", "lower", "lower", "lower", "higher", "lower", "")
    assert tuple(map(direction_of, names)) == ways
    assert unit_of("bytes_per_s") == ""


def test_named_metric_that_was_not_printed_keeps_the_form_that_was() -> None:
    answers, _ = with_printed(Answers(metric="c", measure="m", edit=("x",)), Printed("json", ("a", "b")))
    assert (answers.metric, answers.form, answers.secondary) == ("c", "json", ())
    answers, _ = with_printed(Answers(metric="c", measure="m", edit=("x",)), Printed("lines", ("a", "b")))
    assert (answers.form, answers.secondary) == ("lines", ("a", "b"))
