"""run, stop, and the reviews of would-be keeps: accept and reject."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.faces.cli.detached import run_detached
from autoexp.faces.cli.printing import gain, number, one_line, print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from autoexp.api import Result
    from autoexp.campaign.state import CampaignState
    from autoexp.campaign.stopping import Stop

Number = Annotated[int, typer.Argument(help="Number of the experiment.")]
Why = Annotated[str, typer.Option(help="Your reason, for the record.")]

_RESUME = """The same as run.

Examples:

  autoexp resume

  autoexp resume --detach
"""
STOPPED_BY_RULE, PAUSED, INTERRUPTED = 3, 4, 130
DONE_REASONS = {"exhausted", "user"}


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command()(run)
    app.command(name="resume", help=_RESUME)(run)
    for command in (stop, accept, reject):
        app.command()(command)


def run(
    experiments: Annotated[
        int | None, typer.Option(min=1, help="Decide N more experiments in this call, then end.", show_default=False)
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Go on in the background: this command returns once the session works.")
    ] = False,
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Start or resume a campaign.

    Ctrl-C finishes the record, not the experiment; run again to go on.

    Exit codes: 0 done, 2 you can mend it, 3 a budget or stop rule ended it, 4 paused (the machine, the provider), 130 interrupted.

    Examples:

      autoexp run

      autoexp run --experiments 3

      autoexp run --detach --tag second-try
    """
    from autoexp import api
    from autoexp.faces.cli.opening import Opening
    from autoexp.faces.cli.progress import Live, Plain, Quiet, is_terminal

    if detach:
        run_detached(repo, tag, experiments=experiments, allow_unsandboxed=allow_unsandboxed, json=json)
        return
    watcher = Quiet() if json else (Live() if is_terminal() else Plain())
    with watcher:
        result = api.run(
            api.Place(repo, tag),
            environ=os.environ,
            experiments=experiments,
            observer=api.announcing(watcher if json else Opening(watcher)),
            allow_unsandboxed=allow_unsandboxed,
        )
    stopped = result.stop
    if json:
        print_json(api.status_of(result.state))
    else:
        _summarise(result)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    if stopped is not None and stopped.reason == "error":
        raise typer.Exit(PAUSED)
    if stopped is not None and stopped.reason not in DONE_REASONS:
        raise typer.Exit(STOPPED_BY_RULE)


def _summarise(result: "Result") -> None:
    from autoexp import api

    state, stopped = result.state, result.stop
    unit = api.status_of(state)["unit"]
    best = state.incumbent.measurement.means().get(api.primary_of(state))
    waiting = f" ({len(state.provisional)} provisional)" if state.provisional else ""
    say(
        f"{_counted(result)} {state.counts.kept} kept{waiting}, best so far {number(best, unit)} "
        f"({gain(state.gain)} in-loop){_cost(state)}; ended: {_ended(stopped)}"
    )
    if waiting := ", ".join(map(str, api.status_of(state)["needs_review"])):
        say(
            f"for you to review: {waiting}; `autoexp show N` tells why, `autoexp accept N --why ...` or `reject` answers"
        )
    if result.interrupted:
        say("nothing is lost: `autoexp run` goes on from here")
    elif stopped is not None and stopped.reason == "error":
        _say_mend(state, stopped.fix)
    elif stopped is not None and stopped.reason not in DONE_REASONS:
        say("to go on, change or remove that limit below `budget` in autoexp.yaml, then `autoexp run`")


def _counted(result: "Result") -> str:
    """Count the experiments: those of this call as well, where earlier calls made some."""
    total = result.state.counts.decided
    here = total - result.before
    many = f"{here if result.before else total} experiment{'' if (here if result.before else total) == 1 else 's'}"
    return f"{many} in this call, {total} in all;" if result.before else f"{many},"


def _ended(stopped: "Stop | None") -> str:
    """Say why it ended; of what a proposer says for having nothing left, also that it is that."""
    if stopped is None:
        return "the number asked for is reached"
    if stopped.reason == "error" and stopped.fix:
        return "paused"  # why and what to do follows
    detail = one_line(stopped.detail)
    known = "nothing left" in detail or stopped.reason != "exhausted"
    return detail if known else f"nothing left to try: {detail}"


def _cost(state: "CampaignState") -> str:
    """Say what it cost, once somebody told anything of it or a model was asked."""
    from autoexp.faces.cli.spending import cost_of_state

    return f", cost {cost_of_state(state)}" if state.cost_usd is not None or state.counts.requests else ""


def _say_mend(state: "CampaignState", fix: str) -> None:
    """Say what made the campaign pause, and how it goes on."""
    if fix:
        say(f"paused: {state.stop_detail}\n  fix: {fix.rstrip('.')}; then `autoexp run` goes on from here", err=True)
        return
    last = next((e for e in reversed(state.experiments) if e.detail), None)
    more = f" (`autoexp show {last.n}` tells the rest)" if last else ""
    why = last.detail.strip() if last else ""
    say(f"the last one: {why}{more}\n  fix: mend it, then `autoexp run` goes on from here", err=True)


def stop(repo: Repo = HERE, tag: Tag = None) -> None:
    """Ask a running campaign to stop after the current experiment.

    Examples:

      autoexp stop

      autoexp stop --tag second-try
    """
    from autoexp import api

    if api.request(api.Place(repo, tag), "stop"):
        say("asked; it stops after the current experiment")
    else:
        say("nothing is running")


def accept(n: Number, why: Why, repo: Repo = HERE, tag: Tag = None) -> None:
    """Accept a would-be keep that waits for a person.

    It is measured again on top of the best so far, and judged as usual.

    Examples:

      autoexp accept 12 --why "the cache is cleared between calls"
    """
    from autoexp import api

    if api.review(api.Place(repo, tag), n, "accept", why):
        say(f"accepted; experiment {n} is measured again after the current experiment")
    else:
        say(f"accepted; the next `autoexp run` measures experiment {n} again")


def reject(n: Number, why: Why, repo: Repo = HERE, tag: Tag = None) -> None:
    """Reject a would-be keep that waits for a person.

    It stays what it is, and waits no more.

    Examples:

      autoexp reject 12 --why "it answers from a table"
    """
    from autoexp import api

    if api.review(api.Place(repo, tag), n, "reject", why):
        say("rejected; it is noted after the current experiment")
    else:
        say("rejected; the next `autoexp run` notes it")
