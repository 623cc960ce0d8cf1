"""The holdout's rule: at least half of a claimed gain shows, and a small one is at least not contradicted."""

import math
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.builders import beliefs, spec

from autoexp.decision.case import Evidence
from autoexp.decision.holdout import claim, judge
from autoexp.decision.review import reviewed
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision, Lesson
from autoexp.spec.criteria import Criterion

LOWER, HIGHER = Criterion("x", lower_is_better=True), Criterion("x", lower_is_better=False)
values = st.floats(min_value=1e-3, max_value=1e6)
fractions = st.floats(min_value=0.0, max_value=0.9)
noises = st.none() | st.floats(min_value=0, max_value=0.3)
criteria = st.sampled_from([LOWER, HIGHER, Criterion("x", lower_is_better=True, scale="linear")])


def ruled(ours, theirs, *, claimed, criterion=LOWER, noise=0.0, share=0.5):
    sides = ([{"h": v} for v in ours], [{"h": v} for v in theirs])
    return judge(*sides, criterion=criterion, claimed=claimed, noise=noise, share=share)


@pytest.mark.parametrize(
    ("ours", "passed"), [(80.0, True), (89.0, True), (89.6, False), (100.0, False), (110.0, False)]
)
def test_half_of_a_clear_gain_has_to_show(ours: float, passed: bool) -> None:  # noqa: FBT001
    found = ruled([ours], [100.0], claimed=0.2)
    assert found.passed is passed
    assert found.needed == pytest.approx(-math.log(0.8) / 2)


@pytest.mark.parametrize(("ours", "passed"), [(99.0, True), (100.0, True), (101.0, True), (102.5, False)])
def test_gain_of_little_is_only_not_contradicted(ours: float, passed: bool) -> None:  # noqa: FBT001
    assert ruled([ours], [100.0], claimed=0.001).passed is passed


@pytest.mark.parametrize(("ours", "passed"), [(101.9, True), (102.1, False)])
def test_change_that_claims_nothing_may_not_be_worse(ours: float, passed: bool) -> None:  # noqa: FBT001
    assert ruled([ours], [100.0], claimed=0.0).passed is passed


def test_noise_allows_for_as_much_as_runs_scatter() -> None:
    assert not ruled([103.0, 103.0], [100.0, 100.0], claimed=0.01, noise=0.005).passed
    assert ruled([103.0, 103.0], [100.0, 100.0], claimed=0.01, noise=0.03).passed


def test_slow_spell_over_some_of_the_runs_does_not_count() -> None:
    found = ruled([33.0, 63.0, 63.0, 33.0, 33.0], [100.0] * 5, claimed=0.67)
    assert found.passed
    assert found.gain == pytest.approx(math.log(100 / 33))
    assert not ruled([33.0, 90.0, 90.0, 33.0, 90.0], [100.0] * 5, claimed=0.67).passed


@given(values=st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=8))
def test_what_counts_of_the_runs_is_their_median(values) -> None:
    found = ruled(values, [-1.0] * len(values), claimed=0.0)
    half = statistics.median([value / 2 for value in values])
    assert found.gain == pytest.approx(min(max(-1 - 2 * half, -1e9), 1e9), rel=1e-9, abs=1e-9)


def test_sides_that_name_different_metrics_fail() -> None:
    found = judge([{"a": 1.0}], [{"b": 1.0}], criterion=LOWER, claimed=0.0, noise=None)
    assert (found.passed, found.gain) == (False, None)
    assert "a, b" in found.words


@pytest.mark.parametrize(
    ("criterion", "claimed", "ours", "passed"),
    [(HIGHER, 0.5, 0.0, False), (HIGHER, 0.5, 1.0, True), (LOWER, 0.5, 0.0, True), (HIGHER, 0.0, 0.0, True)],
)
def test_incumbent_at_zero_has_no_ratio(criterion, claimed, ours, passed) -> None:
    assert ruled([ours], [0.0], claimed=claimed, criterion=criterion).passed is passed


def test_claim_without_a_ratio_asks_for_any_gain() -> None:
    assert not ruled([5.0], [5.0], claimed=None, criterion=HIGHER).passed
    assert ruled([6.0], [5.0], claimed=None, criterion=HIGHER).passed


@given(ours=values, theirs=values, claimed=fractions, noise=noises, criterion=criteria, more=st.floats(0, 0.5))
def test_better_holdout_never_fails_where_a_worse_one_passes(ours, theirs, claimed, noise, criterion, more) -> None:
    better = ours * (1 - more) if criterion.lower_is_better else ours * (1 + more)
    if ruled([ours], [theirs], claimed=claimed, criterion=criterion, noise=noise).passed:
        assert ruled([better], [theirs], claimed=claimed, criterion=criterion, noise=noise).passed


@given(ours=values, theirs=values, claimed=fractions, less=st.floats(0, 1), noise=noises, criterion=criteria)
def test_smaller_claim_is_never_harder(ours, theirs, claimed, less, noise, criterion) -> None:
    if ruled([ours], [theirs], claimed=claimed, criterion=criterion, noise=noise).passed:
        assert ruled([ours], [theirs], claimed=claimed * less, criterion=criterion, noise=noise).passed


@pytest.mark.parametrize(("share", "ours", "passed"), [(0.3, 93.0, True), (0.5, 93.0, False), (1.0, 82.0, False)])
def test_share_is_what_has_to_show(share: float, ours: float, passed: bool) -> None:  # noqa: FBT001
    found = ruled([ours], [100.0], claimed=0.2, share=share)
    assert found.passed is passed
    assert found.needed == pytest.approx(min(share * -math.log(0.8), -math.log(0.8) - 0.02))


@given(
    ours=values,
    theirs=values,
    claimed=fractions,
    share=st.floats(0.01, 1),
    less=st.floats(0.01, 1),
    noise=noises,
    criterion=criteria,
)
def test_smaller_share_is_never_harder(ours, theirs, claimed, share, less, noise, criterion) -> None:
    if ruled([ours], [theirs], claimed=claimed, criterion=criterion, noise=noise, share=share).passed:
        assert ruled([ours], [theirs], claimed=claimed, criterion=criterion, noise=noise, share=share * less).passed


@given(theirs=values, claimed=fractions, share=st.floats(0.01, 1), noise=noises, criterion=criteria)
def test_no_share_asks_for_more_than_was_claimed_nor_allows_for_more_than_noise(
    theirs, claimed, share, noise, criterion
) -> None:
    found = ruled([theirs], [theirs], claimed=claimed, criterion=criterion, noise=noise, share=share)
    assert -max(0.02, 2 * (noise or 0.0) * math.sqrt(2)) - 1e-12 <= found.needed <= found.claimed


@given(
    ours=values, theirs=values, claimed=fractions, factor=st.sampled_from([2.0**-8, 4.0, 2.0**20]), criterion=criteria
)
def test_units_do_not_matter(ours, theirs, claimed, factor, criterion) -> None:
    found = ruled([ours], [theirs], claimed=claimed, criterion=criterion)
    assume(found.gain is None or abs(found.gain - found.needed) > 1e-9)
    assert ruled([ours * factor], [theirs * factor], claimed=claimed, criterion=criterion).passed == found.passed


@given(theirs=values, claimed=fractions, noise=noises, criterion=criteria)
def test_what_was_claimed_passes_when_it_shows(theirs, claimed, noise, criterion) -> None:
    ours = theirs * (1 - claimed) if criterion.lower_is_better else theirs * (1 + claimed)
    assert ruled([ours], [theirs], claimed=claimed, criterion=criterion, noise=noise).passed


@given(claimed=st.floats(0, 1e300), ours=st.floats(-1e300, 1e300), theirs=st.floats(-1e300, 1e300), criterion=criteria)
def test_any_numbers_have_an_answer(claimed, ours, theirs, criterion) -> None:
    found = ruled([ours], [theirs], claimed=claimed, criterion=criterion)
    assert found.gain is None or math.isfinite(found.gain)
    assert found.needed is None or math.isfinite(found.needed)


def evidence(candidate=(9.0,), incumbent=(), stored=10.0, **sections) -> Evidence:
    contract = spec(**sections)
    return Evidence(
        spec=contract,
        candidate=[{"x": value} for value in candidate],
        incumbent=[{"x": value} for value in incumbent],
        stored={"x": stored},
        baseline={"x": 10.0},
        gain=0.0,
        deterministic=True,
        beliefs=beliefs(contract, [{"x": 10.0}]),
    )


KEEP = Decision(verdict=Verdict.KEEP, metric="x", reasons=("kept: x 10.00% better, 1 run",))


def test_claim_is_the_gain_over_the_best_so_far() -> None:
    assert claim(KEEP.model_copy(update={"evidence": {"relative": 0.25}}), evidence()) == 0.25
    assert claim(KEEP, evidence(stored=12.0)) == pytest.approx(0.25)
    assert claim(KEEP, evidence(incumbent=(18.0,))) == pytest.approx(0.5)


def test_keep_that_is_no_better_claims_nothing() -> None:
    assert claim(KEEP.model_copy(update={"evidence": {"relative": -0.01}}), evidence()) == 0.0
    assert claim(KEEP.model_copy(update={"metric": "another"}), evidence()) == 0.0
    assert claim(KEEP, evidence(candidate=(0.0,), stored=0.0)) == 0.0


def test_claim_over_zero_is_unknown() -> None:
    assert claim(KEEP, evidence(candidate=(-1.0,), stored=0.0)) is None


@pytest.mark.parametrize(
    ("passed", "odd", "accepted", "verdict", "flags"),
    [
        (None, (), "", "keep", ()),
        (True, (), "", "keep", ()),
        (False, (), "", "discard", ("overfit",)),
        (None, ("a",), "", "inconclusive", ("suspicious", "needs_review")),
        (None, ("a",), "fine", "keep", ("suspicious",)),
        (True, ("a",), "", "keep", ("suspicious",)),
        (False, ("a",), "fine", "discard", ("overfit", "suspicious")),
        (False, (), "fine", "discard", ("overfit",)),
    ],
)
def test_last_word_on_a_would_be_keep(passed, odd, accepted, verdict, flags) -> None:
    found = reviewed(KEEP, evidence(), n=7, passed=passed, odd=odd, accepted=accepted)
    assert (found.verdict.value, found.flags) == (verdict, flags)
    assert found.reasons[0].endswith("x 10.00% better, 1 run")
    assert found.reasons[0].split(":")[0].startswith({"keep": "kept", "discard": "discarded"}.get(verdict, verdict))
    assert [reason for reason in found.reasons if reason.startswith("suspicious: ")] == [
        f"suspicious: {o}" for o in odd
    ]


def test_holdout_that_passes_answers_only_what_it_can() -> None:
    found = reviewed(KEEP, evidence(), n=7, passed=True, odd=("a", "b"), unanswered=("b",))
    assert (found.verdict.value, found.flags) == ("inconclusive", ("suspicious", "needs_review"))
    assert (
        reviewed(KEEP, evidence(), n=7, passed=True, odd=("a",), unanswered=("a",), accepted="x").verdict.value
        == "keep"
    )
    assert reviewed(KEEP, evidence(), n=7, passed=False, odd=("a",), unanswered=("a",)).verdict.value == "discard"


def test_keep_without_anything_to_add_is_as_it_was() -> None:
    assert reviewed(KEEP, evidence(), n=7, passed=None) is KEEP


def test_refused_keep_teaches_what_a_discard_teaches() -> None:
    kept = KEEP.model_copy(update={"flags": ("provisional",), "lessons": {"x": Lesson(history=(-2.2,), replaces=True)}})
    found = reviewed(kept, evidence(), n=7, passed=False)
    assert found.lessons == {}
    assert found.flags == ("overfit",)
