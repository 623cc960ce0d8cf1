"""Harnesses that print items: the ruling goes score by score, and asks for the scores of the best so far when it needs them."""

import random

import pytest
from tests.builders import spec
from tests.decision.campaigns import Played

from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict

NAMES = [f"q{n}" for n in range(200)]


def contract(*, deterministic=False, **more):
    primary = {"direction": "higher", **more.pop("primary", {})}
    return spec(primary, measurement={"deterministic": deterministic, **more.pop("measurement", {})}, **more)


def mean(scores):
    return sum(scores.values()) / len(scores)


def answered(share, *, seed="easy"):
    """Give 1 for the items that a model of this share gets right: the same ones for a better model, and some more."""
    ranks = random.Random(seed)
    return {name: float(ranks.random() < share) for name in NAMES}


def graded(level, *, luck=0.0, seed=0):
    """Give scores between 0 and 1; items differ a lot, and so does each of them from run to run with some luck."""
    items, stream = random.Random("items"), random.Random(f"{seed}")
    return {name: level + items.uniform(-0.3, 0.3) + stream.gauss(0, luck) for name in NAMES}


def campaign(rules, scores, *, noise=True):
    """Give a campaign whose baseline had these scores, in each of its runs."""
    values = [mean(scores) + (1e-6 * i if noise else 0.0) for i in range(6)]
    return Played(rules, values, items=[scores] * 6)


def judged(played, ours, theirs):
    """Judge a candidate with these scores, or functions of the run's number that give them."""
    sides = {Side.CANDIDATE: ours, Side.INCUMBENT: theirs}

    def scores(side, i):
        return sides[side](i) if callable(sides[side]) else sides[side]

    return played.judge(lambda side, i: mean(scores(side, i)), scores=scores)


def test_scores_of_both_sides_are_asked_for_twice_where_runs_vary():
    base = answered(0.5)
    found = judged(campaign(contract(), base), answered(0.7), base)
    assert found.sides == "cici"
    assert found.kept
    assert found.decision.method == "items"
    assert (found.decision.evidence["wins"], found.decision.evidence["losses"]) == (
        sum(answered(0.7).values()) - sum(base.values()),
        0,
    )


@pytest.mark.parametrize("declared", [True, False])
def test_scores_that_repeat_are_compared_with_those_stored(declared):
    base = answered(0.5)
    rules = contract(deterministic=True if declared else "auto")
    found = judged(campaign(rules, base, noise=False), answered(0.7), base)
    assert found.kept
    assert found.sides == ("c" if declared else "cc"), "what only seemed to repeat is run again before a keep"


def test_stored_scores_are_those_of_the_last_keep():
    base, better = answered(0.5), answered(0.7)
    played = campaign(contract(deterministic=True), base, noise=False)
    assert judged(played, better, base).kept
    assert judged(played, better, base).decision.verdict is Verdict.DISCARD
    assert judged(played, answered(0.6), base).decision.verdict is Verdict.DISCARD


def test_same_share_on_other_items_is_no_gain():
    base, other = answered(0.5), answered(0.5, seed="hard")
    found = judged(campaign(contract(), base), other, base)
    assert not found.kept
    assert found.decision.evidence["wins"] > 10
    assert found.decision.evidence["losses"] > 10


def test_few_wins_are_no_evidence():
    base = answered(0.5)
    ours = dict(base) | dict.fromkeys([name for name in NAMES if not base[name]][:3], 1.0)
    found = judged(campaign(contract(), base), ours, base)
    assert found.decision.verdict is Verdict.INCONCLUSIVE
    assert "3 items better and 0 worse of 200" in found.decision.reasons[0]


@pytest.mark.parametrize(("ours", "verdict"), [(0.62, Verdict.KEEP), (0.6, Verdict.DISCARD), (0.5, Verdict.DISCARD)])
def test_graded_scores_are_compared_item_by_item(ours, verdict):
    base = graded(0.6)
    found = judged(campaign(contract(), base), graded(ours, luck=0.02, seed=1) if ours != 0.6 else base, base)
    assert found.decision.verdict is verdict


def test_noisy_scores_are_repeated_while_the_outcome_is_open():
    base = graded(0.6)
    played = campaign(contract(), base)
    asked = [
        judged(
            played,
            lambda i, n=n: graded(0.61, luck=0.1, seed=f"c{n} {i}"),
            lambda i, n=n: graded(0.6, luck=0.1, seed=f"i{n} {i}"),
        ).sides
        for n in range(10)
    ]
    assert {len(sides) > 2 for sides in asked} == {True, False}
    assert all(len(sides) <= 10 for sides in asked)
    assert all(abs(sides.count("c") - sides.count("i")) <= 1 for sides in asked)


@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize(("faster", "kept"), [(0.1, True), (0.02, True), (0.001, False)])
def test_times_of_items_are_judged_alike_in_any_unit(unit, faster, kept):
    base = {name: value * unit for name, value in graded(2.0).items()}
    ours = {name: value * unit * (1 - faster) for name, value in graded(2.0, luck=0.001).items()}
    rules = spec(measurement={"deterministic": False})
    assert judged(campaign(rules, base), ours, base).kept is kept


def test_lower_scores_are_better_where_the_metric_is():
    base, fewer = answered(0.5), answered(0.3)
    rules = spec(measurement={"deterministic": False})
    assert judged(campaign(rules, base), fewer, base).kept
    assert not judged(campaign(rules, base), answered(0.7), base).kept


def test_smallest_effect_is_a_share_of_the_mean_score_of_the_best_so_far():
    base = answered(0.5)
    gain = mean(answered(0.7)) / mean(base) - 1
    for share, kept in ((gain - 0.01, True), (gain + 0.01, False)):
        rules = contract(primary={"min_effect": share})
        assert judged(campaign(rules, base), answered(0.7), base).kept is kept


def test_items_that_are_not_the_same_are_inconclusive_and_named():
    base = answered(0.5)
    ours = {name: 1.0 for name in NAMES if name not in {"q7", "q9"}} | {"new": 1.0}
    found = judged(campaign(contract(), base), ours, base)
    assert found.decision.verdict is Verdict.INCONCLUSIVE
    assert found.decision.reasons == (
        "inconclusive: the items are not the same: the candidate has no score for q7, q9; only the candidate has new",
    )


def test_best_so_far_without_items_is_inconclusive():
    played = campaign(contract(), answered(0.5))
    found = judged(played, answered(0.7), lambda _: {"": 0.5})
    assert found.decision.verdict is Verdict.INCONCLUSIVE
    silent = played.judge(lambda side, _: 0.7, scores=lambda side, _: answered(0.7) if side is Side.CANDIDATE else {})
    assert silent.decision.reasons == ("inconclusive: the best so far printed no items",)


def test_each_keep_of_items_counts_in_the_error_budget():
    base = answered(0.5)
    played = campaign(contract(), base)
    judged(played, answered(0.8), base)
    ledger = played.state.beliefs.ledger
    assert (ledger.kept, ledger.tested) == (1, 1)
    assert ledger.doubt < 1e-3


def test_nothing_is_rarely_kept_item_by_item():
    kept = 0
    for n in range(10):
        played = campaign(contract(), graded(0.6))
        for k in range(20):
            kept += judged(
                played,
                lambda i, n=n, k=k: graded(0.6, luck=0.1, seed=f"c{n} {k} {i}"),
                lambda i, n=n, k=k: graded(0.6, luck=0.1, seed=f"i{n} {k} {i}"),
            ).kept
    assert kept <= 2


@pytest.mark.parametrize("method", ["single", {"batch": {"k": 2}}])
def test_other_methods_go_by_the_value_alone(method):
    base = answered(0.5)
    played = campaign(contract(decision={"method": method}), base)
    found = judged(played, answered(0.7), base)
    assert found.decision.method != "items"


def test_runs_of_items_teach_the_noise_of_the_value():
    """So that a campaign whose harness stops printing items goes on with what it knows."""
    base = graded(0.6)
    played = campaign(contract(), base)
    before = played.state.beliefs.gauges["x"].noise
    judged(played, lambda i: graded(0.5, seed=i, luck=0.01), base)
    assert played.state.beliefs.gauges["x"].noise != before


@pytest.mark.parametrize(("limits", "most"), [({"preset": "one-shot"}, 2), ({"preset": "thrifty"}, 4), ({}, 3)])
def test_repeats_stay_within_the_runs_allowed(limits, most):
    base = graded(0.6)
    played = campaign(contract(decision=limits, measurement={"max_samples": None if limits else most}), base)
    for n in range(10):
        found = judged(
            played,
            lambda i, n=n: graded(0.61, luck=0.1, seed=f"c{n} {i}"),
            lambda i, n=n: graded(0.6, luck=0.1, seed=f"i{n} {i}"),
        )
        assert len(found.sides) <= most


def test_shift_that_all_items_of_a_run_share_is_no_gain():
    """The same tree: the level of a whole run moves by 2 %, its items hardly move against each other."""
    kept = 0
    for seed in range(40):
        rng = random.Random(f"shared {seed}")
        level = graded(0.5)
        runs = [
            {name: score * (1 + shift) for name, score in level.items()}
            for shift in [rng.gauss(0, 0.02) for _ in range(6)]
        ]
        played = Played(contract(), [mean(run) for run in runs], items=runs)

        def moved(_, rng=rng, level=level):
            shift = rng.gauss(0, 0.02)
            return {name: score * (1 + shift) for name, score in level.items()}

        drawn = {}

        def scores(side, i, moved=moved, drawn=drawn):
            return drawn.setdefault((side, i), moved(i))

        kept += played.judge(lambda side, i, scores=scores: mean(scores(side, i)), scores=scores).kept
    assert kept <= 2


def test_candidate_without_items_is_not_judged_by_the_metric_alone():
    played = campaign(contract(), answered(0.5))
    found = played.judge(lambda *_: 0.9, scores=lambda side, _: {} if side is Side.CANDIDATE else answered(0.5))
    assert found.decision.verdict is Verdict.INCONCLUSIVE
    assert "the candidate printed no items" in found.decision.reasons[0]


def test_items_beside_listed_seeds_may_end_in_the_middle_of_a_pair():
    """The first pair looks well enough to go on, the second run of the candidate ends it."""
    base = graded(0.5)
    played = campaign(contract(measurement={"seeds": list(range(8))}), base)
    found = judged(played, lambda i: {name: score + (0.002, -0.1)[i > 0] for name, score in base.items()}, base)
    assert found.sides == "cic"
    assert not found.kept
