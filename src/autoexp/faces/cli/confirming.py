"""confirm: the honest number, and what each kept change adds to it."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoexp.faces.cli.printing import gain, one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from autoexp.api import Confirmed

USER, INTERRUPTED = 2, 130


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command()(confirm)


def confirm(
    pairs: Annotated[int, typer.Option(min=1, help="Fresh pairs of runs: more make the interval narrower.")] = 10,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Leave each kept change out once: what does it add?")
    ] = False,
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Measure the gain honestly: fresh runs of the untouched baseline and the best so far, in random order.

    Nothing is proposed. Interrupted, it goes on where it was when you run it again.

    Examples:

      autoexp confirm

      autoexp confirm --ablate
    """
    from autoexp import api
    from autoexp.faces.cli.progress import Live, Plain, Quiet, is_terminal

    watcher = Quiet() if json else (Live() if is_terminal() else Plain())
    with watcher:
        result = api.confirm(
            api.Place(repo, tag),
            wish=api.Wish(pairs=pairs, ablate=ablate),
            environ=os.environ,
            observer=watcher,
            allow_unsandboxed=allow_unsandboxed,
        )
    found = api.status_of(result.state)
    if json:
        print_json(found)
    else:
        _tell(result, found)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    if result.ended is not None and result.ended.gain is None:
        raise typer.Exit(USER)


def _tell(result: "Confirmed", found: dict[str, Any]) -> None:
    if result.ended is None:
        say(f"ended: {one_line(result.stopped)}; nothing is lost: `autoexp confirm` goes on from here")
        return
    if result.ended.gain is None:
        say(
            f"not confirmed: {result.ended.detail}\n  fix: mend what changed since it was kept, then confirm again",
            err=True,
        )
        return
    say(f"{'gain':<12} {gain_line(found)}")
    for name, text in confirmation_lines(found):
        say(f"{name:<12} {one_line(text)}")


def gain_line(found: dict[str, Any]) -> str:
    """Say what was gained: the confirmed number first, and what the loop's own runs say as the biased one that it is."""
    in_loop, confirmed, last = gain(found["in_loop_gain"]), found["confirmed_gain"], found["confirmation"]
    if confirmed is None:
        return f"{in_loop} in-loop, not confirmed: `autoexp confirm`" if found["kept"] else "-, nothing was kept"
    spread = f"{gain(confirmed['low'])} to {gain(confirmed['high'])}"
    pairs = last["pairs"]
    on = "fresh pair" if pairs == 1 else "fresh pairs"
    where = " of the holdout" if last["source"] == "holdout" else ""
    return f"{gain(confirmed['gain'])} ({spread}) confirmed on {pairs} {on}{where}; {in_loop} in-loop (biased)"


def confirmation_lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what else a status says of confirmations: one that is out of date, and one that waits to be finished."""
    last, opened = found["confirmation"], found["confirming"]
    if last is not None and last["stale"] and last["gain"] is not None:
        yield (
            "confirmed",
            f"{gain(last['gain']['gain'])} at {last['commit'][:12]}, which is not the best so far any more",
        )
    if last is not None and not last["stale"] and last["gain"] is None:
        yield "confirmed", f"not: {last['detail']}"
    if opened is not None:
        yield "confirming", f"{opened['pairs']} of {opened['of']} pairs are on record; `autoexp confirm` goes on"
