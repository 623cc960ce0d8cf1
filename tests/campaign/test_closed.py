"""The closed experiments in a row: they behave like a tuple of them, however they are kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.campaign.closed import PART, Closed
from autoexp.campaign.experiments import Experiment
from autoexp.experiment.records import Directive

SOME = tuple(Experiment(n, 0, "p", Directive(), n, float(n)) for n in range(1, 6 * PART, 2))
"""Numbers of withdrawn experiments are missing."""
lengths = st.integers(0, len(SOME))
places = st.none() | st.integers(-len(SOME) - 5, len(SOME) + 5)


def of(count: int) -> Closed:
    return Closed().since(0, SOME[:count])


@given(lengths, places, places, st.sampled_from([None, 1, 2, -1, -3]))
def test_row_reads_like_a_tuple(count: int, start: int | None, stop: int | None, step: int | None) -> None:
    row, plain = of(count), SOME[:count]
    assert (len(row), bool(row), tuple(row), tuple(reversed(row))) == (count, bool(plain), plain, plain[::-1])
    assert row[start:stop:step] == plain[start:stop:step]
    assert row == plain
    assert row != (*plain, SOME[0])
    if start is not None and -count <= start < count:
        assert row[start] is plain[start]
    elif start is not None:
        with pytest.raises(IndexError):
            row[start]


@given(lengths, st.integers(-1, 2 * len(SOME) + 2))
def test_experiment_is_found_by_its_number_and_only_by_that(count: int, n: int) -> None:
    assert of(count).numbered(n) == next((one for one in SOME[:count] if one.n == n), None)


@given(lengths, lengths, lengths)
def test_experiments_since_a_place_are_put_in_the_place_of_those_there(count: int, since: int, more: int) -> None:
    since = min(since, count)
    found = of(count).since(since, SOME[more:])
    assert found == (*SOME[:since], *SOME[more:])
    assert all(len(part) == PART for part in found.parts)


@given(lengths.filter(bool), lengths)
def test_one_experiment_is_put_in_the_place_of_the_one_with_its_number(count: int, at: int) -> None:
    changed = replace(SOME[at % count], status="another")
    found = of(count).changed(changed)
    assert found == (*SOME[: at % count], changed, *SOME[at % count + 1 : count])
    assert found.numbered(changed.n) is changed
    assert of(count).changed(replace(SOME[0], n=-1)) == SOME[:count]


def test_whole_part_is_the_same_one_after_more_experiments() -> None:
    before = of(PART + 3)
    assert before.with_one(SOME[-1]).parts[0] is before.parts[0]
