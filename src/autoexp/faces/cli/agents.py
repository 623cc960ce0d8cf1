"""agents: which coding agents are here, what each lacks, and a dry run without a key."""

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoexp.errors import AutoexpError
from autoexp.faces.cli.printing import one_line, print_json, say, seconds
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from autoexp.api import DryRun, Surveyed

UNUSABLE = 2
_ALLOW = {
    "commands": "held to single commands",
    "edits": "edits only, runs no commands",
    "shell": "its shell, where it has one, is held by the sandbox alone",
}


def register(app: typer.Typer) -> None:
    """Add the command of this story."""
    app.command()(agents)


def agents(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Agents; left out: all.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Let each make one change, asked by a fake model: no key, no network.")
    ] = False,
    timeout: Annotated[str, typer.Option(help="How long an agent may work in a dry run.")] = "2m",
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Tell which coding agents work here, and what is missing.

    Whether each is installed and starts in the sandbox, and its login.

    Exit code 2 when one that is named is not usable.

    Examples:

      autoexp agents

      autoexp agents codex --json

      autoexp agents claude-code --dry-run --timeout 5m
    """
    del repo, tag  # taken by every command; an agent is the same for all campaigns
    from autoexp import api

    timeout_s = _seconds(timeout)
    show = _Screen(silent=json)
    found = []
    for one in api.agents(names or (), environ=os.environ, tell=show.step):
        found.append(one)
        show.lines(_lines(one))
    tried = []
    for one in found if dry_run else ():
        if one.usable:
            run = api.dry_run(
                one.name,
                environ=os.environ,
                tell=show.step,
                timeout_s=timeout_s,
                allow_unsandboxed=allow_unsandboxed,
            )
            tried.append(run)
            show.lines(_tried(run))
    if json:
        print_json(_data(found, tried))
    if not all(one.works for one in tried) or (names and any(one.fix for one in found)):
        raise typer.Exit(UNUSABLE)


class _Screen:
    """What a person sees while it works; nothing where data is asked for."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent

    def step(self, text: str) -> None:
        if not self._silent:
            say(f"  {one_line(text)}", err=True)

    def lines(self, lines: Iterable[str]) -> None:
        for line in () if self._silent else lines:
            say(line)


def _seconds(timeout: str) -> float:
    from autoexp.spec.quantities import parse_seconds

    try:
        return parse_seconds(timeout)
    except ValueError as error:
        raise AutoexpError(str(error), where="--timeout", fix="write it as 90s or 2m") from None


def _data(found: "list[Surveyed]", tried: "list[DryRun]") -> list[dict[str, Any]]:
    runs = {one.name: one.as_json() for one in tried}
    return [{**one.as_json(), **({"dry_run": runs[one.name]} if one.name in runs else {})} for one in found]


def _lines(one: "Surveyed") -> Iterator[str]:
    if not one.program:
        yield f"{'missing' if one.fix else 'unknown':<8} {one.name:<15} {one_line(one.why)}"
    elif one.usable:
        yield f"{'ok':<8} {one.name:<15} version {one.version}, starts in {_where(one)}: {one.program}"
    else:
        yield f"{'problem':<8} {one.name:<15} {one_line(one.why)} (in {_where(one)}: {one.program})"
    if one.fix:
        yield f"{'':<24} do: {one.fix}"
    if one.program:
        resumes = "resumes its session for a repair" if one.resumes else "begins anew for a repair"
        yield f"{'':<24} login: {one_line(one.login.words)}"
        yield f"{'':<24} {_ALLOW.get(one.allow, one.allow)}; {resumes}; counts {one.counts}"


def _where(one: "Surveyed") -> str:
    return "no sandbox" if one.level == "none" else one.level


def _tried(one: "DryRun") -> Iterator[str]:
    if one.works:
        tokens = f"{one.told:,} of {one.counted:,} tokens counted"
        yield f"{one.name}: works (kept, {one.requests} requests, {tokens}, {seconds(one.wall_s)}, in {one.sandbox})"
        return
    ended = one.status or "no experiment"
    yield f"{one.name}: failed after {seconds(one.wall_s)} and {one.requests} requests ({ended}): {one.words.strip()}"
    if one.fix:
        yield f"  fix: {one.fix}"
    if one.transcript:
        yield f"  what it said: {one.transcript}"
