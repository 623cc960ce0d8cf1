"""Runs inside the target: tells on stderr what the target's functions answer to callers outside of it.

Its source is put in front of a copy of the target; it needs Python's own library only, and disturbs nothing when it fails.
"""

import atexit
import contextlib
import functools
import os
import sys
import types
import zlib
from collections.abc import Callable, Mapping
from typing import Any

MARK = "autoexp-saw"
PRINTED, ITEMS = "(printed)", " (items)"
_CALLS = 4096
_LINES = 2000
_ITEMS = 20000
_DEEP = 6


class Spy:
    """What one file of the target has been seen to answer."""

    def __init__(self, module: dict[str, Any], file: str) -> None:
        self.hits: set[int] = set()
        self._module, self._file = module, file
        self._calls: dict[str, int] = {}
        self._sums: dict[str, int] = {}
        self._told: set[int] = set()
        self._out = _stderr_of_the_run()
        atexit.register(self._end)
        if module.get("__name__") == "__main__":
            sys.stdout = _Tee(sys.stdout, self)

    def __call__(self, function: Any) -> Any:
        """Give the function, with its answers told; anything else as it is."""
        if not isinstance(function, types.FunctionType) or function.__code__.co_flags & 0x380:
            return function  # a coroutine, or an asynchronous generator
        name = function.__qualname__
        if function.__code__.co_flags & 0x20:

            @functools.wraps(function)
            def items(*args: Any, **named: Any) -> Any:
                outside = self._from_outside(sys._getframe(1))  # noqa: SLF001
                for item in function(*args, **named):
                    if outside:
                        self.saw(f"{name}{ITEMS}", item)
                    yield item

            return items

        @functools.wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            if not self._from_outside(sys._getframe(1)):  # noqa: SLF001
                return function(*args, **named)
            try:
                answer = function(*args, **named)
            except BaseException as error:
                self.saw(name, type(error).__name__)
                raise
            self.saw(name, args if answer is None else answer)
            return answer

        return call

    def saw(self, name: str, value: Any, *, most: int = _CALLS) -> None:
        """Take note of an answer, and tell it at the first, second, fourth, eighth ... time."""
        count = self._calls.get(name, 0) + 1
        if count > most:
            return
        self._calls[name] = count
        self._sums[name] = zlib.crc32(digest(value).encode("utf-8", "replace"), self._sums.get(name, 0))
        if count & (count - 1) == 0:
            self._tell(name, count)

    def has_seen(self, name: str, most: int) -> bool:
        """Tell whether more answers would not be taken note of."""
        return self._calls.get(name, 0) >= most

    def _from_outside(self, frame: Any) -> bool:
        return "_autoexp_spy" not in frame.f_globals

    def _tell(self, name: str, count: int) -> None:
        new = self.hits - self._told
        self._told |= new
        self._write([name, str(count), format(self._sums[name], "x")])
        if new:
            self._write(["", "0", ",".join(map(str, sorted(new)))])

    def _end(self) -> None:
        for name, count in self._calls.items():
            if count & (count - 1):
                self._tell(name, count)
        if self.hits - self._told:
            self._write(["", "0", ",".join(map(str, sorted(self.hits - self._told)))])

    def _write(self, fields: list[str]) -> None:
        with contextlib.suppress(OSError):
            os.write(self._out, ("\n" + "\t".join([MARK, self._file, *fields]) + "\n").encode())


class _Tee:
    """Standard output of a target that is a program of its own."""

    def __init__(self, stream: Any, spy: Spy) -> None:
        self._stream, self._spy = stream, spy
        self.buffer = _Tee(stream.buffer, spy) if hasattr(stream, "buffer") else None

    def write(self, text: Any) -> Any:
        for line in text.splitlines():
            if line.strip():
                self._spy.saw("(printed)", line, most=_LINES)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def digest(value: Any, deep: int = _DEEP) -> str:
    """Name a value by its content: numbers to eight digits, whatever kind holds them, and no addresses."""
    try:
        return _digest(value, deep)
    except Exception:  # noqa: BLE001  whatever the target's values do
        return f"<{type(value).__name__}>"


def _digest(value: Any, deep: int) -> str:  # noqa: PLR0911  one answer a kind
    if value is None or isinstance(value, (bool, int, str, bytes, bytearray)):
        return repr(value)
    if isinstance(value, float):
        return f"{value:.8g}"
    if deep == 0:
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        return (
            "{"
            + ",".join(f"{_digest(k, deep - 1)}:{digest(v, deep - 1)}" for k, v in list(value.items())[:_ITEMS])
            + "}"
        )
    if isinstance(value, (set, frozenset)):
        return "{" + ",".join(sorted(digest(item, deep - 1) for item in value)) + "}"
    if isinstance(value, (list, tuple)):
        return f"({len(value)}:" + ",".join(digest(item, deep - 1) for item in value[:_ITEMS]) + ")"
    return _of_object(value, deep)


def _of_object(value: Any, deep: int) -> str:
    kind = type(value).__name__
    if hasattr(value, "columns") and hasattr(value, "shape") and hasattr(value, "to_csv"):
        return f"{kind} {value.shape} {value.head(_ITEMS).to_csv(float_format='%.8g')}"
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        part = value.ravel()[:_ITEMS] if hasattr(value, "ravel") else value
        return f"{kind} {getattr(value, 'shape', '')} {digest(part.tolist(), deep - 1)}"
    if hasattr(value, "to_pylist"):
        return f"{kind} {digest(value.slice(0, _ITEMS).to_pylist(), deep - 1)}"
    if isinstance(getattr(value, "__dict__", None), dict) and not isinstance(value, (type, Callable)):  # type: ignore[arg-type]
        return f"{kind} {_digest(vars(value), deep - 1)}"
    said = repr(value)
    return f"<{kind}>" if " at 0x" in said else said


def _stderr_of_the_run() -> int:
    """Give stderr of the outermost process of this run that can be reached: a harness may keep its children's to itself."""
    mine = os.environ.get("AUTOEXP_RUN", "")
    found, pid = 2, os.getppid()
    try:
        while pid > 0 and mine:
            with open(f"/proc/{pid}/environ", "rb") as variables:  # noqa: PTH123  nothing is imported that is not needed
                if b"AUTOEXP_RUN=" + mine.encode() not in variables.read():
                    break
            with open(f"/proc/{pid}/stat", "rb") as facts:  # noqa: PTH123
                parent = int(facts.read().rpartition(b")")[2].split()[1])
            found, pid = os.open(f"/proc/{pid}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), parent
    except (OSError, ValueError):
        pass
    return found
