"""Plausibility: figures of honest changes are left alone, and odd ones are named."""

import random

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import CONTRACT
from tests.decision.oddities import contract, of_figures, runs

from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.spec.model import Spec


def test_five_times_better_is_believed_and_more_is_not():
    assert of_figures(runs([2.1] * 3, wall=0.3, cpu=0.1), runs([10.0] * 3)) == ()
    (reason,) = of_figures(runs([1.9] * 3, wall=0.3, cpu=0.1), runs([10.0] * 3))
    assert "x is 5.26 times better in one step: 1.9 after 10" in reason


def test_direction_decides_what_is_better():
    up = contract(metrics={"x": {"role": "primary", "direction": "higher"}})
    assert of_figures(runs([60.0]), runs([10.0]), up)
    assert of_figures(runs([10.0]), runs([60.0]), up) == of_figures(runs([60.0]), runs([10.0])) == ()


def test_fall_to_zero_is_odd_where_ratios_count():
    assert of_figures(runs([0.0]), runs([10.0])) == ("x fell from 10 to 0",)
    linear = contract(metrics={"x": {"role": "primary", "direction": "lower", "scale": "linear"}})
    assert of_figures(runs([-5.0]), runs([10.0]), linear) == of_figures(runs([-5.0]), runs([-1.0])) == ()


def test_every_number_that_is_decided_on_is_looked_at():
    metrics = {"a": {"role": "secondary", "direction": "lower"}, "b": {"role": "secondary", "direction": "higher"}}
    objective = {"kind": "pareto", "metrics": ["a", "b"]}
    pareto = Spec.model_validate({**CONTRACT, "metrics": metrics, "objective": objective})
    (reason,) = of_figures(runs([10.0], name="a", b=60.0), runs([10.0], name="a", b=10.0), pareto)
    assert reason.startswith("b is 6 times better")


TIME = contract(metrics={"time_ms": {"role": "primary", "direction": "lower"}})


def timed(values, **more):
    return runs(values, name="time_ms", **more)


def test_faked_clock_is_seen_in_what_the_run_took():
    (reason,) = of_figures(timed([300.0] * 4), timed([900.0] * 4), TIME)
    assert "says that 0.6 s were saved, and the whole run took 1 s after 1 s" in reason


def test_gain_that_the_run_shows_is_believed():
    assert of_figures(timed([300.0] * 4, wall=0.42, cpu=0.4), timed([900.0] * 4), TIME) == ()


def test_gain_by_more_cores_or_by_fewer_is_believed():
    parallel = timed([250.0] * 4, wall=0.35, cpu=1.3)
    assert of_figures(parallel, timed([900.0] * 4), TIME) == ()
    assert of_figures(timed([700.0] * 4, wall=0.8, cpu=0.8), timed([900.0] * 4, wall=1.0, cpu=7.5), TIME) == ()


def test_latency_under_a_load_of_fixed_length_is_believed():
    assert of_figures(timed([20.0] * 4, wall=10.0, cpu=9.0), timed([80.0] * 4, wall=10.0, cpu=9.0), TIME) == ()


def test_time_that_is_not_of_this_run_is_not_judged():
    assert of_figures(timed([3000.0] * 4), timed([9000.0] * 4), TIME) == ()


def test_unit_of_the_contract_comes_before_the_name():
    as_count = contract(metrics={"time_ms": {"role": "primary", "direction": "lower", "unit": "rows"}})
    assert of_figures(timed([300.0] * 4), timed([900.0] * 4), as_count) == ()


def test_run_that_waits_where_it_computed_is_odd():
    (reason,) = of_figures(runs([9.0] * 3, cpu=0.1), runs([10.0] * 3, cpu=0.95))
    assert "waits where it computed" in reason


def test_run_that_computes_much_more_without_getting_shorter_is_odd():
    (reason,) = of_figures(runs([9.0] * 3, cpu=4.0), runs([10.0] * 3))
    assert "computes much more" in reason


def test_little_cpu_is_not_judged():
    assert of_figures(runs([9.0] * 3, cpu=0.01), runs([10.0] * 3, cpu=0.15)) == ()


def test_run_that_was_left_early_is_odd():
    (reason,) = of_figures(runs([8.0] * 3, wall=0.2, cpu=0.2), runs([10.0] * 3))
    assert "ended early: 0.2 s after 1 s" in reason
    assert "x got 1.25 times better" in reason
    assert of_figures(timed([450.0] * 3, wall=0.3, cpu=0.3), timed([500.0] * 3), TIME)


def test_counter_of_work_that_falls_to_zero_is_odd():
    counted = contract(
        metrics={
            "x": {"role": "primary", "direction": "lower"},
            "embedder_calls": {"role": "secondary"},
            "parse_errors": {"role": "secondary"},
            "cache_misses": {"role": "guard", "at_most": 100},
        }
    )

    def sample(calls):
        return runs([9.0, 9.0], embedder_calls=calls, parse_errors=calls, cache_misses=calls)

    assert of_figures(sample(0.0), sample(40.0), counted) == ("embedder_calls fell to 0 from 40: was the work done?",)
    assert of_figures(sample(1.0), sample(40.0), counted) == of_figures(sample(0.0), sample(0.0), counted) == ()


def test_samples_that_were_not_measured_tell_nothing():
    crashed = [Sample(side=Side.CANDIDATE, i=0, outcome=Outcome.CRASH)]
    assert of_figures(crashed, runs([10.0])) == of_figures(runs([1.0]), ()) == ()


def test_figures_of_honest_changes_are_rarely_flagged():
    """Harnesses of every shape, honest gains up to 4 times, 5 % noise: overhead, repetitions, cores and length vary."""
    draw = random.Random(1)
    flagged = total = 0
    for _ in range(2000):
        overhead, work = draw.choice([0.02, 0.2, 1.0]), draw.choice([0.05, 0.3, 2.0, 10.0])
        share, repetitions = draw.choice([0.05, 0.3, 1.0]), draw.choice([1, 1, 9, 500])
        gain, n = draw.choice([1.0, 1.03, 1.2, 1.5, 2.0, 3.0, 4.0]), draw.choice([1, 2, 3, 5, 8])
        cores = draw.choice([1, 1, 4]) if gain >= 1.5 else 1
        side = {}
        for name, factor in (("new", gain), ("old", 1.0)):
            samples = []
            for i in range(n):
                core = share * work / factor * draw.gauss(1, 0.05)
                rest = (overhead + (1 - share) * work) * draw.gauss(1, 0.05)
                usage = Usage(wall_s=core + rest, cpu_s=core * (cores if name == "new" else 1) + rest)
                samples.append(
                    Sample(side=Side.CANDIDATE, i=i, values={"time_ms": 1000 * core / repetitions}, usage=usage)
                )
            side[name] = samples
        total += 1
        flagged += bool(of_figures(side["new"], side["old"], TIME))
    assert flagged / total < 0.005


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(st.tuples(finite, finite, finite), max_size=4),
    st.lists(st.tuples(finite, finite, finite), max_size=4),
    st.sampled_from(["lower", "higher"]),
)
def test_any_figures_are_judged_without_error(new, old, direction):
    either = contract(metrics={"time_ms": {"role": "primary", "direction": direction}, "calls": {"role": "secondary"}})
    sides = [
        [
            Sample(side=Side.CANDIDATE, i=i, values={"time_ms": v, "calls": w}, usage=Usage(wall_s=w, cpu_s=c))
            for i, (v, w, c) in enumerate(rows)
        ]
        for rows in (new, old)
    ]
    assert all(reason.isprintable() for reason in of_figures(*sides, either))
