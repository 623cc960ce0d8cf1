"""Laws of the sequential rule, over whole campaigns: what a unit or a direction may not change, and what a keep always has."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import spec
from tests.decision.campaigns import Judged, Machine, Played, first, path

from autoexp.decision.beliefs import Beliefs
from autoexp.decision.case import NOISY_MIN_EFFECT
from autoexp.decision.methods import settings_of
from autoexp.decision.sequential.look import look, sizes_of
from autoexp.decision.sequential.rule import Question, log_bar
from autoexp.decision.sequential.ruling import known_of
from autoexp.experiment.measurement import Side

law = settings(max_examples=40, deadline=None)


@dataclass(frozen=True)
class Story:
    """A campaign that can be told in any unit: what the candidates gain, on what machine, under which contract."""

    gains: list[float]
    noise: float
    seed: int
    contract: dict

    def told(self, change=lambda value: value, *, direction="lower", scale="auto"):
        """Play it with values changed, and give each ruling with what was believed before it."""
        primary = {"direction": direction, "scale": scale, "min_effect": self.contract["min_effect"]}
        contract = spec(primary, **self.contract["sections"])
        level, rulings = 10.0, []
        played = Played(contract, [change(value) for value in first(path(self.noise, f"{self.seed} before"))])
        for n, gain in enumerate(self.gains):
            believed = played.state.beliefs
            runs = path(self.noise, f"{self.seed} {n}", gain=gain, level=level)
            judged = played.judge(lambda side, i, runs=runs: change(runs(side, i)), removed=n % 3)
            rulings.append(Ruling(judged, believed, played))
            level *= 1 - gain if judged.kept else 1
        return rulings


@dataclass(frozen=True)
class Ruling:
    """A ruling, what was believed before it, and the campaign."""

    judged: Judged
    believed: Beliefs
    played: Played


def outline(rulings):
    return [(ruling.judged.decision.verdict, ruling.judged.sides) for ruling in rulings]


presets = st.sampled_from(["standard", "patient", "eager", "thrifty", "one-shot"])
gains = st.lists(st.floats(-0.3, 0.7) | st.floats(0, 0.08), min_size=1, max_size=3)
noises = st.sampled_from([1e-4, 0.002, 0.01, 0.05])


@st.composite
def stories(draw, *, equal=("discard", "keep", "simpler"), seeds=(None, [1, 2, 3])):
    return Story(
        gains=draw(gains),
        noise=draw(noises),
        seed=draw(st.integers(0, 10**6)),
        contract={
            "min_effect": draw(st.none() | st.floats(0, 0.1)),
            "sections": {
                "decision": {
                    "preset": draw(presets),
                    "level": draw(st.sampled_from(["learned", "e-lond"])),
                    "on_equal": draw(st.sampled_from(equal)),
                },
                "measurement": {"seeds": draw(st.sampled_from(seeds)), "deterministic": False},
                "budget": {"experiments": draw(st.sampled_from([None, 20, 100]))},
            },
        },
    )


@law
@given(stories(), st.floats(1e-6, 1e6), st.sampled_from(["auto", "linear"]))
def test_unit_changes_no_verdict_and_no_question(story, unit, scale):
    plain, other = story.told(scale=scale), story.told(lambda value: value * unit, scale=scale)
    assert outline(other) == outline(plain)


@law
@given(stories())
def test_rate_is_judged_as_the_time_that_it_is_one_of(story):
    assert outline(story.told(lambda value: 1 / value, direction="higher")) == outline(story.told())


@law
@given(stories())
def test_loss_is_judged_as_the_profit_that_it_lacks(story):
    negated = story.told(lambda value: -value, direction="higher", scale="linear")
    assert outline(negated) == outline(story.told(scale="linear"))


@law
@given(stories(), st.sampled_from(["auto", "linear"]))
def test_keep_is_a_lead_of_the_smallest_effect_at_least(story, scale):
    for ruling in story.told(scale=scale):
        decision = ruling.judged.decision
        if decision.reasons[0].startswith("kept:"):  # for a gain, and not for being no worse
            least = NOISY_MIN_EFFECT if story.contract["min_effect"] is None else story.contract["min_effect"]
            assert decision.evidence["lead"] >= (math.log1p(least) if scale == "auto" else least)
            assert decision.effect >= 0


@law
@given(stories())
def test_experiment_takes_no_more_runs_than_its_preset_allows(story):
    for ruling in story.told():
        assert 1 <= len(ruling.judged.sides) <= settings_of(ruling.played.contract).cap


@law
@given(stories())
def test_keep_has_runs_of_both_sides(story):
    for ruling in story.told():
        if ruling.judged.kept:
            assert ruling.judged.sides.count("c") >= settings_of(ruling.played.contract).least
            assert ruling.judged.sides.count("i") >= 1


def test_keep_has_a_fresh_run_of_the_incumbent_however_well_known_that_is():
    machine = Machine(0.01, seed=2)
    played, kept = Played(spec(), machine.baseline()), []
    for _ in range(3):
        for _ in range(60):
            played.judge(machine.candidate(0.0))
        kept.append(played.judge(machine.candidate(0.3)))
        machine.level *= 0.7
    assert all(judged.kept and "i" in judged.sides for judged in kept)
    assert any(judged.sides.startswith("cc") for judged in kept), "it was well known"


def test_standard_keep_has_two_runs_of_the_candidate_at_least():
    assert settings_of(spec()).least == 2


@law
@given(stories(equal=("discard",), seeds=(None,)))
def test_gain_survives_without_the_luckiest_run_of_either_side(story):
    for ruling in story.told():
        judged, contract = ruling.judged, ruling.played.contract
        if not judged.kept or contract.decision.preset == "one-shot":
            continue
        gauge, ledger = ruling.believed.gauges["x"], ruling.believed.ledger
        least = NOISY_MIN_EFFECT if story.contract["min_effect"] is None else story.contract["min_effect"]
        known = known_of(gauge.scale, gauge.noise, min_effect=least)
        sizes = sizes_of(known.smallest, ledger.sizes)
        question = Question(
            smallest=known.smallest,
            wanted=math.log1p(least),
            rate=contract.decision.false_keep_rate,
            horizon=contract.budget.experiments,
        )
        bar = log_bar(ledger, question, settings_of(contract))
        ours, theirs = (
            sorted(map(gauge.scale.gain, side), reverse=True) for side in (judged.candidate, judged.incumbent)
        )
        # seen.log_e of all runs, without the best of the candidate, and without the worst of the incumbent
        for sides in ((ours, theirs), (ours[1:], theirs), (ours, theirs[:-1])):
            assert look(*sides, known.machine, sizes).log_e >= bar


@law
@given(stories(), st.sampled_from([{"at_most": 5}, {"at_most": "incumbent"}, {"within": [0, 5]}]), st.integers(1, 9))
def test_keep_breaks_no_guard(story, bound, size):
    contract = spec(metrics={"g": {"role": "guard", **bound}}, **story.contract["sections"])
    runs = path(story.noise, f"{story.seed}", gain=0.3)
    played = Played(contract, [{"x": value, "g": 5.0} for value in first(runs)])
    judged = played.judge(lambda side, i: {"x": runs(side, i), "g": size if side is Side.CANDIDATE else 5.0})
    assert (judged.decision.guard is not None) == (size > 5)
    assert not judged.kept or size <= 5


def test_same_runs_and_same_memory_give_the_same_answer():
    story = Story([0.05, -0.02, 0.01], 0.01, 3, {"min_effect": None, "sections": {}})
    first_time, again = story.told(), story.told()
    assert [r.judged for r in first_time] == [r.judged for r in again]
    assert [r.believed for r in first_time] == [r.believed for r in again]


@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_effect_is_a_fraction_of_the_baseline_and_adds_up_to_the_gain(direction):
    story = Story([0.2, 0.1, 0.3], 1e-4, 5, {"min_effect": None, "sections": {}})
    rulings = story.told(
        (lambda value: value) if direction == "lower" else (lambda value: 1 / value), direction=direction
    )
    left = 0.8 * 0.9 * 0.7
    assert all(ruling.judged.kept for ruling in rulings)
    assert rulings[-1].played.state.gain == pytest.approx(1 - left if direction == "lower" else 1 / left - 1, rel=1e-2)
