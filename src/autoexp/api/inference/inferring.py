"""From files to one Inferred: every kind looks, the best commands are taken, and each choice gets its sentence."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from autoexp.api.inference import python, scripts
from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Inferred, Look, Rank
from autoexp.api.inference.scoping import scope
from autoexp.spec.commands import started

KINDS: tuple[Callable[[Files], Look | None], ...] = (scripts.look, python.look)
"""Who looks, in the order in which equally good commands are taken."""


def infer(files: Files, *, measure: str = "", checks: str = "") -> Inferred:
    """Give what the files say about measuring, checking and changing them; commands that are given are taken as they are.

    Nothing raises: what could not be found is empty, and named in `missing`.
    """
    looks = [seen for look in KINDS if (seen := look(files)) is not None]
    measured = _chosen([each for seen in looks for each in seen.measures], measure)
    checked = _chosen([each for seen in looks for each in seen.checks], checks)
    starts = [path for each in (measured, checked) if each for path in (*each.starts, *started(each.text))]
    edit, edit_why = _scope(files, looks, starts)
    best = measured or Command("", "", Rank.GIVEN)
    return Inferred(
        kinds=tuple(seen.kind for seen in looks),
        measure=best.text,
        checks=checked.text if checked else "",
        edit=edit,
        metric=best.metric,
        direction=best.direction,
        unit=best.unit,
        metrics=best.metrics,
        provide=_all(seen.provide for seen in looks),
        writable=_all(seen.writable for seen in looks),
        env={name: value for seen in looks for name, value in seen.env.items()} | dict(best.env),
        timeout=best.timeout,
        checks_timeout=checked.timeout if checked else "",
        builds=best.builds,
        weak=best.rank is Rank.WEAK,
        why=(
            *_sentences("measure", measured, [each for seen in looks for each in seen.measures]),
            *_sentences("checks", checked, [each for seen in looks for each in seen.checks]),
            *_metric_sentence(best),
            *edit_why,
            *(line for seen in looks for line in seen.why),
        ),
        missing=_all(seen.missing for seen in looks),
    )


def _all(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for group in groups for each in group))


def _chosen(found: Sequence[Command], given: str) -> Command | None:
    if given:
        same = [each for each in found if each.text == given]
        return same[0] if same else Command(given, "", Rank.GIVEN)
    return min(found, key=lambda each: each.rank, default=None)


def _sentences(name: str, taken: Command | None, found: Sequence[Command]) -> Iterator[str]:
    if taken is None or not taken.source:
        return
    yield f"{name}: `{taken.text}`, from {taken.source}"
    if taken.note:
        yield f"{name}: {taken.note}"
    others = [f"`{each.text}` ({each.source})" for each in found if each.text != taken.text and each.rank < Rank.WEAK]
    if others:
        yield f"{name}: also possible: {', '.join(dict.fromkeys(others))}"


def _metric_sentence(taken: Command) -> Iterator[str]:
    if taken.metric:
        unit = f" in {taken.unit}" if taken.unit else ""
        yield f"metric: {taken.metric}{unit}, {taken.direction} is better, from {taken.metric_source or taken.source}"


def _scope(files: Files, looks: Sequence[Look], starts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for seen in sorted(looks, key=lambda each: each.kind in {"shell", "scripts"}):
        edit = scope(files, seen.edit, tests=seen.tests, starts=starts)
        if edit:
            return edit, (f"edit: {', '.join(edit)}, because {seen.edit_source}",)
    return (), ()
