"""Runs the candidate's function in a worker process; clock, inputs and answers stay in this one."""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
from functools import partial
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from . import codec, golden
from .errors import KitError, WrongAnswer
from .runs import Run
from .session import Session
from .start import Start

_DEFAULT_REPETITIONS = 10


class Call(NamedTuple):
    """An input with named arguments: `Call((1, 2), {"base": 10})`."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}


def isolated(
    target: str | Sequence[str],
    inputs: Iterable[Any] | Callable[[int], Any],
    *,
    expect: Callable[..., Any] | Iterable[Any] | None = None,
    check: Callable[..., Any] | None = None,
    repetitions: int | None = None,
    warmup: int = 0,
    timeout_s: float = 60.0,
    start_timeout_s: float = 60.0,
    fresh: bool = False,
    allow_repeats: bool = False,
    tolerance: float | None = None,
    nan_equal: bool = False,
    memory_mb: float | None = None,
    hide: Sequence[str | os.PathLike[str]] = (),
    longest_answer_mb: float = 64.0,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    python: str = sys.executable,
) -> Run:
    """Call the candidate once for each input in a worker process; give the times, when every answer is right.

    `target` is "module:function" or "path.py:function", or the argv of a program that speaks the worker protocol. `inputs`
    holds one input for each call, or gives the input of a repetition (0, 1, ...; 10 of them unless `repetitions` says
    more): a tuple is the arguments, `Call` names some of them, anything else is the one argument. `expect` is the reference
    function or the answers in order; `check` is called with the answer and the arguments, and says False.
    The first `warmup` calls are judged, but not counted. `fresh` starts a new process for each call. Files and folders of
    `hide` cannot be read by the worker.

    Raises WrongAnswer, WorkerFailed, WorkerTimeout; KitError for an input that the worker saw before, unless
    `allow_repeats` or `fresh`; and what `inputs`, `expect` or `check` raise.
    """
    if expect is not None and check is not None:
        raise KitError("expect= and check= both judge the answer: give one of them")
    judge = _Judge(expect, check, partial(golden.difference, tolerance=tolerance, nan_equal=nan_equal))
    start = Start(
        target,
        memory_mb=memory_mb,
        hide=[os.fspath(path) for path in hide],
        cwd=None if cwd is None else os.fspath(cwd),
        env=env or {},
        python=python,
        longest=int(longest_answer_mb * 2**20),
        timeout_s=start_timeout_s,
    )
    session = Session(start, timeout_s=timeout_s, fresh=fresh)
    count = _DEFAULT_REPETITIONS if repetitions is None and callable(inputs) else repetitions
    seen: set[bytes] = set()
    with session:
        for place, given in enumerate(_inputs(inputs, count, warmup)):
            question = _question(given, packed=isinstance(target, str))
            if not (fresh or allow_repeats):
                _refuse_repeats(question, place, seen)
            if place == warmup:
                session.count_from_here()
            answer = session.answer(question, place, counted=place >= warmup)
            judge.judge(answer, question, f"call {place} of {start.name}", counted=place >= warmup)
    if not session.times_ns:
        raise KitError("there was no input to call the candidate with" + (" after the warm-up" if warmup else ""))
    return session.run(judge.answers)


class _Judge:
    """Says whether answers are right; keeps them when it has nothing to compare them with."""

    def __init__(self, expect: Any, check: Callable[..., Any] | None, difference: Callable[[Any, Any], str]) -> None:
        self.reference = expect if callable(expect) else None
        self.expected = None if expect is None or callable(expect) else iter(expect)
        self.check = check
        self.difference = difference
        self.answers: list[Any] = []

    def judge(self, answer: Any, question: bytes, where: str, *, counted: bool) -> None:
        """Raise WrongAnswer unless the answer is right."""
        if self.check is not None:
            call = _call(question)
            said = self.check(answer, *call.args, **call.kwargs)
            if said is not None and not said:
                raise WrongAnswer(f"{where}: the check says {said!r:.60}")
        elif self.reference is not None or self.expected is not None:
            found = self.difference(_plain(self._right(question, where)), answer)
            if found:
                raise WrongAnswer(f"{where}: {found}")
        elif counted:
            self.answers.append(answer)

    def _right(self, question: bytes, where: str) -> Any:
        if self.reference is not None:
            call = _call(question)
            return self.reference(*call.args, **call.kwargs)
        try:
            return next(self.expected)  # type: ignore[arg-type]
        except StopIteration:
            raise KitError(f"expect= holds no answer for {where}: one for each input is needed") from None


def _inputs(inputs: Iterable[Any] | Callable[[int], Any], count: int | None, warmup: int) -> Iterator[Any]:
    if callable(inputs):
        return map(inputs, range((count or 0) + warmup))
    return iter(inputs) if count is None else itertools.islice(inputs, count + warmup)


def _question(given: Any, *, packed: bool) -> bytes:
    """Give an input as the JSON of a call, which is all that is kept of it: nobody can change it afterwards."""
    call = given if type(given) is Call else Call(given if type(given) is tuple else (given,))
    try:
        body = {
            "args": codec.encode(list(call.args), packed=packed),
            **({"kwargs": codec.encode(dict(call.kwargs), packed=packed)} if call.kwargs else {}),
        }
        return codec.text(body).encode("ascii")
    except codec.NotPlain as error:
        raise KitError(f"an input holds {error}, which cannot cross to the worker: use plain values") from None


def _call(question: bytes) -> Call:
    body = codec.parse(question)
    return Call(tuple(codec.decode(body["args"])), codec.decode(body.get("kwargs", {})))


def _plain(expected: Any) -> Any:
    try:
        return codec.loads(codec.dumps(expected))
    except codec.NotPlain as error:
        raise KitError(f"the expected answer holds {error}: give plain values, for nothing else crosses") from None


def _refuse_repeats(question: bytes, place: int, seen: set[bytes]) -> None:
    digest = hashlib.sha256(question).digest()
    if digest in seen:
        raise KitError(
            f"input {place} was given to this worker before, and it may remember its answer: give a fresh input for each"
            " call, or fresh=True for a new process each time, or allow_repeats=True"
        )
    seen.add(digest)
