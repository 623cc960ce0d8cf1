"""Asks for many scores at the same time, each of them once, or as often as it takes to get one."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from . import rubric as words
from . import wire
from .errors import KitError
from .remembered import Remembered, digest_of
from .tally import Tally

if TYPE_CHECKING:
    from .endpoint import Endpoint

_TRIES = 2  # for one score, when an answer holds none


class Asked(NamedTuple):
    """One score that is wanted."""

    item: str
    text: str
    context: str | None
    repeat: int


class Asker:
    """Remembers a score, or asks for it."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        model: str,
        rubric: str,
        scale: tuple[float, float],
        options: Mapping[str, Any],
        longest: int,
        remembered: Remembered | None,
        fresh: bool,
        same: tuple[str, str],
        tally: Tally,
    ) -> None:
        self.endpoint, self.tally = endpoint, tally
        self._model, self._scale, self._options, self._longest = model, scale, options, longest
        self._system = words.system_message(rubric, scale)
        self._remembered, self._fresh = remembered, fresh
        self._same = (words.VERSION, rubric, model, endpoint.api, scale, longest, options, *same)

    def refuse_options(self) -> None:
        """Raise KitError for options that cannot be sent, before anything is asked."""
        try:
            json.dumps(self._body(""))
        except (TypeError, ValueError, RecursionError) as error:
            raise KitError(f"options= is what JSON can say: {error}") from None

    def scores(self, asked: Sequence[Asked], *, parallel: int) -> list[float]:
        """Give the scores in order; when one fails, begin no other, wait for those that run, and raise what it raised."""
        found: dict[int, float] = {}
        failed: list[BaseException] = []
        waiting, lock, given_up = iter(enumerate(asked)), threading.Lock(), self.endpoint.given_up

        def work() -> None:
            while not given_up.is_set():
                with lock:
                    place, wanted = next(waiting, (None, None))
                if place is None or wanted is None:
                    return
                try:
                    found[place] = self._score(wanted)
                except BaseException as error:
                    failed.append(error)
                    given_up.set()

        threads = [threading.Thread(target=work, name="judge", daemon=True) for _ in range(min(parallel, len(asked)))]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            given_up.set()
        if failed:
            raise failed[0]
        return [found[place] for place in range(len(asked))]

    def _score(self, asked: Asked) -> float:
        """Give one score. Raises KitError when there is none."""
        digest = digest_of(*self._same, asked.context, asked.text, asked.repeat)
        if self._remembered is not None and not self._fresh:
            known = self._remembered.read(digest)
            if known is not None and self._scale[0] <= known <= self._scale[1]:
                self.tally.reuse()
                return known
        score = self._asked_for(asked)
        if self._remembered is not None:
            self._remembered.write(digest, score)
        return score

    def _asked_for(self, asked: Asked) -> float:
        why = ""
        for _ in range(_TRIES):
            body = self._body(words.user_message(asked.text, asked.context, longest=self._longest))
            answer = self.endpoint.ask(body)
            self.tally.add(answer)
            try:
                return words.score_of(answer.text, self._scale)
            except words.Unreadable as error:
                why = f"{error}{', and it was cut off: give it more room in options=' if answer.cut else ''}"
                said = answer.text
        raise KitError(f"the judge gave no score for {asked.item}, {_TRIES} times: {why}. It said: {said[-200:]!r}")

    def _body(self, user: str) -> dict[str, Any]:
        return wire.body_of(self.endpoint.api, self._model, self._system, user, self._options)
