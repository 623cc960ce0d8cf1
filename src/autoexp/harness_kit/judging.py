"""Has a model score what the candidate wrote, by a rubric of the harness's own."""

from __future__ import annotations

import math
import os
import statistics
import threading
from typing import TYPE_CHECKING, Any, Mapping

from . import channel, wire
from .asking import Asked, Asker
from .errors import JudgeUnavailable, KitError
from .remembered import Remembered
from .scores import Scores, spread_of
from .standard import StandardOnly
from .tally import Tally
from .withheld import value_of

if TYPE_CHECKING:
    from .endpoint import Endpoint

_PRICES = {"input", "output", "cached"}


def judge(
    answers: Mapping[str, str],
    *,
    rubric: str | os.PathLike[str],
    model: str,
    base_url: str,
    api: str = "openai",
    key_env: str = "",
    context: Mapping[str, str] | None = None,
    repeats: int = 3,
    scale: tuple[float, float] = (0, 10),
    cache: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    draw: str = "",
    known_as: str | None = None,
    options: Mapping[str, Any] | None = None,
    usd_per_million: Mapping[str, float] | None = None,
    longest: int = 20_000,
    parallel: int = 4,
    timeout_s: float = 60.0,
    patience_s: float = 120.0,
) -> Scores:
    """Have each text scored `repeats` times; give the mean of each item, and the mean of these.

    `answers` holds the texts by the ids of their items, `context` what each of them answers to, `rubric` is a file of the
    harness. `key_env` names the variable with the key, which is withheld from now on. Scores are remembered in the folder
    `cache` by all that they depend on, and by `draw`; `fresh` reads none of them; `known_as` stands for an address that changes. `options` go into the body of each
    request. `usd_per_million` prices tokens (input, output and cached) where the service does not tell a cost; what it
    cost is reported also when it was in vain.

    Raises JudgeUnavailable, a KitError, when the service does not answer within `patience_s` or refuses the key: autoexp
    hears of it, and the run is not the candidate's crash. Raises KitError when it refuses the request, or gives an answer
    without a score twice: there is no score then, and never a 0 instead.
    """
    _refuse_items(answers, context or {})
    _refuse_numbers(scale, usd_per_million, repeats=repeats, longest=longest, parallel=parallel)
    key = value_of(key_env) if key_env else ""
    asker = Asker(
        _endpoint(base_url, api=api, key=key, timeout_s=timeout_s, patience_s=patience_s),
        model=model,
        rubric=_text_of(rubric),
        scale=(float(scale[0]), float(scale[1])),
        options=dict(options or {}),
        longest=longest,
        remembered=None if cache is None else Remembered(os.fspath(cache), key),
        fresh=fresh,
        same=(base_url if known_as is None else known_as, draw),
        tally=Tally(usd_per_million),
    )
    asker.refuse_options()
    asked = [
        Asked(name, text, (context or {}).get(name), repeat)
        for name, text in answers.items()
        for repeat in range(repeats)
    ]
    try:
        given = asker.scores(asked, parallel=parallel)
    except JudgeUnavailable as error:
        channel.unavailable(str(error))
        raise
    finally:
        asker.tally.report()
    by_item = {name: given[place * repeats : (place + 1) * repeats] for place, name in enumerate(answers)}
    items = {name: statistics.fmean(scores) for name, scores in by_item.items()}
    return Scores(
        mean=statistics.fmean(items.values()),
        items=items,
        spread=spread_of(list(by_item.values())),
        requests=asker.tally.requests,
        reused=asker.tally.reused,
        tokens=asker.tally.tokens,
        cost_usd=asker.tally.usd,
    )


def _endpoint(base_url: str, *, api: str, key: str, timeout_s: float, patience_s: float) -> Endpoint:
    if api not in wire.APIS:
        raise KitError(f"api= is {' or '.join(wire.APIS)}, and not {api!r:.50}")
    with StandardOnly():  # http.client and ssl take a while to import: only who judges pays for them
        from .endpoint import endpoint_of  # noqa: PLC0415
    return endpoint_of(
        base_url, api=api, key=key, timeout_s=timeout_s, patience_s=patience_s, given_up=threading.Event()
    )


def _text_of(rubric: str | os.PathLike[str]) -> str:
    try:
        with open(rubric, encoding="utf-8") as stored:
            text = stored.read()
    except (OSError, ValueError) as error:
        raise KitError(f"the rubric {os.fspath(rubric)} cannot be read: {error}") from None
    if not text.strip():
        raise KitError(
            f"the rubric {os.fspath(rubric)} is empty: write what a good answer has, and how points are given"
        )
    return text


def _refuse_items(answers: Mapping[str, str], context: Mapping[str, str]) -> None:
    if not answers:
        raise KitError("there is no answer to judge: answers= maps ids of items to texts")
    for given in (answers, context):
        for name, text in given.items():
            channel.check_item(name)
            if type(text) is not str:
                raise KitError(f"{name}: a text is needed, and not {type(text).__name__}")
    stray = sorted(set(context) - set(answers))
    if stray:
        raise KitError(f"context= names {stray[0]}, which answers= does not")


def _refuse_numbers(scale: tuple[float, float], usd_per_million: Mapping[str, float] | None, **counts: int) -> None:
    if not (len(scale) == 2 and all(map(math.isfinite, scale)) and scale[0] < scale[1]):
        raise KitError(f"scale= is the lowest and the highest score, and not {scale!r:.60}")
    for name, count in counts.items():
        if count < 1:
            raise KitError(f"{name}= is 1 or more, and not {count}")
    if usd_per_million is not None:
        known = {"input", "output"} <= set(usd_per_million) <= _PRICES
        if not known or not all(math.isfinite(price) and price >= 0 for price in usd_per_million.values()):
            raise KitError("usd_per_million= has the prices `input` and `output`, and may have `cached`")
