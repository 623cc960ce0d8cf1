"""The comparison of arrays, with numpy where the judge has loaded it and without it elsewhere."""

from __future__ import annotations

import struct
import sys
from typing import Any

from .codec import Array

_NUMBERS = "biufc"
_LETTERS = {"f2": "e", "f4": "f", "f8": "d", "c8": "f", "c16": "d"}


def is_array(value: Any) -> bool:
    """Say whether the value is an array, numpy's or the codec's."""
    return type(value) is Array or (type(value).__module__ == "numpy" and type(value).__name__ == "ndarray")


def plainer(value: Any, *, tolerant: bool) -> Any:
    """Give a number of numpy as Python's when a tolerance makes types of numbers equal; anything else as it is."""
    return value.item() if tolerant and type(value).__module__ == "numpy" and not is_array(value) else value


def of_arrays(expected: Any, answer: Any, where: str, *, tolerance: float | None, nan_equal: bool) -> str:
    """Give the first difference of two arrays of one type, in words; "" when there is none."""
    if tuple(expected.shape) != tuple(answer.shape):
        return f"{where}: shape {tuple(answer.shape)} instead of {tuple(expected.shape)}"
    if expected.dtype != answer.dtype and (tolerance is None or not (_is_number(expected) and _is_number(answer))):
        return f"{where}: dtype {answer.dtype} instead of {expected.dtype}"
    if type(expected) is Array:
        return _by_struct(expected, answer, where, tolerance=tolerance, nan_equal=nan_equal)
    return _by_numpy(expected, answer, where, tolerance=tolerance, nan_equal=nan_equal)


def _is_number(array: Any) -> bool:
    return (array.dtype[1] if type(array) is Array else array.dtype.kind) in _NUMBERS


def _by_numpy(expected: Any, answer: Any, where: str, *, tolerance: float | None, nan_equal: bool) -> str:
    numpy = sys.modules["numpy"]
    equal = numpy.asarray(expected == answer)
    with numpy.errstate(all="ignore"):
        if nan_equal:
            equal = equal | ((expected != expected) & (answer != answer))  # noqa: PLR0124
        if tolerance is not None and _is_number(expected):
            wide = "c16" if "c" in {expected.dtype.kind, answer.dtype.kind} else "f8"
            apart = numpy.abs(answer.astype(wide) - expected.astype(wide))
            size = numpy.maximum(1.0, numpy.abs(expected.astype(wide)))
            equal = equal | (numpy.isfinite(apart) & (apart <= tolerance * size))
    if equal.all():
        return ""
    place = tuple(int(index[0]) for index in numpy.nonzero(~equal)) if expected.shape else ()
    return f"{where}{list(place)}: {answer[place]!r} instead of {expected[place]!r}"


def _by_struct(expected: Array, answer: Array, where: str, *, tolerance: float | None, nan_equal: bool) -> str:
    if tolerance is not None:
        return f"{where}: arrays compare with a tolerance only where the harness has imported numpy"
    letter = _LETTERS.get(expected.dtype[1:])
    if letter is None:
        return "" if expected.data == answer.data else f"{where}: other data than expected"
    form = f"{'>' if expected.dtype[0] == '>' else '<'}{{}}{letter}"
    sides = [
        struct.unpack(form.format(len(side.data) // struct.calcsize(letter)), side.data) for side in (expected, answer)
    ]
    for place, (right, given) in enumerate(zip(*sides)):
        if right != given and not (nan_equal and right != right and given != given):  # noqa: PLR0124
            return f"{where}: {given!r} instead of {right!r} at element {place}"
    return ""
