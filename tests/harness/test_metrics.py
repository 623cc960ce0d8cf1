import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.harness.lines import lines_of
from autoexp.harness.metrics import Reading, read, read_lines
from autoexp.spec.sections import MetricSection, RegexMetrics

PRIMARY = MetricSection(role="primary", direction="lower")
GUARD = MetricSection(role="guard", at_most=5.0)
SECONDARY = MetricSection(role="secondary")
X = {"x": PRIMARY}


def reading(printed: str, form="lines", metrics=None, measured=None) -> Reading:
    return read_lines(lines_of(io.BytesIO(printed.encode())), form, metrics or X, measured)


def test_metric_lines_are_read():
    assert reading("start\nMETRIC x=1.5\nend\n").values == {"x": 1.5}


@pytest.mark.parametrize("name", ["p99.9", "recall@10", "cpu%", "latency_µs", "latency_μs", "a-b", "größe"])
def test_names_may_hold_the_letters_of_the_contract(name):
    assert reading(f"METRIC {name}=2\n", metrics={name: PRIMARY}).values == {name: 2.0}


@pytest.mark.parametrize("value", ["0", "-1", "+2", ".5", "5.", "1e-3", "1E6", "007"])
def test_finite_decimal_numbers_are_numbers(value):
    assert reading(f"METRIC x={value}").values == {"x": float(value)}


@pytest.mark.parametrize(
    "value", ["nan", "NaN", "inf", "-Infinity", "1e999", "0x10", "1_000", "1,5", "", "٣", "1 ms", "1 # ok"]
)
def test_anything_else_is_no_measurement_and_quotes_the_line(value):
    found = reading(f"METRIC x={value}\n")
    assert not found.values
    assert f"METRIC x={value}" in found.problem


@pytest.mark.parametrize("printed", ["METRIC x={}x\n", "ITEM a={}x\n", "COST usd={}x\n", "METRIC x=1e{}x\n"])
def test_a_long_row_of_digits_that_is_no_number_is_refused_at_once(printed):
    """With a pattern that tries each part of it again, this test takes minutes."""
    assert "a finite decimal number is expected" in reading(printed.format("7" * 60_000)).problem


def test_windows_line_ends_and_trailing_blanks_do_not_matter():
    assert reading("METRIC x=1 \r\n").values == {"x": 1.0}


def test_a_second_line_for_a_name_is_no_measurement():
    assert "a second value for x: METRIC x=2" in reading("METRIC x=1\nMETRIC x=2\n").problem


def test_the_same_value_twice_is_still_twice():
    assert reading("METRIC x=1\nMETRIC x=1\n").problem


def test_an_undeclared_name_is_no_measurement():
    assert "y is not declared" in reading("METRIC x=1\nMETRIC y=2\n").problem


def test_a_line_in_the_middle_of_text_does_not_count():
    assert "did not print METRIC x" in reading("got METRIC x=1\n").problem


def test_a_missing_metric_shows_the_line_that_was_meant():
    assert "METRIC x = 1" in reading("METRIC x = 1\n").problem


def test_a_missing_guard_is_no_measurement():
    assert reading("METRIC x=1\n", metrics={**X, "g": GUARD}).problem == "the harness did not print METRIC g"


def test_a_missing_secondary_is_fine():
    assert reading("METRIC x=1\n", metrics={**X, "s": SECONDARY}).values == {"x": 1.0}


def test_long_lines_are_quoted_short():
    assert len(reading("METRIC x=" + "9a" * 5000).problem) < 300


def test_a_metric_behind_a_very_long_line_is_read():
    assert reading("y" * 1_000_000 + "\nMETRIC x=1\n").values == {"x": 1.0}


def test_a_metric_before_five_megabytes_of_noise_is_read(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"METRIC x=1\n" + b"noise line\n" * 500_000)
    assert read(path, "lines", X).values == {"x": 1.0}


def test_a_metric_behind_fifty_megabytes_is_read(tmp_path):
    path = tmp_path / "out"
    path.write_bytes((b"." * 99 + b"\n") * 500_000 + b"METRIC x=1\n")
    assert read(path, "lines", X).values == {"x": 1.0}


def test_fifty_megabytes_without_a_line_end_are_no_trouble(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"." * 50_000_000 + b"\nMETRIC x=1\n")
    assert read(path, "lines", X).values == {"x": 1.0}


def test_measured_values_fill_their_names_and_no_others():
    metrics = {"wall_s": PRIMARY, "cpu_s": SECONDARY}
    assert reading(
        "anything\n", metrics=metrics, measured={"wall_s": 2.0, "cpu_s": 1.0, "peak_rss_mb": 3.0}
    ).values == {
        "wall_s": 2.0,
        "cpu_s": 1.0,
    }


@pytest.mark.parametrize("form", ["keyvalue", "json", "number", RegexMetrics(regex={"wall_s": "(1)"})])
def test_a_plain_command_needs_no_form_when_autoexp_measures_everything(form):
    assert reading("hello\nworld\n", form, {"wall_s": PRIMARY}, {"wall_s": 2.0}).values == {"wall_s": 2.0}


def test_a_harness_may_not_print_what_autoexp_measures():
    assert (
        "measured by autoexp"
        in reading("METRIC wall_s=0\n", metrics={"wall_s": PRIMARY}, measured={"wall_s": 2.0}).problem
    )


def test_diff_lines_are_not_missed():
    assert reading("METRIC x=1\n", metrics={**X, "diff_lines": GUARD}).values == {"x": 1.0}


def test_item_lines_give_scores():
    assert reading("ITEM t/a.py::b[c=1]=0.5\nMETRIC x=1\nITEM 2=1\n").items == {"t/a.py::b[c=1]": 0.5, "2": 1.0}


def test_an_item_twice_is_no_measurement():
    assert "a second line for one item" in reading("METRIC x=1\nITEM a=1\nITEM a=1\n").problem


def test_items_have_a_limit_that_is_named():
    most = "".join(f"ITEM {i}=1\n" for i in range(20_000)) + "METRIC x=1\n"
    assert len(reading(most).items) == 20_000
    assert "more than 20,000 ITEM lines" in reading(f"{most}ITEM one-more=1\n").problem


def test_id_of_an_item_has_a_limit_that_is_named():
    assert reading(f"METRIC x=1\nITEM {'a' * 200}=1\n").problem == ""
    assert "at most 200 characters" in reading(f"METRIC x=1\nITEM {'a' * 201}=1\n").problem


def test_costs_add_up():
    assert reading("COST usd=0.25\nMETRIC x=1\nCOST usd=0.5\n").cost_usd == 0.75


def test_unknown_cost_is_none():
    assert reading("METRIC x=1\n").cost_usd is None


def test_costs_count_also_without_a_measurement():
    found = reading("METRIC x=1\nMETRIC x=2\nCOST usd=0.5\n")
    assert found.problem
    assert found.cost_usd == 0.5


@pytest.mark.parametrize("cost", ["-1", "1e10", "1e308"])
def test_a_cost_that_cannot_be_is_refused(cost):
    found = reading(f"METRIC x=1\nCOST usd={cost}\n")
    assert "a cost is 0 or more, and at most 1,000,000,000" in found.problem
    assert found.cost_usd is None


def test_keyvalue_reads_behind_the_dashes():
    printed = "x: 9\n---\nx:          0.997900\nok:  True\nother: text\npeak_mb: 45060.2\n"
    metrics = {**X, "ok": GUARD, "peak_mb": SECONDARY}
    assert reading(printed, "keyvalue", metrics).values == {"x": 0.9979, "ok": 1.0, "peak_mb": 45060.2}


def test_keyvalue_wants_the_dashes():
    assert "behind ---" in reading("x: 1\n", "keyvalue").problem


def test_keyvalue_wants_one_line_for_a_name():
    assert "a second value for x" in reading("---\nx: 1\n---\nx: 2\n", "keyvalue").problem


def test_keyvalue_wants_numbers():
    assert "x: fast" in reading("---\nx: fast\n", "keyvalue").problem


def test_json_is_the_last_line():
    assert reading('log {"x": 2}\n{"x": 1, "ok": true, "more": {"a": []}}\n\n', "json", {**X, "ok": GUARD}).values == {
        "x": 1.0,
        "ok": 1.0,
    }


@pytest.mark.parametrize(
    "printed",
    ["", "\n", "[1]", '{"x": 1', '{"x": NaN}', '{"x": 1e999}', '{"x": "1"}', '{"x": null}', '{"y": 1}', '{"x": 1, "x": 2}',
     "[" * 100_000, '{"x": ' + "9" * 5000 + "}", '{"x": 1}\nend'],
)  # fmt: skip
def test_json_that_is_not_one_good_object_is_no_measurement(printed):
    found = reading(printed, "json")
    assert found.problem
    assert not found.values


def test_number_is_the_primary_metric():
    assert reading("\n 42.5\n", "number").values == {"x": 42.5}


@pytest.mark.parametrize("printed", ["", "1\n2\n", "fast\n", "1 ms\n", "nan\n"])
def test_number_must_stand_alone(printed):
    assert reading(printed, "number").problem


def test_patterns_give_their_first_group():
    form = RegexMetrics(regex={"x": r"took ([\d.]+) ms \((\d+) runs\)", "unused": "(1)"})
    assert reading("run\nit took 12.5 ms (3 runs)\n", form).values == {"x": 12.5}


def test_a_pattern_that_fits_nothing_is_no_measurement():
    assert "fits no line" in reading("nothing\n", RegexMetrics(regex={"x": "took ([0-9]+)"})).problem


def test_a_pattern_that_fits_twice_is_no_measurement():
    assert "a second time" in reading("loss 1 loss 2\n", RegexMetrics(regex={"x": "loss ([0-9]+)"})).problem


def test_a_group_that_is_no_number_is_no_measurement():
    assert reading("loss high\n", RegexMetrics(regex={"x": r"loss (\w+)"})).problem


FORMS = ["lines", "keyvalue", "json", "number", RegexMetrics(regex={"x": "(.+)?a"})]


@given(printed=st.binary(max_size=300), form=st.sampled_from(FORMS))
def test_no_output_makes_the_reader_fail(printed: bytes, form):
    found = read_lines(lines_of(io.BytesIO(printed)), form, X)
    assert bool(found.problem) != bool(found.values)


PIECES = st.sampled_from(
    ["METRIC ", "x", "y", "=", "1", "-", "e5", "nan", " ", "\n", "---\n", "ITEM ", "COST usd=", "{", '"x":', "}", ":"]
)


@given(printed=st.lists(PIECES, max_size=30).map("".join), form=st.sampled_from(FORMS))
def test_what_is_read_is_always_finite(printed: str, form):
    found = reading(printed, form, {**X, "y": SECONDARY})
    assert all(math.isfinite(value) for value in [*found.values.values(), *found.items.values()])


NAMES = st.text(alphabet="abcxyz_.@%µ-09", min_size=1, max_size=8)
VALUES = st.floats(allow_nan=False, allow_infinity=False)
NOISE = st.lists(
    st.text(max_size=20).filter(lambda text: not text.lstrip().startswith(("METRIC", "ITEM", "COST"))), max_size=4
)


@given(values=st.dictionaries(NAMES, VALUES, min_size=1, max_size=5), noise=NOISE)
def test_what_is_printed_is_what_is_read(values: dict[str, float], noise: list[str]):
    metrics = dict.fromkeys(values, SECONDARY)
    lines = [line for text in noise for line in text.splitlines()] + [
        f"METRIC {name}={value!r}" for name, value in values.items()
    ]
    lines = [
        line
        for line in lines
        if not line.startswith(("ITEM", "COST")) and (line.startswith("METRIC ") or "METRIC" not in line)
    ]
    assert reading("\n".join(lines), metrics=metrics).values == values


@given(
    st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line and not line.endswith(b"\r")), max_size=8),
    st.integers(1, 40),
)
def test_lines_are_cut_and_never_joined(lines: list[bytes], longest: int):
    stream = io.BytesIO(b"".join(line + b"\n" for line in lines))
    found = list(lines_of(stream, longest=longest))
    assert len(found) == len(lines)
