"""try: the verdict on a change that a person made by hand."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.faces.cli.printing import gain, number, one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from autoexp.api import Verdict

NAMED = 8


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command(name="try")(try_)


def try_(
    experiment: Annotated[
        int | None,
        typer.Option(min=1, help="Measure this experiment's change again instead.", show_default=False),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Make at most so many runs of the harness.", show_default=False)
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also while the campaign is running.")] = False,
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Measure your own change, and record nothing.

    Your working tree as it is against the best so far, with the verdict that a candidate would get. The files in scope count, committed or not; your checkout is only read, and nothing is recorded.

    Examples:

      autoexp try

      autoexp try --runs 6

      autoexp try --experiment 12
    """
    from autoexp import api

    found = api.try_tree(
        api.Place(repo, tag),
        n=experiment,
        runs=runs,
        anyway=anyway,
        environ=os.environ,
        tell=lambda text: None if json else say(f"  {one_line(text)}", err=True),
        allow_unsandboxed=allow_unsandboxed,
    )
    if json:
        print_json(found.as_json())
        return
    for name, text in _lines(found):
        say(f"{name:<13} {text}")


def _lines(found: "Verdict") -> Iterator[tuple[str, str]]:
    where = f"experiment {found.n} of {found.tag}" if found.n else f"the baseline of {found.tag}"
    yield "against", f"{found.against[:12]}, {where if found.campaign else 'HEAD (no campaign yet)'}"
    if found.paths:
        count = f"{len(found.paths)} file{'' if len(found.paths) == 1 else 's'}"
        yield found.what, f"{count}, +{found.lines_added} -{found.lines_removed} lines: {_named(found.paths)}"
    if found.not_measured:
        yield (
            "not measured",
            f"out of scope, so left as in the best so far, though your checkout differs: {_named(found.not_measured)}",
        )
    if found.behind:
        lacks = f"your checkout lacks what the campaign has kept in {_named(found.behind)}"
        yield "note", f"{lacks}; `git merge autoexp/{found.tag}` brings it"
    for one in found.figures:
        best = f"{number(one.best, one.unit)}{'' if one.fresh else ' (measured before)'}"
        yield (
            one.name,
            f"{number(one.change, one.unit)} against {best}{'' if one.role == 'primary' else f'; {one.role}'}",
        )
    yield "verdict", _verdict(found)
    for reason in found.reasons:
        yield "reason", one_line(reason)
    if found.detail:
        from autoexp.experiment.told import reasons_first

        yield "detail", reasons_first(found.detail).replace("\n", "\n" + " " * 14)
    if found.status:
        yield "recorded", "nothing; your checkout is as it was"


def _verdict(found: "Verdict") -> str:
    runs = f"{_runs(found)}"
    if not found.status:
        return "nothing to measure: no file in scope has a change of yours"
    if found.would_be_kept:
        return f"would be kept: {gain(found.effect)} of the baseline, {runs}"
    if found.needs_review:
        return f"would wait for a person's review: {gain(found.effect)} of the baseline, {runs}"
    if found.status == "unclear":
        so_far = "" if found.effect is None else f"; so far {gain(found.effect)} of the baseline"
        twice = 2 * sum(found.runs.get(side, 0) for side in ("candidate", "incumbent"))
        return f"unclear: the rule asks for more than {runs}{so_far}; allow it --runs {twice}, or leave --runs out"
    effect = "" if found.effect is None else f"{gain(found.effect)} of the baseline, "
    return f"would not be kept ({found.status}): {effect}{runs}"


def _runs(found: "Verdict") -> str:
    """Say how many runs were made, of which side."""
    total = sum(found.runs.values())
    sides = ", ".join(f"{count} of the {_SIDES[name]}" for name, count in found.runs.items() if count)
    return f"{total} run{'' if total == 1 else 's'} ({sides})" if sides else "no run"


_SIDES = {"candidate": "change", "incumbent": "best so far", "holdout": "holdout"}


def _named(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return one_line(", ".join(paths[:NAMED]) + more)
