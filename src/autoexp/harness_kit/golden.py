"""Is the answer the right one? A comparison of plain values that runs no code of the candidate."""

from __future__ import annotations

import math
from typing import Any

from .arrays import is_array, of_arrays, plainer
from .codec import dumps

_NUMBERS = (int, float, complex)
_SHOWN = 60


def difference(expected: Any, answer: Any, *, tolerance: float | None = None, nan_equal: bool = False) -> str:
    """Give the first place where the answer is not the expected one, in words; "" when there is none.

    Types are compared exactly: 1 is not 1.0 nor True. With a tolerance (relative to the expected number, or to 1 when that
    is smaller) numbers compare by value, whatever their type, except bool. NaN equals NaN only when asked. Both values must
    be plain ones: decoded by the codec.
    """
    return _Comparison(tolerance, nan_equal=nan_equal).of(expected, answer, "answer")


class _Comparison:
    """How two values are compared."""

    def __init__(self, tolerance: float | None, *, nan_equal: bool) -> None:
        self.tolerance = tolerance
        self.nan_equal = nan_equal

    def of(self, expected: Any, answer: Any, where: str) -> str:
        """Compare two values that stand at a place."""
        expected, answer = (
            plainer(expected, tolerant=self.tolerance is not None),
            plainer(answer, tolerant=self.tolerance is not None),
        )
        if self.tolerance is not None and type(expected) in _NUMBERS and type(answer) in _NUMBERS:
            return "" if self._close(expected, answer) else _instead(expected, answer, where)
        if type(expected) is not type(answer):
            return f"{where}: {type(answer).__name__} instead of {type(expected).__name__}"
        if is_array(expected):
            return of_arrays(expected, answer, where, tolerance=self.tolerance, nan_equal=self.nan_equal)
        if isinstance(expected, (list, tuple)):
            return self._sequence(expected, answer, where)
        if isinstance(expected, dict):
            return self._mapping(expected, answer, where)
        if isinstance(expected, (set, frozenset)):
            equal = {dumps(element) for element in expected} == {dumps(element) for element in answer}
        elif isinstance(expected, (float, complex)):
            equal = expected == answer or (self.nan_equal and expected != expected and answer != answer)  # noqa: PLR0124
        else:
            equal = expected == answer
        return "" if equal else _instead(expected, answer, where)

    def _sequence(self, expected: Any, answer: Any, where: str) -> str:
        if len(expected) != len(answer):
            return f"{where}: {len(answer)} elements instead of {len(expected)}"
        for place, (right, given) in enumerate(zip(expected, answer)):
            found = self.of(right, given, f"{where}[{place}]")
            if found:
                return found
        return ""

    def _mapping(self, expected: dict[Any, Any], answer: dict[Any, Any], where: str) -> str:
        given = {dumps(key): value for key, value in answer.items()}
        for key, right in expected.items():
            text = dumps(key)
            if text not in given:
                return f"{where}: the key {key!r:.60} is missing"
            found = self.of(right, given.pop(text), f"{where}[{key!r:.60}]")
            if found:
                return found
        return f"{where}: the key {next(iter(given)):.60} is too much" if given else ""

    def _close(self, expected: Any, answer: Any) -> bool:
        if expected == answer:
            return True
        if expected != expected or answer != answer:  # noqa: PLR0124
            return self.nan_equal and expected != expected and answer != answer  # noqa: PLR0124
        try:
            apart, size = abs(answer - expected), abs(expected)
            return math.isfinite(apart) and apart <= (self.tolerance or 0.0) * max(1.0, size)
        except OverflowError:  # integers beyond all floats: equal ones were found above
            return False


def _instead(expected: Any, answer: Any, where: str) -> str:
    return f"{where}: {_short(answer)} instead of {_short(expected)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
