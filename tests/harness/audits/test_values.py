"""Numbers that do not move, or in large steps; data that differ though the seed does not, or by the day."""

import pytest

from autoexp.harness.audits.data import dated_data, unseeded_data
from autoexp.harness.audits.values import coarse_metric, constant_metric

TEXT = {"scope": {"edit": ["t.txt"]}}
LINES = "one 1\ntwo 2\nthree 3\nfour 4\n"


def on(ground, bench, *, python=False, metrics=None, text=LINES):
    name = "bench.py" if python else "bench.sh"
    harness = {"measure": f"{'python' if python else 'sh'} {name}"}
    return ground({"t.txt": text, name: bench}, harness=harness, **TEXT, **({"metrics": metrics} if metrics else {}))


def test_number_of_an_old_copy_is_constant(ground):
    (found,) = constant_metric(on(ground, "echo METRIC x=7\n"))
    assert "does not move" in found.what


@pytest.mark.long
@pytest.mark.parametrize("bench", ["echo METRIC x=$(wc -c < t.txt)\n", "grep -q one t.txt && echo METRIC x=7\n"])
def test_number_that_moves_or_fails_with_the_target_is_not(ground, bench):
    assert not list(constant_metric(on(ground, bench)))


@pytest.mark.parametrize(
    ("printed", "found"), [("seconds=0.3", True), ("seconds=0.2871", False), ("x=7", False), ("accuracy=0.8137", False)]
)
def test_time_in_too_few_digits_is_coarse(ground, printed, found):
    metrics = {printed.partition("=")[0]: {"role": "primary", "direction": "lower"}}
    assert bool(list(coarse_metric(on(ground, f"echo METRIC {printed}\n", metrics=metrics)))) == found


@pytest.mark.long
@pytest.mark.parametrize(("of", "found"), [(8, True), (1000, False)])
def test_share_of_a_few_cases_is_coarse(ground, of, found):
    bench = f"n=$(wc -w < t.txt)\nawk -v n=$n 'BEGIN {{ printf \"METRIC accuracy=%.6f\\n\", (n + {of} / 2) / ({of} + 9) }}'\n"
    bench = bench.replace(f"({of} + 9)", str(of)) if found else bench
    metrics = {"accuracy": {"role": "primary", "direction": "higher"}}
    assert bool(list(coarse_metric(on(ground, bench, metrics=metrics, text="one two\nthree\n")))) == found


DRAWS = "import os, random\n{how}\nprint('METRIC x=%.9f' % {draw})\n"


@pytest.mark.parametrize(
    ("how", "draw", "found"),
    [
        ("", "random.random()", True),
        pytest.param("draw = random.Random()", "draw.random()", True, marks=pytest.mark.long),
        pytest.param("from random import uniform", "uniform(1, 2)", True, marks=pytest.mark.long),
        pytest.param("random.seed(os.environ['AUTOEXP_SEED'])", "random.random()", False, marks=pytest.mark.long),
        ("draw = random.Random(os.environ['AUTOEXP_SEED'])", "draw.random()", False),
        ("def drawn(random): return random.random()", "drawn(random.Random(os.environ['AUTOEXP_SEED']))", False),
        pytest.param("random.random()", "3", False, marks=pytest.mark.long, id="of no consequence"),
    ],
)
def test_data_without_a_seed_are_found(ground, how, draw, found):
    assert bool(list(unseeded_data(on(ground, DRAWS.format(how=how, draw=draw), python=True)))) == found


@pytest.mark.parametrize(
    ("x", "found"),
    [
        ("date.today().toordinal()", True),
        ("(datetime.now() - datetime.now()).days", False),  # a clock, not a calendar
        pytest.param("len(str(date.today()))", False, marks=pytest.mark.long),
        pytest.param("date(2026, 1, 1).toordinal()", False, marks=pytest.mark.long),
    ],
)
def test_data_of_today_are_found(ground, x, found):
    bench = f"from datetime import date, datetime\nprint('METRIC x=%d' % ({x}))\n"
    assert bool(list(dated_data(on(ground, bench, python=True)))) == found
