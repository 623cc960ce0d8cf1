"""What a rule can see is foretold from the contract and the noise: more noise hides more, more runs show more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import spec

from autoexp.decision.resolution import POWER, resolution
from autoexp.decision.sequential.settings import PRESETS

noises = st.floats(min_value=1e-4, max_value=0.2)
METHODS = [{"preset": name} for name in PRESETS] + [{"method": {"batch": {"k": 3}}}, {"method": "single"}]


def of(noise, *, deterministic=False, quantum=None, primary=None, **sections):
    return resolution(spec(primary, **sections), noise=noise, deterministic=deterministic, quantum=quantum)


@settings(max_examples=40)
@given(st.sampled_from(METHODS), noises, noises)
def test_more_noise_hides_more(decision, one, other):
    low, high = sorted((one, other))
    assert of(low, decision=decision).effect <= of(high, decision=decision).effect * (1 + 1e-9)


@settings(max_examples=40)
@given(st.sampled_from(METHODS), noises)
def test_figures_are_possible(decision, noise):
    found = of(noise, decision=decision)
    assert found.power == POWER
    assert 0.004 < found.effect < 1
    assert 1 <= found.samples <= found.most
    assert 0 <= found.luck <= 0.5


@pytest.mark.parametrize(
    ("preset", "noise", "effect"),
    [("standard", 0.02, 0.031), ("standard", 0.05, 0.06), ("patient", 0.02, 0.031), ("eager", 0.02, 0.036)],
)
def test_figures_are_those_of_the_simulation(preset, noise, effect):
    assert of(noise, decision={"preset": preset}).effect == pytest.approx(effect, rel=0.1)


@pytest.mark.parametrize(
    "least",
    [
        {"measurement": {"max_samples": 6}},
        {"decision": {"false_keep_rate": 0.01}},
        {"decision": {"level": "e-lond"}},
        {"measurement": {"seeds": [1, 2, 3]}},
    ],
)
def test_fewer_runs_and_stricter_proof_show_less(least):
    assert of(0.02, **least).effect > of(0.02).effect


def test_smallest_effect_asked_for_is_never_undercut():
    assert of(0.001, primary={"min_effect": 0.2}).effect > 0.18
    assert of(0.001, primary={"min_effect": 0.2, "direction": "higher"}).effect >= 0.2


def test_numbers_that_repeat_show_any_step():
    declared = of(0.0, deterministic=True, measurement={"deterministic": True})
    assert (declared.effect, declared.samples, declared.most, declared.luck) == (0.0, 1.0, 1, 0.0)
    assert of(0.0, deterministic=True, quantum=0.01).effect == 0.01
    assert of(0.0, deterministic=True).most == 2


def test_coarse_steps_are_noise():
    assert of(0.0, quantum=0.05).effect > of(0.0, quantum=0.01).effect > of(0.0).effect


@pytest.mark.parametrize("decision", METHODS)
def test_noise_that_nobody_knows_leaves_the_effect_open(decision):
    found = of(None, decision=decision)
    assert found.effect is None
    assert found.samples >= 1


def test_rule_of_one_run_says_how_often_luck_is_kept():
    assert of(0.05, decision={"method": "single"}).luck > 0.4
    assert of(0.02, decision={"method": {"batch": {"k": 3}}}).luck == pytest.approx(0.107)
    assert of(0.02).luck < 0.05
