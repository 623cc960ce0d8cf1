"""A tree without some keeps takes the place of the best only when it is shown to be no worse."""

import random
from dataclasses import replace

import pytest
from tests.builders import beliefs, spec

from autoexp.decision import Evidence, MeasureMore
from autoexp.decision.beliefs import after
from autoexp.decision.regression import PAIRS, no_worse
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

BASELINE = [{"x": value, "y": 5.0} for value in (100.0, 101.0, 99.0, 100.5, 99.2, 100.3)]
REPEATING = {"measurement": {"deterministic": True}}


def question(contract=None, **given):
    contract = contract or spec()
    known = {
        "candidate": [],
        "incumbent": [],
        "stored": {"x": 50.0, "y": 5.0},
        "baseline": BASELINE[0],
        "gain": 0.5,
        "deterministic": False,
        "beliefs": beliefs(contract, BASELINE),
    }
    return Evidence(spec=contract, **{**known, **given})


def ruled(asked, *, loss, noise=0.01, seed=0, more=None, level=50.0, **terms):
    """Run a test of a candidate that is worse by `loss`, and give the ruling with the sides in the order asked for."""
    rng = random.Random(f"{loss} {seed}")
    rows = {Side.CANDIDATE: [], Side.INCUMBENT: []}
    order = ""
    while isinstance(answer := no_worse(asked, **terms), MeasureMore):
        worse = loss if answer.side is Side.CANDIDATE else 0.0
        rows[answer.side].append({"x": level * (1 + worse) * (1 + rng.gauss(0, noise)), **(more or {})})
        order += answer.side.value[0]
        asked = replace(asked, candidate=rows[Side.CANDIDATE], incumbent=rows[Side.INCUMBENT])
    return answer, order


@pytest.mark.parametrize(
    "decision", [{}, {"method": {"batch": {"k": 3}}}, {"method": "single"}, {"preset": "one-shot"}]
)
def test_tree_that_is_the_same_is_kept_and_a_worse_one_is_not_whatever_the_method(decision):
    asked = question(spec(decision=decision))
    kept, order = ruled(asked, loss=0.0)
    assert kept.verdict is Verdict.KEEP
    assert kept.reasons[0].startswith("kept, not worse: x ")
    assert order.startswith("ciicci")
    assert order.count("c") == order.count("i")
    lost, _ = ruled(asked, loss=0.10)
    assert lost.verdict is Verdict.DISCARD
    assert "worse" in lost.reasons[0]


def test_tree_worse_by_more_than_the_margin_is_hardly_ever_kept():
    verdicts = [ruled(question(), loss=0.035, noise=0.02, seed=seed)[0].verdict for seed in range(12)]
    assert verdicts.count(Verdict.KEEP) <= 2


def test_margin_says_how_much_worse_it_may_be_as_far_as_noise_hides_it():
    strict, wide = (ruled(question(), loss=0.0, noise=0.03, margin=margin) for margin in (0.02, 0.2))
    assert strict[0].verdict is wide[0].verdict is Verdict.KEEP
    assert len(wide[1]) < len(strict[1])
    assert ruled(question(), loss=0.02, noise=0.001, margin=0.03)[0].verdict is Verdict.DISCARD


def test_what_noise_hides_for_good_is_left_as_it_is():
    decision, order = ruled(question(), loss=0.0, noise=0.4)
    assert decision.verdict is Verdict.DISCARD
    assert len(order) <= 2 * PAIRS
    assert decision.reasons[0].startswith("discarded, not shown to be no worse: ")


@pytest.mark.parametrize(("value", "verdict"), [(50.0, Verdict.KEEP), (49.0, Verdict.KEEP), (50.001, Verdict.DISCARD)])
def test_numbers_that_repeat_may_not_get_worse_at_all(value, verdict):
    asked = question(spec(**REPEATING), deterministic=True, candidate=[{"x": value}])
    assert no_worse(asked).verdict is verdict


def test_numbers_that_only_seem_to_repeat_are_run_once_more_before_a_keep():
    asked = question(deterministic=True, candidate=[{"x": 50.0}])
    assert no_worse(asked) == MeasureMore(Side.CANDIDATE)
    assert no_worse(replace(asked, candidate=[{"x": 50.0}] * 2)).verdict is Verdict.KEEP
    assert no_worse(replace(asked, candidate=[{"x": 51.0}])).verdict is Verdict.DISCARD


def test_guard_holds_but_not_the_one_on_changed_lines():
    guarded = spec(metrics={"y": {"role": "guard", "at_most": 6}, "diff_lines": {"role": "guard", "at_most": 1}})
    fine, _ = ruled(question(guarded), loss=0.0, more={"y": 5.0, "diff_lines": 90.0})
    assert fine.verdict is Verdict.KEEP
    broken, order = ruled(question(guarded), loss=0.0, more={"y": 7.0, "diff_lines": 1.0})
    assert (broken.verdict, broken.guard.metric, order) == (Verdict.DISCARD, "y", "c")


def test_every_number_that_is_decided_on_is_held():
    both = spec(
        {"role": "secondary"},
        metrics={"y": {"role": "secondary", "direction": "lower"}},
        objective={"kind": "pareto", "metrics": ["x", "y"]},
    )
    asked = question(both, stored={"x": 50.0, "y": 5.0})
    assert ruled(asked, loss=0.0, more={"y": 5.0})[0].verdict is Verdict.KEEP
    ours = [{"x": 50.0 + i / 100, "y": 6.0 + i / 100} for i in range(6)]
    theirs = [{"x": 50.0 - i / 100, "y": 5.0 + i / 100} for i in range(6)]
    decision = no_worse(replace(asked, candidate=ours, incumbent=theirs))
    assert (decision.verdict, decision.metric) == (Verdict.DISCARD, "y")


def test_error_budget_does_not_count_it_and_the_kept_tree_is_remembered():
    asked = question()
    decision, _ = ruled(asked, loss=0.0)
    later = after(asked.beliefs, decision, kept=True)
    assert later.ledger == asked.beliefs.ledger
    assert len(later.gauges["x"].noise.history) >= 2


def test_values_that_are_no_fraction_of_0_are_not_ruled_on():
    rows = [{"x": 0.0}, {"x": 1.0}, {"x": 0.5}]
    decision = no_worse(question(baseline={"x": 0.0}, candidate=rows, incumbent=rows))
    assert decision.verdict is Verdict.INCONCLUSIVE
