"""Changes that gain nothing: kept when they are no worse and the contract wants them, and what lines added have to gain."""

import math

import pytest
from tests.builders import spec
from tests.decision.campaigns import Machine, Played

from autoexp.experiment.outcome import Verdict

LITTLE = 0.001
"""Noise in which half a percent is soon seen."""


def contract(equal="discard", per_line=None, *, single=False, **more):
    sections = {
        "decision": {
            "on_equal": equal,
            "min_gain_per_line": per_line,
            **({"method": "single"} if single else {}),
            **more.pop("decision", {}),
        },
        "measurement": {"deterministic": single, **more.pop("measurement", {})},
    }
    return spec(more.pop("primary", None), **sections, **more)


def judged(rules, gain, *, noise=LITTLE, seed=0, **lines):
    machine = Machine(0.0 if rules.decision.method == "single" else noise, seed)
    return Played(rules, machine.baseline()).judge(machine.candidate(gain), **lines)


@pytest.mark.parametrize("single", [False, True])
def test_equal_change_that_removes_lines_is_kept_as_simpler(single):
    found = judged(contract("simpler", single=single), 0.0, added=2, removed=9)
    assert found.kept
    assert found.decision.flags == ("simpler",)
    assert found.decision.reasons[0].startswith("kept, fewer lines and not worse: ")


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize(("added", "removed"), [(0, 0), (3, 3), (4, 1)])
def test_equal_change_that_removes_nothing_is_not_simpler(single, added, removed):
    assert (
        judged(contract("simpler", single=single), 0.0, added=added, removed=removed).decision.verdict
        is Verdict.DISCARD
    )


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("equal", ["keep", "simpler"])
def test_worse_change_is_not_kept_however_many_lines_it_removes(single, equal):
    assert judged(contract(equal, single=single), -0.02, removed=500).decision.verdict is Verdict.DISCARD


@pytest.mark.parametrize("single", [False, True])
def test_equal_change_is_kept_whatever_its_lines_where_equal_is_kept(single):
    for lines in ({"added": 5, "removed": 0}, {"added": 0, "removed": 5}):
        found = judged(contract("keep", single=single), 0.0, **lines)
        assert found.kept
        assert "simpler" not in found.decision.flags


@pytest.mark.parametrize("single", [False, True])
def test_equal_change_is_discarded_as_a_rule(single):
    assert judged(contract(single=single), 0.0, removed=9).decision.verdict is Verdict.DISCARD


@pytest.mark.parametrize("equal", ["keep", "simpler"])
def test_gain_is_kept_for_being_one(equal):
    found = judged(contract(equal), 0.05, added=0, removed=9)
    assert found.kept
    assert found.decision.flags == ()
    assert found.decision.reasons[0].startswith("kept: ")


def test_change_is_not_called_equal_where_noise_hides_what_it_loses():
    """Two percent of noise and 40 runs do not tell half a percent; that is no reason for a keep."""
    kept = sum(judged(contract("simpler"), -0.02, noise=0.02, seed=seed, removed=9).kept for seed in range(20))
    assert kept <= 1


def test_equal_change_is_kept_only_with_runs_of_both_sides():
    found = judged(contract("keep"), 0.0)
    assert found.sides.count("c") >= 2
    assert found.sides.count("i") >= 1


def test_reason_tells_the_evidence_against_being_worse():
    reason = judged(contract("keep"), 0.0).decision.reasons[0]
    assert reason.startswith("kept, not worse: x ")
    assert reason.endswith(" against a bar of 20:1")


def test_change_kept_for_being_no_worse_spends_nothing_of_the_error_budget():
    """It claims no gain, so it cannot be a false one, and the next gain needs no more for it, and no less."""
    machine = Machine(LITTLE)
    played = Played(contract("keep"), machine.baseline())
    for _ in range(10):
        played.judge(machine.candidate(0.0))
    ledger = played.state.beliefs.ledger
    assert played.state.counts.kept >= 3
    assert (ledger.kept, ledger.doubt, ledger.tested) == (0, 0.0, 10)
    assert played.judge(machine.candidate(0.02)).kept
    assert played.state.beliefs.ledger.kept == 1


@pytest.mark.parametrize("single", [False, True])
def test_lines_added_raise_the_gain_that_is_needed(single):
    rules = contract(per_line="0.1%", single=single)
    assert judged(rules, 0.03, added=20, removed=0).kept
    assert not judged(rules, 0.03, added=40, removed=0).kept
    assert judged(rules, 0.05, added=40, removed=0).kept


@pytest.mark.parametrize("single", [False, True])
def test_lines_removed_lower_nothing(single):
    rules = contract(per_line="0.1%", single=single, primary={"min_effect": "2%"})
    assert not judged(rules, 0.01, added=0, removed=500).kept
    assert judged(rules, 0.03, added=0, removed=500).kept


@pytest.mark.parametrize("single", [False, True])
def test_lines_moved_about_cost_nothing(single):
    assert judged(contract(per_line="1%", single=single), 0.03, added=300, removed=300).kept


def test_gain_below_what_its_lines_need_is_told_as_one():
    found = judged(contract(per_line="0.1%"), 0.03, added=40, removed=0)
    assert found.decision.evidence["lead"] == pytest.approx(-math.log(0.97), abs=0.005)
    assert found.decision.effect == pytest.approx(0.03, abs=0.005)


def test_simpler_change_that_is_repeated_ends_within_the_runs_allowed():
    rules = contract("simpler", measurement={"max_samples": 6})
    for noise in (LITTLE, 0.02, 0.1):
        machine = Machine(noise)
        played = Played(rules, machine.baseline())
        assert all(len(played.judge(machine.candidate(0.0), removed=5).sides) <= 6 for _ in range(10))
