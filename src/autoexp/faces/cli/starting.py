"""init: the files of a new campaign."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.faces.cli.printing import say
from autoexp.faces.options import HERE, Repo, Tag

if TYPE_CHECKING:
    from autoexp.api import Started


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command()(init)


def init(
    goal: Annotated[str, typer.Argument(help="What to improve, in a sentence.", show_default=False)] = "",
    measure: Annotated[str, typer.Option(help="Command that measures; prints METRIC name=value lines.")] = "",
    checks: Annotated[str, typer.Option(help="Command that exits with 0 when the result is right.")] = "",
    edit: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Path that may be changed (gitignore syntax); repeat for more."),
    ] = None,
    metric: Annotated[str, typer.Option(help="Name of the primary metric.")] = "",
    direction: Annotated[str, typer.Option(help="lower or higher: which is better.")] = "lower",
    unit: Annotated[str, typer.Option(help="Unit of the metric, for people.")] = "",
    propose: Annotated[str, typer.Option(help="Command that edits the files (the proposer).")] = "",
    agent: Annotated[
        str, typer.Option(help="Let this coding agent propose, such as claude-code or codex.", show_default=False)
    ] = "",
    model: Annotated[
        str, typer.Option(help="Let this language model propose instead; with --agent, its model.", show_default=False)
    ] = "",
    model_url: Annotated[
        str,
        typer.Option(
            help="Address of its server; left out: OpenAI's, or Anthropic's for a claude.", show_default=False
        ),
    ] = "",
    key_env: Annotated[str, typer.Option(help="Variable that holds its key.", show_default=False)] = "",
    protocol: Annotated[
        str, typer.Option("--api", help="openai or anthropic: how it is asked.", show_default=False)
    ] = "",
    harness: Annotated[
        str, typer.Option(help="Write a harness to begin with, too: python, shell or c.", show_default=False)
    ] = "",
    target: Annotated[
        str,
        typer.Option(help="What that harness measures: file.py:function, a command, or a C file.", show_default=False),
    ] = "",
    lab: Annotated[str, typer.Option(help="Write a lab instead: a runnable example with known answers.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; use flags and defaults.")] = False,
    repo: Repo = HERE,
    tag: Tag = None,
) -> None:
    """Write autoexp.yaml and program.md.

    Examples:

      autoexp init "Make the parser faster" --measure "python bench.py" --checks "pytest -q" --edit parser.py --metric parse_ms

      autoexp init "Make the parser faster" --measure "python bench.py" --edit parser.py --model NAME --model-url http://127.0.0.1:8000/v1

      autoexp init "Make the parser faster" --measure "python bench.py" --edit parser.py --agent claude-code --key-env ANTHROPIC_API_KEY

      autoexp init "Sort faster" --harness python --target sorting.py:sort --edit sorting.py

      autoexp init --lab etl --repo my-first-lab
    """
    from autoexp import api

    if lab:
        _tell_started(api.init_lab(repo, lab), f"autoexp run{'' if repo == HERE else f' --repo {repo}'}")
        return
    api.refuse_existing(repo)
    if harness:
        measure = measure or api.measure_of(harness)
        metric, unit = metric or api.HARNESS_METRIC, unit or api.HARNESS_UNIT
    if not yes and sys.stdin.isatty():
        goal = goal or typer.prompt("What should get better?", default="")
        measure = measure or typer.prompt("Which command measures it?")
        metric = metric or typer.prompt(
            "Which metric does it print? (METRIC name=value; or cpu_s, wall_s, peak_rss_mb)", default="cpu_s"
        )
        direction = typer.prompt("Is lower or higher better?", default=direction)
        edit = edit or [typer.prompt("Which path may be changed?")]
        checks = checks or typer.prompt("Which command checks that it is still right? (empty: none)", default="")
        if not model and not agent:
            propose = propose or typer.prompt("Which command proposes changes? (empty: decide later)", default="")
    answers = api.Answers(
        goal=goal,
        measure=measure,
        checks=checks,
        edit=tuple(edit or ()),
        metric=metric or "cpu_s",
        direction=direction,
        unit=unit,
        propose=propose,
        agent=agent,
        model=model,
        model_url=model_url,
        key_env=key_env,
        api=protocol,
        name=tag or "",
        harness=harness,
        target=target,
    )
    _tell_started(api.init(repo, answers), f"autoexp check{'' if repo == HERE else f' --repo {repo}'}")


def _tell_started(started: "Started", following: str) -> None:
    for path in started.written:
        say(f"wrote {path}")
    for notice in started.notices:
        say(f"note: {notice}")
    say(f"next: {following}")
