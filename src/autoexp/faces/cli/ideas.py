"""hint, idea and ideas: what persons say to proposers, and the backlog. Also how ideas and their kinds look in status and show."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from autoexp.faces.cli.printing import gain, one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag

MOST_KINDS = 8


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    for command in (hint, idea, ideas):
        app.command()(command)


def hint(
    text: Annotated[str, typer.Argument(help="What every proposer is to know from now on.", show_default=False)] = "",
    clear: Annotated[bool, typer.Option("--clear", help="Take all hints back.")] = False,
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Give proposers a hint.

    It stays in every brief until hints are cleared.

    Examples:

      autoexp hint "the hot loop is in tokens.c"

      autoexp hint --clear
    """
    from autoexp import api

    place = api.Place(repo, tag)
    if clear and not text:
        running = api.clear_hints(place)
        say("cleared; the engine does it after the current experiment" if running else _later("cleared"))
    elif clear:
        raise typer.BadParameter("give a text or --clear, not both")
    else:
        running = api.hint(place, text)
        say("noted; proposers read it after the current experiment" if running else _later("noted"))


def idea(
    text: Annotated[str, typer.Argument(help="What might be worth a try.", show_default=False)] = "",
    why: Annotated[str, typer.Option(help="Why it waits.", show_default=False)] = "",
    blocked_by: Annotated[
        str, typer.Option(help="What is in its way: a guard's name, checks, scope, or words.", show_default=False)
    ] = "",
    drop: Annotated[str, typer.Option(metavar="ID", help="Give up an open idea instead.", show_default=False)] = "",
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Park an idea for proposers, or give one up.

    One that was tried or dropped is open again.

    Examples:

      autoexp idea "precompute the table" --why "needs the new header first"

      autoexp idea --drop i3
    """
    from autoexp import api

    place = api.Place(repo, tag)
    if drop and (text or blocked_by):
        raise typer.BadParameter("give a text or --drop ID, not both")
    if drop:
        running = api.drop_idea(place, drop, why=why)
        say("dropped; the engine does it after the current experiment" if running else _later("dropped"))
    else:
        running = api.idea(place, text, why=why, blocked_by=blocked_by)
        say("parked; proposers read it after the current experiment" if running else _later("parked"))


def _later(done: str) -> str:
    return f"{done}; nothing is running now, and the next `autoexp run` reads it"


def ideas(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were tried or dropped.")] = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """List the ideas that wait, and the hints.

    Of each idea why it waits and what blocks it; then what no engine has read yet.

    Examples:

      autoexp ideas

      autoexp ideas --all --json
    """
    from autoexp import api

    found = api.ideas(api.Place(repo, tag))
    if json:
        print_json(found)
        return
    shown = [one for one in found["ideas"] if everything or one["state"] == "open"]
    for one in shown:
        say(f"{one['id']:<5} {one_line(one['text'])}")
        for line in _about(one):
            say(f"      {one_line(line)}")
    left_out = len(found["ideas"]) - len(shown)
    if left_out:
        say(f"{left_out} more were tried or dropped: --all shows them")
    for text in found["hints"]:
        say(f"hint  {one_line(text)}")
    for request in found["waiting"]:
        say(f"not read yet: {request['request'].replace('_', ' ')} {one_line(request['text'])}".rstrip())
    if not (found["ideas"] or found["hints"] or found["waiting"]):
        say("no idea waits; `autoexp idea TEXT` parks one")


def _about(one: dict[str, Any]) -> list[str]:
    """Say what is known of an idea, a line each."""
    free = ", which the contract lets pass now" if one["unblocked"] else ""
    by = f"experiment {one['n']}" if one["n"] else "a person"
    tried = f", tried by experiment {one['tried_by']}" if one["tried_by"] is not None else ""
    return [
        *([f"why: {one['why']}"] if one["why"] else []),
        *([f"blocked by {one['blocked_by']}{free}"] if one["blocked_by"] else []),
        f"parked by {by}{tried}{'' if one['state'] == 'open' else ', ' + one['state']}",
    ]


def status_lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the lines of a status about ideas, hints and kinds of ideas; none where there are none."""
    ideas, hints = found["ideas"], found["hints"]
    free = f" ({ideas['unblocked']} of them free again)" if ideas["unblocked"] else ""
    return [
        *(
            [("ideas", f"{ideas['open']} open{free}, {ideas['tried']} tried; `autoexp ideas`")]
            if any(ideas.values())
            else []
        ),
        *([("hints", f"{len(hints)}; `autoexp ideas` lists them")] if hints else []),
        *_kinds(found["kinds"]),
    ]


def _kinds(kinds: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give a line a kind, the one that gained most first; nothing where no proposer names kinds."""
    if not any(kind["kind"] != "other" for kind in kinds):
        return []
    lines = [("by kind", _kind(kind)) for kind in kinds[:MOST_KINDS]]
    more = len(kinds) - MOST_KINDS
    return [*lines, *([("by kind", f"and {more} more: status --json has all")] if more > 0 else [])]


def _kind(kind: dict[str, Any]) -> str:
    facts = [
        f"{gain(kind['gain'])} in-loop, {kind['kept']} of {kind['experiments']} kept",
        *([f"{kind['crashes']} crashed"] if kind["crashes"] else []),
        "cost unknown" if kind["cost_usd"] is None else f"${kind['cost_usd']:.2f}",
        *([f"{kind['tokens']:,} tokens"] if kind["tokens"] is not None else []),
    ]
    return f"{kind['kind']}: {', '.join(facts)}"


def show_lines(found: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Give the lines of an experiment about its notes, the ideas that it parked, and those that it tried."""
    for key, value in found["asi"].items():
        if key != "hypothesis" or value != found["hypothesis"]:
            yield "asi", f"{key}: {value}"
    for name in ("parked", "tried"):
        for one in found[f"ideas_{name}"]:
            yield (
                name,
                f"{one['id']} {one['text']}" + (f" (blocked by {one['blocked_by']})" if one["blocked_by"] else ""),
            )
