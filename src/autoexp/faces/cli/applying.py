"""apply: what was kept, brought into the user's branch."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.errors import AutoexpError
from autoexp.faces.cli.confirming import confirmation_lines, gain_line
from autoexp.faces.cli.printing import one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from autoexp.api.applying import Brought

FILES_NAMED = 20


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command()(apply)


def apply(
    more: Annotated[
        list[int] | None, typer.Argument(metavar="[N]...", help="More numbers for --only.", hidden=True)
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N...", help="Take these kept experiments only: --only 2 5, or once for each.", show_default=False
        ),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Move this branch (default: the current one).", show_default=False),
    ] = None,
    squash: Annotated[bool, typer.Option("--squash", help="All in one commit, which lists what is in it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")] = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Bring what was kept into your branch.

    Branch, index and files move together, or nothing does. Your own later commits stay: then the kept changes are put on top of them. Whatever you have not committed is never overwritten.

    Examples:

      autoexp apply --dry-run

      autoexp apply

      autoexp apply --only 2 5
    """
    from autoexp import api

    wish = api.ApplyWish(only=_numbers(only or (), more or ()), branch=branch, squash=squash, dry_run=dry_run)
    done = api.apply(api.Place(repo, tag), wish, environ=os.environ)
    if json:
        print_json(done.as_json())
    else:
        for name, text in _lines(done):
            say(f"{name:<12} {one_line(text)}" if text else "")
    if done.applied.refused is not None:
        raise done.applied.refused


def _numbers(only: "Sequence[str]", more: "Sequence[int]") -> tuple[int, ...]:
    """Read the numbers of --only. Raises AutoexpError for what is none."""
    if more and not only:
        raise AutoexpError(
            f"it is not said what {more[0]} is for",
            fix=f"`autoexp apply --only {more[0]}` takes these experiments only",
        )
    words = [word for text in only for word in text.replace(",", " ").split()]
    if only and not words:
        raise AutoexpError("--only names no experiment", fix="`autoexp log` shows them; without --only all are taken")
    if wrong := [word for word in words if not word.isdecimal()]:
        raise AutoexpError(f"--only {wrong[0]} is no number of an experiment", fix="`autoexp log` shows them")
    return tuple(sorted({*map(int, words), *more}))


def _lines(done: "Brought") -> "Iterator[tuple[str, str]]":
    """Give what a person reads: what moved, what came with it, what it is worth, what to know, and the way back."""
    plan, branch = done.applied.plan, done.applied.plan.branch
    if not plan.moves:
        holds = _named(plan.there) if plan.there else "all of it"
        yield "nothing", f"to do: {branch.name} holds {holds} already"
    else:
        would = "would apply" if done.dry_run else "applied"
        count = len(plan.puts)
        ways = "in one commit" if plan.squashed else "put on top by three-way merges" if _is_copied(done) else "as kept"
        yield (
            would,
            f"{count} kept change{'s' if count != 1 else ''} to {branch.name}, {ways}: {branch.commit[:12]} to {plan.new[:12]}",
        )
        for one in done.commits:
            flag = " (provisional)" if one["provisional"] else ""
            yield f"  {one['commit'][:9]}", f"experiment {one['n']}: {one['description']}; {one['effect']}{flag}"
        if plan.there:
            yield "there", f"on {branch.name} already: {_named(plan.there)}"
        yield from _files(done)
    yield "gain", f"{gain_line(done.status)}{_biased(done)}"
    yield from confirmation_lines(done.status)
    yield from (("note", text) for text in done.warnings)
    if done.applied.unfinished:
        yield "note", "an `autoexp apply` was killed here: the next one puts its files back first"
    if plan.moves and not done.dry_run:
        yield "undo", done.undo


def _named(numbers: "Sequence[int]") -> str:
    return f"experiment{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _is_copied(done: "Brought") -> bool:
    return any(put.is_copy for put in done.applied.plan.puts)


def _biased(done: "Brought") -> str:
    return "" if done.status["confirmed_gain"] else " (such sums are too high on average)"


def _files(done: "Brought") -> "Iterator[tuple[str, str]]":
    files = done.applied.files
    for one in files[:FILES_NAMED]:
        lines = "no text" if one.added is None else f"+{one.added} -{one.removed}"
        yield "  file", f"{one.path} {lines}"
    if len(files) > FILES_NAMED:
        yield "  file", f"and {len(files) - FILES_NAMED} more"
