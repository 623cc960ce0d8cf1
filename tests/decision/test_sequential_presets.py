"""How careful, at what price: the presets, what overrides them, and the two ways to set the bar."""

import math

import pytest
from tests.builders import spec
from tests.decision.campaigns import Machine, Played

from autoexp.decision.methods import settings_of

GAINS = (0.0, 0.0, -0.02, 0.01, 0.03, 0.0, 0.1, 0.02, -0.1, 0.005)


def contract(decision=None, **measurement):
    return spec(decision=decision or {}, measurement={"deterministic": False, **measurement})


def lengths(rules, *, noise=0.02, seeds=5):
    """Give the number of runs of each experiment of a few campaigns."""
    found = []
    for seed in range(seeds):
        machine = Machine(noise, seed)
        played = Played(rules, machine.baseline())
        for gain in GAINS:
            judged = played.judge(machine.candidate(gain))
            machine.level *= 1 - gain if judged.kept else 1
            found.append(len(judged.sides))
    return found


@pytest.mark.parametrize(
    ("preset", "most"),
    [("standard", 40), ("patient", 100), ("thorough", 400), ("eager", 24), ("thrifty", 4), ("one-shot", 2)],
)
def test_preset_has_its_limit_and_keeps_to_it(preset, most):
    rules = contract({"preset": preset})
    assert settings_of(rules).cap == most
    assert max(lengths(rules, seeds=2)) <= most


def test_limit_of_a_preset_is_reached_where_it_is_small():
    assert max(lengths(contract({"preset": "thrifty"}))) == 4
    assert max(lengths(contract({"preset": "one-shot"}))) == 2


def test_patience_takes_more_runs_and_finds_more():
    kept, runs = {}, {}
    for preset in ("thrifty", "standard", "patient"):
        kept[preset] = runs[preset] = 0
        for seed in range(12):
            machine = Machine(0.02, seed)
            judged = Played(contract({"preset": preset}), machine.baseline()).judge(machine.candidate(0.025))
            kept[preset] += judged.kept
            runs[preset] += len(judged.sides)
    assert runs["thrifty"] < runs["standard"] < runs["patient"]
    assert kept["thrifty"] < kept["standard"] <= kept["patient"]


def test_runs_allowed_by_the_contract_replace_those_of_the_preset():
    assert 4 < max(lengths(contract(max_samples=7))) <= 7
    assert max(lengths(contract({"preset": "one-shot"}, max_samples=6))) > 2


def test_least_runs_of_a_keep_are_those_of_the_contract():
    machine = Machine(0.001)
    judged = Played(contract(min_samples=6), machine.baseline()).judge(machine.candidate(0.1))
    assert judged.kept
    assert judged.sides.count("c") >= 6
    assert judged.sides.count("i") >= 1


@pytest.mark.parametrize("most", range(2, 6))
def test_any_number_of_runs_is_enough_for_an_answer(most):
    assert max(lengths(contract(max_samples=most))) <= most


@pytest.mark.parametrize("most", range(2, 6))
def test_two_runs_can_be_enough_for_a_keep(most):
    machine = Machine(0.001)
    assert Played(contract(max_samples=most), machine.baseline()).judge(machine.candidate(0.5)).kept


def test_keep_of_one_shot_is_provisional():
    machine = Machine(0.005)
    judged = Played(contract({"preset": "one-shot"}), machine.baseline()).judge(machine.candidate(0.2))
    assert judged.kept
    assert judged.decision.flags == ("provisional",)


@pytest.mark.parametrize("preset", ["standard", "patient", "eager", "thrifty"])
def test_keep_of_the_other_presets_is_for_good(preset):
    machine = Machine(0.005)
    judged = Played(contract({"preset": preset}), machine.baseline()).judge(machine.candidate(0.2))
    assert judged.kept
    assert judged.decision.flags == ()


def test_discard_is_never_provisional():
    machine = Machine(0.005)
    played = Played(contract({"preset": "one-shot"}), machine.baseline())
    assert played.judge(machine.candidate(-0.1)).decision.flags == ()


@pytest.mark.parametrize(("preset", "level"), [("eager", 0.02), ("thrifty", 0.05), ("one-shot", 0.10)])
def test_fixed_level_is_what_the_decision_tells(preset, level):
    machine = Machine(0.02)
    played = Played(contract({"preset": preset}), machine.baseline())
    told = [played.judge(machine.candidate(gain)).decision for gain in GAINS]
    assert [decision.level for decision in told] == pytest.approx([level] * len(told))


def test_strict_level_asks_for_more_before_the_first_keep():
    machine = Machine(0.02)
    bars = []
    for level in ("learned", "e-lond"):
        played = Played(contract({"level": level}), machine.baseline())
        bars.append(played.judge(machine.candidate(0.0)).decision.evidence["log_bar"])
    assert math.exp(bars[0]) < 50
    assert math.exp(bars[1]) >= 500


def test_strict_level_goes_by_the_experiments_planned():
    machine = Machine(0.02)
    bars = {}
    for planned in (10, 200):
        rules = spec(
            decision={"level": "e-lond"}, measurement={"deterministic": False}, budget={"experiments": planned}
        )
        bars[planned] = Played(rules, machine.baseline()).judge(machine.candidate(0.0)).decision.evidence["log_bar"]
    assert bars == pytest.approx({10: math.log(100), 200: math.log(2000)})


def test_strict_level_takes_over_that_of_the_preset():
    assert settings_of(contract({"preset": "thrifty", "level": "e-lond"})).level == "e-lond"


def test_smaller_rate_of_false_keeps_raises_the_bar():
    machine = Machine(0.02)
    bars = []
    for rate in (0.01, 0.10, 0.30):
        played = Played(contract({"false_keep_rate": rate}), machine.baseline())
        bars.append(played.judge(machine.candidate(0.0)).decision.evidence["log_bar"])
    assert bars == sorted(bars, reverse=True)
    assert len(set(bars)) == 3


def test_reason_tells_effect_runs_evidence_and_why_it_ended():
    machine = Machine(0.02, seed=1)
    played = Played(contract(), machine.baseline())
    lost, gained = (played.judge(machine.candidate(gain)).decision for gain in (-0.1, 0.3))
    assert lost.reasons[0].startswith("discarded: x ")
    assert lost.reasons[0].endswith("; more runs are not worth their price")
    assert gained.reasons[0].startswith("kept: x ")
    assert " better, " in gained.reasons[0]
    assert " runs, evidence " in gained.reasons[0]
    assert " against a bar of " in gained.reasons[0]


def test_gain_that_the_runs_do_not_settle_is_inconclusive_and_says_why():
    rules = contract({"preset": "thrifty"})
    for seed in range(20):
        machine = Machine(0.02, seed)
        judged = Played(rules, machine.baseline()).judge(machine.candidate(0.03))
        if len(judged.sides) == 4 and not judged.kept:
            assert judged.decision.reasons[0].startswith("inconclusive: x ")
            assert judged.decision.reasons[0].endswith("; no more runs are allowed for one experiment")
            return
    pytest.fail("no candidate of twenty was left open")
