"""Numbers that a formula trips over: steps, equal values, zero and less, huge and tiny ones."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import finite, positive, spec
from tests.decision.campaigns import Machine, Played, first, path

from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

NOISY = spec(measurement={"deterministic": False})
LINEAR = spec({"scale": "linear"}, measurement={"deterministic": False})
law = settings(max_examples=40, deadline=None)


def stepped(step):
    return lambda value: round(value / step) * step


@law
@given(st.integers(0, 10**6), st.floats(-0.3, 0.5), st.sampled_from([0.02, 0.1, 1.0]), st.sampled_from([0.001, 0.02]))
def test_values_in_steps_are_ruled_on(seed, gain, step, noise):
    """With a step of a tenth, many runs are equal; with a step of the whole, all of them may be."""
    rounded = stepped(10.0 * step)
    before, runs = path(noise, f"{seed} before"), path(noise, f"{seed}", gain=gain)
    judged = Played(NOISY, [rounded(value) or 10.0 for value in first(before)]).judge(
        lambda side, i: rounded(runs(side, i)) or 10.0
    )
    assert judged.decision.verdict in Verdict


def test_gain_of_three_steps_is_kept_where_values_come_in_steps():
    machine = Machine(0.02, seed=1)
    rounded = stepped(0.2)
    played = Played(NOISY, [rounded(value) for value in machine.baseline()])
    judged = played.judge(lambda side, _: rounded(machine.run(0.06 if side is Side.CANDIDATE else 0.0)))
    assert judged.kept


@law
@given(positive, st.floats(0.1, 10))
def test_baseline_without_any_spread_is_ruled_by(value, times):
    judged = Played(NOISY, [value] * 6).judge(lambda side, _: value * (times if side is Side.CANDIDATE else 1.0))
    assert judged.kept == (times < 1 / 1.005) or math.isclose(times, 1 / 1.005, rel_tol=1e-3)


@pytest.mark.parametrize("value", [0.0, -3.0, 10.0])
def test_noise_that_begins_after_equal_runs_is_learned(value):
    """Two of three baselines repeat by luck or by a cache; what comes then is noise all the same."""
    stream, kept = random.Random(2), 0
    played = Played(NOISY, [value] * 6)
    for _ in range(30):
        kept += played.judge(lambda *_: value + stream.gauss(0, 0.5)).kept
    assert kept <= 2


def test_metric_that_only_seemed_to_repeat_is_judged_run_by_run_from_the_first_difference_on():
    machine = Machine(0.01, seed=4)
    played = Played(spec(), [10.0] * 6)
    assert played.state.segment.deterministic
    judged = played.judge(machine.candidate(0.2))
    assert not played.state.segment.deterministic
    assert judged.decision.method == "sequential"
    assert judged.sides.startswith("cc"), "a would-be keep is repeated, and does not repeat"
    assert judged.kept
    machine.level = 8.0
    assert sum(played.judge(machine.candidate(0.0)).kept for _ in range(30)) <= 1, (
        "the equal runs told nothing of the noise"
    )


@law
@given(
    st.lists(finite, min_size=1, max_size=6),
    st.lists(finite, min_size=2, max_size=6),
    st.sampled_from(["linear", "auto"]),
    st.sampled_from(["standard", "patient", "eager"]),
    st.sampled_from([None, [1, 2]]),
    st.sampled_from(["discard", "keep"]),
)
def test_numbers_of_any_magnitude_are_ruled_on(baseline, values, scale, preset, seeds, equal):
    contract = spec(
        {"scale": scale},
        measurement={"deterministic": False, "seeds": seeds},
        decision={"preset": preset, "on_equal": equal},
    )
    played = Played(contract, baseline)
    for n in range(3):
        decision = played.judge(
            lambda side, i, n=n: values[(n + 2 * i + (side is Side.INCUMBENT)) % len(values)]
        ).decision
        assert decision.verdict in Verdict
        assert decision.effect is None or math.isfinite(decision.effect)


@pytest.mark.parametrize("values", [[0.0] * 3 + [0.1] * 3, [-5.0, -5.1, -4.9, -5.05, -4.95, -5.0], [1.0, -1.0] * 3])
def test_baseline_of_zero_or_less_is_judged_in_units(values):
    stream = random.Random(3)
    judged = Played(NOISY, values).judge(
        lambda side, _: stream.choice(values) - (2.5 if side is Side.CANDIDATE else 0.0)
    )
    worse = Played(NOISY, values).judge(
        lambda side, _: stream.choice(values) + (2.5 if side is Side.CANDIDATE else 0.0)
    )
    assert judged.kept
    assert worse.decision.verdict is Verdict.DISCARD


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_run_of_zero_or_less_on_a_ratio_scale_is_inconclusive_and_says_what_to_do(value):
    machine = Machine(0.02)
    judged = Played(NOISY, machine.baseline()).judge(lambda *_: value)
    assert judged.decision.verdict is Verdict.INCONCLUSIVE
    assert judged.decision.reasons == (
        "inconclusive: x is 0 or less in a run, which a ratio scale does not hold; declare `scale: linear`",
    )
    assert judged.sides == "c"


def test_campaign_goes_on_after_a_run_of_zero():
    machine = Machine(0.02)
    played = Played(NOISY, machine.baseline())
    played.judge(lambda *_: 0.0)
    assert played.judge(machine.candidate(0.5)).kept


def test_run_of_zero_is_a_value_like_others_on_a_linear_scale():
    machine = Machine(0.02)
    judged = Played(LINEAR, machine.baseline()).judge(lambda side, _: 0.0 if side is Side.CANDIDATE else machine.run())
    assert judged.kept
    assert judged.decision.effect == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("gain", [2 / 3, 0.9, 0.999, 1 - 1e-9])
def test_huge_gain_is_kept_within_six_runs(gain, seed):
    """Six runs of a baseline tell the noise with four degrees of freedom; that may not hide what everybody sees."""
    machine = Machine(0.02, seed)
    judged = Played(NOISY, machine.baseline()).judge(machine.candidate(gain))
    assert judged.kept
    assert len(judged.sides) <= 6
    assert judged.decision.effect == pytest.approx(gain, abs=0.05)


@pytest.mark.parametrize("noise", [1e-4, 1e-9])
def test_tiny_noise_lets_the_smallest_effects_be_told_apart(noise):
    machine = Machine(noise)
    found = [Played(NOISY, machine.baseline()).judge(machine.candidate(gain)) for gain in (0.007, 0.003, 0.0, -0.007)]
    assert [judged.decision.verdict for judged in found] == [Verdict.KEEP] + [Verdict.DISCARD] * 3
    assert all(len(judged.sides) <= 6 for judged in found)


@pytest.mark.parametrize("preset", ["patient", "eager", "thrifty"])
@pytest.mark.parametrize("gain", [2 / 3, 0.95])
def test_huge_gain_is_kept_whatever_the_price_of_a_run(preset, gain):
    machine = Machine(0.02, seed=1)
    contract = spec(decision={"preset": preset}, measurement={"deterministic": False})
    assert Played(contract, machine.baseline()).judge(machine.candidate(gain)).kept


@pytest.mark.parametrize(("noise", "gain"), [(0.3, 0.6), (0.5, 0.9), (1.0, 0.98)])
def test_gain_that_is_clear_in_great_noise_is_kept(noise, gain):
    """The smallest effect that matters is far below what such runs can show; what they show counts all the same."""
    kept = 0
    for seed in range(8):
        machine = Machine(noise, seed)
        kept += Played(NOISY, machine.baseline()).judge(machine.candidate(gain)).kept
    assert kept >= 7


@pytest.mark.parametrize("seed", range(8))
def test_gain_on_a_metric_whose_mean_is_near_zero_is_kept(seed):
    stream = random.Random(seed)
    played = Played(LINEAR, [stream.gauss(0.05, 1) for _ in range(6)])
    assert not played.judge(lambda *_: stream.gauss(0.05, 1)).kept
    assert played.judge(lambda side, _: stream.gauss(-5.0 if side is Side.CANDIDATE else 0.05, 1)).kept


def test_noise_far_above_every_effect_keeps_nothing_and_ends():
    machine = Machine(2.0)
    played = Played(NOISY, machine.baseline())
    assert not any(played.judge(machine.candidate(0.0)).kept for _ in range(20))
