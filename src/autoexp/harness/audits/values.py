"""Does the number move at all when the target changes, and in steps that are fine enough?"""

import re
from collections.abc import Collection, Iterator
from fractions import Fraction

from autoexp.experiment.outcome import Outcome
from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.numbers import figures, is_time
from autoexp.harness.audits.sources import text_of

_TREES = 4
"""Trees that have to give one number before it is called constant."""
_NUMBER = re.compile(r"(?<![\w.\"'])\d+(?:\.\d+)?(?![\w.\"'])")
_PARTS, _FEW = 60, 20
"""A share of so many parts or fewer is coarse, unless its smallest step is below what counts; so many where only one value is known."""
_STEP = 0.02


def constant_metric(ground: Ground) -> Iterator[Finding]:
    """Change the target in many ways: does the number stay the same?"""
    name = ground.spec.primary
    values = {sample.values.get(name) for sample in ground.samples}
    if len(values) != 1 or not ground.scope:
        return
    measured = 0
    for edits in _different(ground):
        if ground.left_s() <= 0:
            return
        sample = ground.measure(edits)
        if sample.outcome is not Outcome.MEASURED:
            continue
        if sample.values.get(name) not in values:
            return
        measured += 1
    if measured >= _TREES:
        yield Finding(
            "constant-metric",
            f"{name} does not move when the target changes",
            f"it is {next(iter(values)):g} in all {len(ground.samples)} runs on HEAD, and in {measured} runs on targets that were emptied, "
            "cut, spoilt, or had all their numbers changed",
            "look at what the harness measures: perhaps an old copy, an installed package, or a result that was kept from an earlier run",
        )


def _different(ground: Ground) -> Iterator[Edits]:
    """Give targets that are clearly others: emptied, cut at either end, with other numbers, turned into nonsense."""
    texts = {path: text_of(ground, path) for path in ground.scope}
    texts = {path: text for path, text in texts.items() if text.strip()}
    if not texts:
        return
    yield dict.fromkeys(texts, b"")
    yield {path: _NUMBER.sub(_other, text).encode() for path, text in texts.items()}
    for keep in (slice(None, None, 2), slice(1, None, 2)):
        yield {path: "\n".join(text.splitlines()[keep]).encode() for path, text in texts.items()}
    yield dict.fromkeys(texts, b"autoexp: nothing of this is a target (\n")
    yield {path: text[: len(text) // 2].encode() for path, text in texts.items()}


def _other(found: re.Match[str]) -> str:
    return f"{found[0]}7" if "." not in found[0] else f"3{found[0]}"


def coarse_metric(ground: Ground) -> Iterator[Finding]:
    """See whether the smallest step of the number is larger than the gains that are looked for."""
    name = ground.spec.primary
    printed = [figures(ground.printed(sample)).get(name) for sample in ground.samples]
    shown = [one for one in printed if one is not None]
    value = ground.samples[0].values.get(name)
    if value is None or value == 0 or len(shown) < len(printed) or not shown:
        return
    counts = ground.spec.criteria[0].min_effect
    bound = max(counts or 0.0, _STEP)
    digits = min(one.step for one in shown) / abs(value)
    if is_time(ground.spec, name) and digits > bound:
        yield _finding(
            name,
            f"it is printed as {value:g}: one unit of its last digit is {digits:.1%} of it, and gains of {bound:.1%} are looked for",
            "print more digits",
        )
        return
    if is_time(ground.spec, name):
        return
    step = min(one.step for one in shown)
    seen = {sample.values[name] for sample in ground.samples if name in sample.values}
    if _parts(seen, step=step) is None:
        return
    seen |= _others(ground, name)
    parts = _parts({one for one in seen if 0 < one < 1}, step=step)
    if parts is None or (len(seen) == 1 and parts > _FEW):
        return
    share = 1 / parts / abs(value)
    if share > bound:
        yield _finding(
            name,
            f"it is {Fraction(value).limit_denominator(_PARTS)} in a run, and a share of {parts} parts or so on other targets: it moves by {share:.1%} of itself or not at all",
            f"score more cases (with {parts * 20} the smallest step is {share / 20:.2%}), or something that moves with each case, such as a loss",
        )


def _others(ground: Ground, name: str) -> set[float]:
    """Give the number on some targets that are others: a share of many parts is hardly one of few parts on all of them."""
    found = set[float]()
    for edits in list(_different(ground))[1:4]:
        sample = ground.measure(edits)
        if sample.outcome is Outcome.MEASURED:
            found.add(sample.values[name])
    return found


def _parts(values: Collection[float], *, step: float) -> int | None:
    """Give into how many parts a share is divided, where all its values are whole numbers of few parts."""
    if not values or any(not 0 < value < 1 for value in values) or step > 1e-3:  # noqa: PLR2004  two digits are parts of a hundred for any number
        return None
    for parts in range(2, _PARTS + 1):
        if all(abs(value * parts - round(value * parts)) <= 1e-9 + parts * step / 2 for value in values):
            return parts
    return None


def _finding(name: str, evidence: str, fix: str) -> Finding:
    return Finding("coarse-metric", f"{name} moves in steps that are too large", evidence, fix)
