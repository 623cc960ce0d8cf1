"""run and stop."""

import os
from typing import Annotated

import typer

from autoexp.faces.cli.printing import gain, number, print_json
from autoexp.faces.options import HERE, Json, Repo, Tag

STOPPED_BY_RULE, PAUSED, INTERRUPTED = 3, 4, 130
DONE_REASONS = {"exhausted", "user"}


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command()(run)
    app.command(name="resume", help="The same as run.")(run)
    app.command()(stop)


def run(
    experiments: Annotated[
        int | None, typer.Option(min=1, help="Decide N more experiments in this call, then end.", show_default=False)
    ] = None,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Start or resume a campaign. Ctrl-C finishes the record, not the experiment; run again to go on."""
    from autoexp import api
    from autoexp.faces.cli.progress import Live, Plain, Quiet, is_terminal

    watcher = Quiet() if json else (Live() if is_terminal() else Plain())
    with watcher:
        result = api.run(api.Place(repo, tag), environ=os.environ, experiments=experiments, observer=watcher)
    state, stopped = result.state, result.stop
    if json:
        print_json(api.status_of(state))
    else:
        unit = state.segment.spec["metrics"][api.primary_of(state)].get("unit", "") if state.segment else ""
        best = state.incumbent.measurement.means().get(api.primary_of(state))
        typer.echo(
            f"{state.counts.decided} experiments, {state.counts.kept} kept, best so far {number(best, unit)} "
            f"({gain(state.gain)} in-loop); ended: {stopped.detail if stopped else 'the number asked for is reached'}"
        )
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    if stopped is not None and stopped.reason == "error":
        raise typer.Exit(PAUSED)
    if stopped is not None and stopped.reason not in DONE_REASONS:
        raise typer.Exit(STOPPED_BY_RULE)


def stop(repo: Repo = HERE, tag: Tag = None) -> None:
    """Ask a running campaign to stop after the current experiment."""
    from autoexp import api

    if api.request(api.Place(repo, tag), "stop"):
        typer.echo("asked; it stops after the current experiment")
    else:
        typer.echo("nothing is running")
