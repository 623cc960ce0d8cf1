"""From files to one Inferred: every kind looks, the best commands are taken, and each choice gets its sentence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from autoexp.api.inference import golang, makefiles, node, others, python, rust, scripts
from autoexp.api.inference.files import Files
from autoexp.api.inference.folders import inner_project, seen_from_top
from autoexp.api.inference.model import Command, Inferred, Look, Rank
from autoexp.api.inference.scoping import remaining, scope
from autoexp.spec.commands import started

KINDS: tuple[Callable[[Files], Look | None], ...] = (
    scripts.look,
    python.look,
    node.look,
    rust.look,
    golang.look,
    others.java,
    makefiles.look,
    others.docker,
)
"""Who looks, in the order in which equally good commands are taken."""

_SHOWN = 4
_HELPERS = ("docker", "make", "scripts", "shell")
"""Kinds that accompany another one: they say what may change only where no other does."""


def infer(files: Files, *, measure: str = "", checks: str = "") -> Inferred:
    """Give what the files say about measuring, checking and changing them; commands that are given are taken as they are.

    Nothing raises: what could not be found is empty, and named in `missing`.
    """
    looks = _looks(files)
    if not measure and not any(seen.measures or seen.checks for seen in looks if seen.kind != "docker"):
        folder, several = inner_project(files)
        if folder:
            return seen_from_top(infer(files.below(folder), checks=checks), folder)
        if several:
            where = f"measure: projects lie in {', '.join(f'{each}/' for each in several)}, and none at the top; "
            how = "name commands with --measure and --checks, such as `cd FOLDER && ...`, and files with --edit"
            return replace(_inferred(files, looks, measure, checks), missing=(where + how,))
    return _inferred(files, looks, measure, checks)


def _looks(files: Files) -> list[Look]:
    """Give what each kind sees. A Dockerfile beside anything that is known is only its packaging."""
    looks = [seen for look in KINDS if (seen := look(files)) is not None]
    known = [seen for seen in looks if seen.kind != "docker"]
    return known if any(seen.measures or seen.edit for seen in known) else looks


def _inferred(files: Files, looks: Sequence[Look], measure: str, checks: str) -> Inferred:
    measures = [each for seen in looks for each in seen.measures]
    checkers = [each for seen in looks for each in seen.checks]
    measured, checked = _chosen(measures, measure), _chosen(checkers, checks)
    taken = [each for each in (measured, checked) if each]
    starts = [path for each in taken for path in (*each.starts, *started(each.text))]
    edit, edit_why = _scope(files, looks, measured, starts)
    best = measured or Command("", "", Rank.GIVEN)
    return Inferred(
        kinds=tuple(seen.kind for seen in looks),
        measure=best.text,
        others=_others(measured, measures),
        checks=checked.text if checked else "",
        edit=edit,
        metric=best.metric,
        direction=best.direction,
        unit=best.unit,
        metrics=best.metrics,
        provide=_all(seen.provide for seen in looks),
        writable=_all(seen.writable for seen in looks),
        write=best.write,
        env={name: value for seen in looks for name, value in seen.env.items()},
        timeout=best.timeout,
        checks_timeout=checked.timeout if checked else "",
        builds=best.builds,
        weak=best.rank is Rank.WEAK,
        why=(
            *_sentences("measure", measured, measures),
            *_metric_sentence(best),
            *_sentences("checks", checked, checkers),
            *edit_why,
            *(line for seen in looks for line in seen.why if best.write or not line.startswith("write:")),
        ),
        missing=tuple(_missing(looks, measured, checked, edit)),
    )


def _all(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for group in groups for each in group))


def _chosen(found: Sequence[Command], given: str) -> Command | None:
    if given:
        same = [each for each in found if given in {each.text, each.source}]
        return replace(same[0], text=given, note="") if same else Command(given, "", Rank.GIVEN)
    return min(found, key=lambda each: each.rank, default=None)


def _sentences(name: str, taken: Command | None, found: Sequence[Command]) -> Iterator[str]:
    if taken is None or not taken.source:
        return
    yield f"{name}: `{taken.text}`, from {taken.source}"
    if taken.note:
        yield f"{name}: {taken.note}"
    if others := _others(taken, found):
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        yield f"{name}: also possible: {', '.join(f'`{text}`' for text in others[:_SHOWN])}{more}"


def _others(taken: Command | None, found: Sequence[Command]) -> tuple[str, ...]:
    return tuple(each.text for each in found if taken and each.text != taken.text and each.rank < Rank.WEAK)


def _metric_sentence(taken: Command) -> Iterator[str]:
    if taken.metric:
        unit = f" in {taken.unit}" if taken.unit else ""
        yield f"metric: {taken.metric}{unit}, {taken.direction} is better, from {taken.source}"


def _scope(
    files: Files, looks: Sequence[Look], measured: Command | None, starts: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    def likely(seen: Look) -> tuple[bool, bool]:
        return seen.kind in _HELPERS, measured not in seen.measures

    for seen in sorted(looks, key=likely):
        if edit := scope(files, seen.edit, tests=seen.tests, starts=starts):
            return edit, (f"edit: {', '.join(edit)}, because {seen.edit_source}",)
    if edit := remaining(files, starts=starts):
        return edit, (f"edit: {', '.join(edit)}, because no layout of sources is known here, and these are left",)
    return (), ()


def _missing(
    looks: Sequence[Look], measured: Command | None, checked: Command | None, edit: Sequence[str]
) -> Iterator[str]:
    found = {"measure": measured, "checks": checked, "edit": edit}
    lines = [line for line in _all(seen.missing for seen in looks) if not found.get(line.partition(":")[0])]
    yield from lines
    general = {
        "measure": "no benchmark was found; name the command that measures with --measure, or let autoexp write one with --harness",
        "checks": "no tests were found; without checks a change that breaks things is kept if it is faster: name a command with --checks",
        "edit": "no source files were found; name what may change with --edit",
    }
    for name, text in general.items():
        if not found[name] and not any(line.startswith(f"{name}:") for line in lines):
            yield f"{name}: {text}"
