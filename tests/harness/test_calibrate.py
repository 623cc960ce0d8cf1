import pytest

from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.calibrate import calibrate


def samples(*values: float) -> list[Sample]:
    return [Sample(side=Side.BASELINE, i=i, values={"x": value}) for i, value in enumerate(values)]


def test_equal_numbers_are_deterministic():
    found = calibrate(samples(2.0, 2.0, 2.0), "x")
    assert (found.deterministic, found.noise) == (True, 0.0)
    assert "all 3 samples" in found.words


def test_noise_is_the_relative_spread_of_one_sample():
    found = calibrate(samples(9.0, 10.0, 11.0), "x")
    assert not found.deterministic
    assert found.noise == pytest.approx(0.1)
    assert "10.00%" in found.words


def test_noise_of_negative_numbers_is_positive():
    assert calibrate(samples(-9.0, -11.0), "x").noise == pytest.approx(0.1414, abs=1e-4)


def test_one_sample_tells_nothing():
    found = calibrate(samples(2.0), "x")
    assert (found.deterministic, found.noise) == (False, None)


def test_a_mean_of_zero_has_no_relative_noise():
    found = calibrate(samples(-1.0, 1.0), "x")
    assert (found.deterministic, found.noise) == (False, None)


def test_samples_without_a_measurement_do_not_count():
    crashed = Sample(side=Side.BASELINE, i=3, outcome=Outcome.CRASH)
    assert calibrate([*samples(2.0, 2.0), crashed], "x").deterministic
