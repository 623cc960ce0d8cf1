"""confirm: the honest number, and what each kept change adds to it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoexp.faces.cli.printing import gain, one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autoexp.api import Confirmed
    from autoexp.campaign.experiments import Experiment

USER, INTERRUPTED = 2, 130


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command()(confirm)


def confirm(
    pairs: Annotated[int, typer.Option(min=1, help="Fresh pairs of runs: more make the interval narrower.")] = 10,
    ablate: Annotated[bool, typer.Option("--ablate", help="Leave each kept change out: what does it add?")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="The same, take out those that add nothing, and confirm again.")
    ] = False,
    bundle: Annotated[bool, typer.Option("--bundle", help="First try the promising discards together.")] = False,
    worth: Annotated[
        str, typer.Option(metavar="SHARE", help="A kept change that adds less than this may be taken out.")
    ] = "3%",
    rounds: Annotated[
        int | None,
        typer.Option(
            min=3,
            help="Rounds after which it stays unclear what a kept change adds.",
            show_default="twice as many as pairs; with --prune 100",
        ),
    ] = None,
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Measure the gain honestly, with fresh runs.

    The untouched baseline and the best so far are run in random order. Nothing is proposed. Interrupted, it goes on where it was when you run it again.

    Examples:

      autoexp confirm

      autoexp confirm --ablate

      autoexp confirm --prune --worth 1%
    """
    from autoexp import api
    from autoexp.faces.cli.progress import Live, Plain, Quiet, is_terminal

    wish = api.Wish(pairs=pairs, ablate=ablate, prune=prune, bundle=bundle, worth=_share(worth))
    watcher = Quiet() if json else (Live() if is_terminal() else Plain())
    with watcher:
        result = api.confirm(
            api.Place(repo, tag),
            wish=replace(wish, rounds=rounds),
            environ=os.environ,
            observer=watcher,
            allow_unsandboxed=allow_unsandboxed,
        )
    found = api.status_of(result.state)
    if json:
        print_json({**found, "pruned": _data(result.pruned), "bundled": _data(result.bundled), "held": result.held})
    else:
        if bundle and result.bundled is None:
            say(f"{'bundle':<12} there are no two promising discards that fit together")
        _tell(result, found)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    if result.ended is not None and result.ended.gain is None:
        raise typer.Exit(USER)


def _share(text: str) -> float:
    """Read a share of the baseline. Raises AutoexpError for one that is none."""
    from autoexp.errors import AutoexpError
    from autoexp.spec.quantities import parse_fraction

    try:
        found = parse_fraction(text)
    except ValueError as error:
        raise AutoexpError(
            f"--worth {text}: {error}", fix="give a share of the baseline, for example --worth 3%"
        ) from None
    if not 0 < found < 1:
        raise AutoexpError(f"--worth {text} is not between 0 and 100 %", fix="for example --worth 3%")
    return found


def _data(made: "Experiment | None") -> dict[str, Any] | None:
    return {"n": made.n, "status": made.status, "members": list(made.directive.members)} if made is not None else None


def _tell(result: "Confirmed", found: dict[str, Any]) -> None:
    _tell_made(result)
    if result.ended is None:
        say(f"ended: {one_line(result.stopped)}; nothing is lost: `autoexp confirm` goes on from here")
        return
    if result.ended.gain is None:
        said = result.ended.detail.replace("\n", "\n    ")  # what a program printed must not look like a line of ours
        say(
            f"not confirmed: {said}\n  fix: mend what changed since it was kept, then confirm again",
            err=True,
        )
        return
    say(f"{'gain':<12} {gain_line(found)}")
    for name, text in (*confirmation_lines(found), *ablation_lines(found)):
        say(f"{name:<12} {one_line(text)}")


def _tell_made(result: "Confirmed") -> None:
    """Say what came of the bundle and of the prune."""
    if (made := result.bundled) is not None:
        say(f"{'bundle':<12} {_numbers(made.directive.members)} together: {made.status}, as experiment {made.n}")
    if (made := result.pruned) is not None:
        became = "taken out" if made.kept else f"left in, for without them it is {made.status}"
        say(f"{'prune':<12} {_numbers(made.directive.members)}: {became} (experiment {made.n})")
    for one in result.out:
        say(f"{'taken out':<12} {one.n}, {adds(one.model_dump())}")
    if result.held:
        say(f"{'prune':<12} {_numbers(result.held)} stay: others are built on them")


def _numbers(numbers: "Sequence[int]") -> str:
    return f"experiment{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def gain_line(found: dict[str, Any]) -> str:
    """Say what was gained: the confirmed number first, and what the loop's own runs say as the biased one that it is."""
    in_loop, confirmed, last = gain(found["in_loop_gain"]), found["confirmed_gain"], found["confirmation"]
    if confirmed is None:
        return f"{in_loop} in-loop, not confirmed: `autoexp confirm`" if found["kept"] else "-, nothing was kept"
    exact = confirmed["low"] == confirmed["high"]
    spread = "" if exact else f" ({gain(confirmed['low'])} to {gain(confirmed['high'])})"
    pairs = last["pairs"]
    on = "fresh pair" if pairs == 1 else "fresh pairs"
    where = " of the holdout" if last["source"] == "holdout" else ""
    aside = ": what is left of the loop's own sum after the prune" if found["in_loop_after_prune"] else ""
    return f"{gain(confirmed['gain'])}{spread} confirmed on {pairs} {on}{where}; {in_loop} in-loop (biased{aside})"


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


def ablation_lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give a line for each kept change that was left out: what it adds, and whether the runs support it."""
    last = found["confirmation"]
    for one in last["ablations"] if last is not None else ():
        yield f"keep {one['n']}", f"{adds(one)}: {one['description'] or 'no description'}"


def adds(one: dict[str, Any]) -> str:
    """Say what a keep adds by fresh runs, with which others, and whether they support it."""
    more = f" with {', '.join(map(str, one['together']))}" if one["together"] else ""
    places = f" ({'; '.join(one['hunks'])})" if one["hunks"] else ""
    known = one["interval"]
    if known is None:
        why = f", {one['detail']}" if one["detail"] else ""
        return f"{one['support']}{more}{why}{places}"
    spread = "" if known["low"] == known["high"] else f" ({gain(known['low'])} to {gain(known['high'])})"
    return f"{gain(known['gain'])}{spread}{more}, {one['support']}{places}"
