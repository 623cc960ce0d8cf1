"""What a campaign learns of its machine: the noise of a run, odd runs, drift, and whether its speed has jumped."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.decision.sequential.lessons import POOL, RESIDUALS, SURPRISES, calibrated, lesson_of, quantum, taught
from autoexp.decision.sequential.machine import SPIKES, Noise, centre, machine, ordinary, spread
from autoexp.decision.sequential.standing import standing

SIGMA = 0.02


def normal(count, *, sigma=SIGMA, mean=0.0, seed=1):
    stream = random.Random(f"{count} {sigma} {mean} {seed}")
    return [stream.gauss(mean, sigma) for _ in range(count)]


def spiky(count, share, seed):
    """Give residuals of which a share comes from odd runs, anywhere within 10 sd, and the number of these."""
    stream = random.Random(seed)
    odd = [stream.uniform(-10, 10) * SIGMA if stream.random() < share else None for _ in range(count)]
    return [stream.gauss(0, SIGMA) if value is None else value for value in odd], sum(v is not None for v in odd)


def known(history=None):
    history = normal(12) if history is None else history
    return machine(Noise(history=tuple(history), residuals=tuple(normal(200, seed=2))), least=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_noise_of_normal_runs_is_found_within_a_tenth(seed):
    variance, df, spikes = spread(normal(200, seed=seed))
    assert math.sqrt(variance) == pytest.approx(SIGMA, rel=0.10)
    assert 50 <= df <= 60
    assert spikes < SPIKES


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.05, 0.15, 0.25])
def test_odd_runs_are_counted_and_leave_the_noise_of_the_others_alone(seed, share):
    residuals, odd = spiky(1000, share, seed)
    variance, _, spikes = spread(residuals)
    assert math.sqrt(variance) == pytest.approx(SIGMA, rel=0.10)
    assert spikes == pytest.approx((odd + SPIKES * 25) / 1025, abs=0.03)  # seen, and believed before as 25 runs


def test_noise_is_unknown_before_anything_was_seen():
    assert spread([]) == (0.0, 2.0, SPIKES)


@pytest.mark.parametrize("residuals", [[0.0] * 5, [0.0] * 5 + [0.03], [0.03], [1e-300, -1e-300]])
def test_residuals_of_any_kind_have_a_spread(residuals):
    variance, df, spikes = spread(residuals)
    assert variance >= 0
    assert 2 <= df <= 60
    assert 0 < spikes < 1


plain = st.floats(-1, 1).filter(lambda value: value == 0 or abs(value) > 1e-9)


@given(st.lists(plain, min_size=1, max_size=30), st.sampled_from([-12, -4, 3]))
def test_spread_of_runs_in_another_unit_is_that_unit_squared(residuals, power):
    unit = 2.0**power
    variance, df, spikes = spread(residuals)
    assert spread([value * unit for value in residuals]) == pytest.approx((variance * unit * unit, df, spikes))


def test_one_odd_run_of_five_does_not_move_the_centre():
    calm = [0.01, -0.01, 0.02, 0.0]
    middle, runs = centre([*calm, -0.30], SIGMA**2, known().kappa)
    assert middle == pytest.approx(math.fsum(calm) / 4, abs=1e-4)
    assert runs == pytest.approx(4, abs=0.1)


def test_runs_without_an_odd_one_have_their_mean_as_centre():
    values = normal(9)
    middle, runs = centre(values, SIGMA**2, known().kappa)
    assert middle == pytest.approx(math.fsum(values) / 9, abs=1e-3)
    assert runs == pytest.approx(9, abs=0.3)


def test_what_is_known_beforehand_pulls_the_centre_as_much_as_it_is_sure():
    runs, kappa = [0.03, 0.01], known().kappa
    sure, vague = (centre(runs, SIGMA**2, kappa, (0.0, variance))[0] for variance in (SIGMA**2 / 100, SIGMA**2 * 100))
    assert sure == pytest.approx(0.0, abs=1e-3)
    assert vague == pytest.approx(0.02, abs=1e-3)
    assert centre([], SIGMA**2, kappa, (0.5, 1.0)) == (0.5, 0.0)


def test_one_odd_fresh_run_may_be_a_jump_and_two_that_agree_are_one():
    found = machine(calibrated(normal(6)), least=1e-4)
    sd = math.sqrt(found.variance)
    one, two = (standing([found.centre - 6 * sd] * count, found, found.variance) for count in (1, 2))
    assert 0.1 < one.still.chance < 0.9
    assert two.moved.chance > 0.99
    assert two.mean == pytest.approx(found.centre - 6 * sd, abs=sd)


def test_one_odd_fresh_run_is_no_jump_on_a_machine_that_has_odd_runs():
    often = machine(Noise(history=tuple(normal(12)), residuals=tuple(spiky(200, 0.10, 1)[0])), least=1e-4)
    one, two = (standing([-6 * SIGMA] * count, often, SIGMA**2) for count in (1, 2))
    assert one.moved.chance < 0.3
    assert one.mean == pytest.approx(0.0, abs=2 * SIGMA)
    assert two.moved.chance > 0.9


def test_odd_run_followed_by_an_ordinary_one_was_a_spike():
    where = standing([-6 * SIGMA, 0.1 * SIGMA], known(), SIGMA**2)
    assert where.moved.chance < 0.1
    assert where.mean == pytest.approx(0.0, abs=SIGMA / 2)


def test_agreeing_runs_make_the_standing_surer():
    spreads = [standing([0.0] * count, known(), SIGMA**2).variance for count in range(5)]
    assert spreads == sorted(spreads, reverse=True)


@given(st.lists(st.floats(-0.5, 0.5), max_size=6), st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=6))
def test_both_stories_together_are_certain(fresh, history):
    found = known(history)
    where = standing(fresh, found, found.variance)
    assert where.still.chance + where.moved.chance == pytest.approx(1)
    assert where.variance > 0


def test_step_in_which_values_come_bounds_the_noise_from_below():
    assert quantum([0.0, 0.02, 0.0, 0.04, 0.02]) == pytest.approx(0.02)
    assert quantum([0.01, 0.013, 0.019]) == 0.0
    assert quantum([0.01] * 6) == 0.0
    coarse = machine(Noise(history=(0.0,), residuals=(0.0,) * 5, quantum=0.02), least=1e-4)
    assert coarse.variance == pytest.approx(0.02**2 / 12)


def test_slow_drift_of_the_baseline_is_no_noise():
    drifting = [0.05 * i + value for i, value in enumerate(normal(200, sigma=0.01))]
    found = machine(calibrated(drifting), least=1e-4)
    assert math.sqrt(found.variance) < 0.05


def surprised(offsets, seed=3):
    """Teach a machine whose fresh runs of the incumbent lie this far from its history, one experiment after the other."""
    noise = calibrated(normal(6, seed=seed))
    for n, offset in enumerate(offsets):
        fresh = normal(3, mean=offset, seed=100 + n)
        candidate = normal(3, mean=offset - 0.05, seed=200 + n)
        noise = taught(noise, lesson_of(candidate, fresh, machine(noise, least=1e-4), kept=False))
    return machine(noise, least=1e-4)


def test_history_of_a_restless_machine_is_not_trusted():
    stream = random.Random(4)
    calm = surprised([0.0] * 25)
    restless = surprised([stream.gauss(0, 2 * SIGMA) for _ in range(25)])
    assert not calm.restless
    assert restless.restless


def test_jumps_are_learned_and_the_new_level_replaces_the_old():
    noise = calibrated(normal(6))
    lesson = lesson_of(normal(2, mean=0.3), normal(3, mean=0.4), machine(noise, least=1e-4), kept=False)
    after = taught(noise, lesson)
    assert lesson.replaces
    assert machine(after, least=1e-4).centre == pytest.approx(0.4, abs=3 * SIGMA)
    assert machine(after, least=1e-4).moved > machine(noise, least=1e-4).moved


def test_doubt_that_the_machine_still_stands_grows_until_fresh_runs_confirm_it():
    noise = calibrated(normal(6))
    for _ in range(5):
        noise = taught(noise, lesson_of([-0.2], [], machine(noise, least=1e-4), kept=False))
    waited = machine(noise, least=1e-4)
    looked = machine(taught(noise, lesson_of([-0.2], normal(2), waited, kept=False)), least=1e-4)
    assert waited.moved > 3 * machine(calibrated(normal(6)), least=1e-4).moved
    assert looked.moved < waited.moved / 3


def test_history_after_a_keep_is_the_candidate_without_its_luckiest_run():
    noise = calibrated(normal(6))
    runs = [0.11, 0.14, 0.12]
    lesson = lesson_of(runs, [0.0], machine(noise, least=1e-4), kept=True)
    assert taught(noise, lesson).history == (0.11, 0.12)


def test_memory_stays_bounded_however_long_the_campaign():
    noise = calibrated(normal(6))
    for n in range(150):
        found = machine(noise, least=1e-4)
        noise = taught(noise, lesson_of(normal(3, seed=n), normal(3, seed=n + 500), found, kept=False))
    assert len(noise.history) <= POOL
    assert len(noise.residuals) <= RESIDUALS
    assert len(noise.surprises) <= SURPRISES
    assert math.sqrt(machine(noise, least=1e-4).variance) == pytest.approx(SIGMA, rel=0.15)


@given(st.floats(0, 1e6), st.floats(0, 10))
def test_run_is_ordinary_with_a_probability(square, kappa):
    assert 0 <= ordinary(square, kappa) <= 1
