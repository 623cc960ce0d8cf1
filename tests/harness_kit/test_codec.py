"""Plain values cross as they are, and nothing else does."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.harness_kit import codec
from autoexp.harness_kit.golden import difference

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
KEYS = st.recursive(ATOMS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)
VALUES = st.recursive(
    ATOMS | st.builds(bytearray, st.binary()) | st.sets(KEYS, max_size=3),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_plain_value_crosses_as_it_is(value) -> None:
    line = codec.dumps(value)
    assert "\n" not in line
    assert line.isascii()
    assert difference(value, codec.loads(line), nan_equal=True) == ""
    assert codec.dumps(codec.loads(line)) == line


LONG = st.lists(st.floats(), min_size=32, max_size=40) | st.lists(st.integers(), min_size=32, max_size=40)


@given(VALUES | LONG | LONG.map(tuple) | st.dictionaries(st.text(), LONG, max_size=2))
def test_packed_value_is_the_same_value(value) -> None:
    assert difference(value, codec.loads(codec.dumps(value, packed=True)), nan_equal=True) == ""


def test_long_lists_of_numbers_are_packed_for_the_kits_own_worker_only() -> None:
    numbers = [[0.5] * 40, tuple(range(40))]
    assert "~floats" in codec.dumps(numbers, packed=True)
    assert "~ints" in codec.dumps(numbers, packed=True)
    assert "~" not in codec.dumps(numbers).replace("~tuple", "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(sorted(codec._DECODERS)), inner, max_size=2)
    ),
    max_leaves=10,
)


@given(JSON)
def test_any_json_is_a_plain_value_or_malformed(value) -> None:
    with suppress(codec.Malformed):
        codec.dumps(codec.loads(json.dumps(value)))


@given(st.sampled_from(sorted(codec._DECODERS)), JSON)
def test_any_tagged_json_is_a_plain_value_or_malformed(tag: str, value) -> None:
    with suppress(codec.Malformed):
        codec.dumps(codec.loads(json.dumps({tag: value})))


class Lying(list):
    """A candidate's list."""


@pytest.mark.parametrize("value", [object(), Lying(), len, type("Int", (int,), {})(3), {"a": [Lying()]}, {Lying: 1}])
def test_anything_else_does_not_cross(value) -> None:
    with pytest.raises(codec.NotPlain):
        codec.dumps(value)


def test_value_that_holds_itself_does_not_cross() -> None:
    ring: list = []
    ring.append(ring)
    with pytest.raises(codec.NotPlain):
        codec.dumps(ring)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[1,",
        "NaN",
        "[Infinity]",
        "9" * 100_000,
        "[" * 100_000,
        '{"~pickle": "gASVAAAAAAAA"}',
        '{"~tuple": [1], "x": 2}',
        '{"~tuple": 3}',
        '{"~set": [[1]]}',
        '{"~dict": [[1]]}',
        '{"~dict": [[[], 1]]}',
        '{"~int": "12"}',
        '{"~float": 1}',
        '{"~bytes": "abc"}',
        '{"~bytes": 3}',
        '{"~complex": [1]}',
        '{"~complex": ["1", 2]}',
        '{"~array": {"dtype": "|O8", "shape": [1], "data": "AAAAAAAAAAA="}}',
        '{"~array": {"dtype": "<f8", "shape": [2], "data": "AAAAAAAAAAA="}}',
        '{"~array": {"dtype": "<f8", "shape": [-1], "data": "AAAAAAAAAAA="}}',
        '{"~array": {"dtype": "<f8", "shape": [true], "data": "AAAAAAAAAAA="}}',
        '{"~array": {"shape": [1]}}',
        '{"~array": []}',
        '{"~floats": "AAAA"}',
        '{"~ints": [1]}',
    ],
)
def test_malformed_line_is_refused(line: str) -> None:
    with pytest.raises(codec.Malformed):
        codec.loads(line)


def test_arrays_cross_with_and_without_numpy(monkeypatch) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(6, dtype=">i4").reshape(2, 3)
    line = codec.dumps([array, numpy.float32(0.5), array[:, 1]])
    there = codec.loads(line)
    assert type(there[0]) is numpy.ndarray
    assert difference([array, numpy.float32(0.5), array[:, 1]], there) == ""
    import sys

    monkeypatch.delitem(sys.modules, "numpy")
    plain = codec.loads(line)
    assert plain[0] == codec.Array(">i4", (2, 3), array.tobytes())
    assert codec.dumps(codec.Array(">i4", (2, 3), array.tobytes())) == codec.dumps(plain[0])


def test_negative_zero_and_extremes_keep_their_bits() -> None:
    for value in (-0.0, 5e-324, 1.7976931348623157e308, math.pi):
        assert math.copysign(1, codec.loads(codec.dumps(value))) == math.copysign(1, value)
        assert codec.loads(codec.dumps(value)) == value
