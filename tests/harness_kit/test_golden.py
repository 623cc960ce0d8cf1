"""What is the right answer, and what only looks like it."""

import math

import pytest

from autoexp.harness_kit.golden import difference

NAN = math.nan


@pytest.mark.parametrize(
    ("expected", "answer", "options", "told"),
    [
        (1, 1.0, {}, "answer: float instead of int"),
        (1, True, {}, "answer: bool instead of int"),
        (1, True, {"tolerance": 0.1}, "answer: bool instead of int"),
        ([1, [2, 3]], [1, [2, 4]], {}, "answer[1][1]: 4 instead of 3"),
        ([1], (1,), {}, "answer: tuple instead of list"),
        ([1], [1, 2], {}, "answer: 2 elements instead of 1"),
        ({"a": 1}, {"b": 1}, {}, "answer: the key 'a' is missing"),
        ({"a": 1}, {"a": 1, "b": 2}, {}, 'answer: the key "b" is too much'),
        ({1: 0}, {True: 0}, {}, "answer: the key 1 is missing"),
        ({1}, {True}, {}, "answer: {True} instead of {1}"),
        (NAN, NAN, {}, "answer: nan instead of nan"),
        (1.0, NAN, {"nan_equal": True}, "answer: nan instead of 1.0"),
        (1.0, NAN, {"tolerance": 1e9}, "answer: nan instead of 1.0"),
        (NAN, 1.0, {"tolerance": 1e9, "nan_equal": True}, "answer: 1.0 instead of nan"),
        (1.0, math.inf, {"tolerance": 1e9}, "answer: inf instead of 1.0"),
        (math.inf, 1.0, {"tolerance": 1e9}, "answer: 1.0 instead of inf"),
        (math.inf, -math.inf, {"tolerance": 1e9}, "answer: -inf instead of inf"),
        (1000.0, 1001.1, {"tolerance": 1e-3}, "answer: 1001.1 instead of 1000.0"),
        ("a", b"a", {}, "answer: bytes instead of str"),
    ],
)
def test_difference_is_found_and_placed(expected, answer, options, told: str) -> None:
    assert difference(expected, answer, **options) == told


@pytest.mark.parametrize(
    ("expected", "answer", "options"),
    [
        (NAN, NAN, {"nan_equal": True}),
        ([NAN], [NAN], {"nan_equal": True, "tolerance": 0.1}),
        (1000.0, 1000.9, {"tolerance": 1e-3}),
        (1000, 1000.9, {"tolerance": 1e-3}),
        (0.0, 1e-7, {"tolerance": 1e-6}),
        (math.inf, math.inf, {"tolerance": 1e-6}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {}),
        ({1, (2, 3)}, {(2, 3), 1}, {}),
        (10**400, 10**400, {"tolerance": 0.1}),
    ],
)
def test_right_answer_passes(expected, answer, options) -> None:
    assert difference(expected, answer, **options) == ""


def test_arrays_compare_by_type_shape_and_value() -> None:
    numpy = pytest.importorskip("numpy")
    one = numpy.array([[1.0, NAN], [3.0, math.inf]])
    assert difference(one, one.copy()) == "answer[0, 1]: np.float64(nan) instead of np.float64(nan)"
    assert difference(one, one.copy(), nan_equal=True) == ""
    assert "shape (4,)" in difference(one, one.reshape(4), nan_equal=True)
    assert "dtype float32" in difference(one, one.astype("f4"), nan_equal=True)
    assert difference(one, one.astype("f4"), nan_equal=True, tolerance=1e-6) == ""
    assert difference(one, one + numpy.array([[0.01, 0], [0, 0]]), nan_equal=True, tolerance=1e-6).startswith(
        "answer[0, 0]"
    )
    assert difference(one, one.tolist()) == "answer: list instead of ndarray"
    assert difference(numpy.float64(1), 1.0) == "answer: float instead of float64"
    assert difference(numpy.float64(1), 1.0, tolerance=0.0) == ""
    assert difference(numpy.array(["a", "b"]), numpy.array(["a", "c"])).startswith("answer[1]")
    assert difference(numpy.array(3), numpy.array(4)).startswith("answer[]")


def test_arrays_compare_where_numpy_is_missing() -> None:
    import struct

    from autoexp.harness_kit import Array

    one = Array("<f8", (2,), struct.pack("<2d", 1.0, NAN))
    assert "nan instead of nan at element 1" in difference(one, Array(*one))
    assert difference(one, Array(*one), nan_equal=True) == ""
    assert "other data" in difference(Array("<i4", (1,), bytes(4)), Array("<i4", (1,), b"\0\0\0\1"))
    assert "imported numpy" in difference(one, Array(*one), tolerance=0.1)
