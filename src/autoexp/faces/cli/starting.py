"""init: the files of a new campaign."""

import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoexp.errors import AutoexpError
from autoexp.faces.cli.printing import print_json, say
from autoexp.faces.options import HERE, Json, Repo, Tag, Unsandboxed

if TYPE_CHECKING:
    from autoexp.api import Answers, Seen, Started


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    app.command()(init)


def init(
    goal: Annotated[str, typer.Argument(help="What to improve, in a sentence.", show_default=False)] = "",
    measure: Annotated[
        str, typer.Option(help="Command that measures; prints METRIC name=value lines, one number, or JSON.")
    ] = "",
    checks: Annotated[
        str, typer.Option(help="Command that exits with 0 when the result is right; `none` for none.")
    ] = "",
    holdout: Annotated[str, typer.Option(help="Command that measures on inputs that nobody sees; see --hidden.")] = "",
    edit: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Path that may be changed (gitignore syntax); repeat for more."),
    ] = None,
    hidden: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Path that only the holdout sees; repeat for more.", show_default=False),
    ] = None,
    metric: Annotated[str, typer.Option(help="Name of the primary metric (default: what the command prints).")] = "",
    direction: Annotated[str, typer.Option(help="lower or higher: which is better (default: found out).")] = "",
    unit: Annotated[str, typer.Option(help="Unit of the metric, such as ms.")] = "",
    guard: Annotated[
        list[str] | None,
        typer.Option(metavar="LIMIT", help='What must stay, such as "memory_mb<=512"; repeat.', show_default=False),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(help="Let all printed metrics decide: geomean, pareto or lexicographic.", show_default=False),
    ] = "",
    propose: Annotated[
        str, typer.Option(help="Command that edits the files (the proposer), or a file of edits such as edits.yaml.")
    ] = "",
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
    experiments: Annotated[
        int | None, typer.Option(min=1, help="End after so many experiments (default: 50).", show_default=False)
    ] = None,
    cost: Annotated[float | None, typer.Option(help="End after so many dollars.", show_default=False)] = None,
    tokens: Annotated[str, typer.Option(help="End after so many tokens, such as 5M.", show_default=False)] = "",
    wall_clock: Annotated[str, typer.Option(help="End after so long, such as 8h.", show_default=False)] = "",
    timeout: Annotated[str, typer.Option(help="Longest that one run may take, such as 10m.", show_default=False)] = "",
    harness: Annotated[
        str, typer.Option(help="Write a harness to begin with, too: python, shell or c.", show_default=False)
    ] = "",
    target: Annotated[
        str,
        typer.Option(help="What that harness measures: file.py:function, a command, or a C file.", show_default=False),
    ] = "",
    lab: Annotated[str, typer.Option(help="Write a lab instead: a runnable example with known answers.")] = "",
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="PATH",
            help="Take over the contract of another folder or campaign, or a session of pi-autoresearch.",
            show_default=False,
        ),
    ] = None,
    try_it: Annotated[
        bool, typer.Option("--try/--no-try", help="Run the measure command once, to see what it prints.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an autoexp.yaml that is there, and what init wrote beside it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; use flags and what the repository shows.")] = False,
    allow_unsandboxed: Unsandboxed = False,
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Write autoexp.yaml and program.md. What no flag says is read off the repository, and asked for on a terminal.

    Examples:

      autoexp init

      autoexp init --yes

      autoexp init "Optimize the benchmark suite" --measure scripts/bench.sh --unit us --checks scripts/test.sh --yes

      autoexp init "Make the parser faster" --measure "python bench.py" --checks "pytest -q" --edit parser.py --metric parse_ms

      autoexp init "Make all three faster" --measure "python bench.py" --edit parser.py --objective geomean

      autoexp init "Raise the hit rate" --metric hit_rate --guard "memory_mb<=512" --experiments 80 --cost 10

      autoexp init "Make the parser faster" --measure "python bench.py" --edit parser.py --model NAME --model-url http://127.0.0.1:8000/v1

      autoexp init "Make the parser faster" --measure "python bench.py" --edit parser.py --agent claude-code --key-env ANTHROPIC_API_KEY

      autoexp init "Sort faster" --harness python --target sorting.py:sort --edit sorting.py

      autoexp init --from ../other-project --tag second

      autoexp init --lab etl --repo my-first-lab
    """
    from autoexp import api

    if force and (lab or source):
        raise AutoexpError("--force goes with flags, and not with --lab or --from", fix="move autoexp.yaml away first")
    if lab:
        _tell_started(api.init_lab(repo, lab), _following("run", repo), json=json)
        return
    api.refuse_existing(repo, force=force)
    if harness:
        measure = measure or api.measure_of(harness)
        metric, unit = metric or api.HARNESS_METRIC, unit or api.HARNESS_UNIT
    answers = api.Answers(
        goal=goal,
        measure=measure,
        checks=checks,
        holdout=holdout,
        edit=tuple(edit or ()),
        hidden=tuple(hidden or ()),
        metric=metric,
        direction=direction,
        unit=unit,
        guards=tuple(guard or ()),
        objective=objective,
        propose=propose,
        agent=agent,
        model=model,
        model_url=model_url,
        key_env=key_env,
        api=protocol,
        name=tag or "",
        harness=harness,
        target=target,
        experiments=experiments,
        cost_usd=cost,
        tokens=tokens,
        wall_clock=wall_clock,
        timeout=timeout,
    )
    if source is not None:
        taken = api.take_over(repo, source, answers)
        if not isinstance(taken, api.Answers):
            _tell_started(taken, _following("check", repo), json=json)
            return
        answers = taken
    if not yes and not json and sys.stdin.isatty() and sys.stdout.isatty():
        from autoexp.faces.cli.wizard import ask

        seen = ask(repo, answers, try_it=try_it, allow_unsandboxed=allow_unsandboxed)
    else:
        seen = _found(repo, answers, try_it=try_it, allow_unsandboxed=allow_unsandboxed, quiet=json)
    _tell_started(api.init(repo, seen.draft.answers, force=force), _following("check", repo), seen=seen, json=json)


def _found(repo: Path, answers: "Answers", *, try_it: bool, allow_unsandboxed: bool, quiet: bool) -> "Seen":
    """Fill the answers up without a question, and try the command."""
    from autoexp import api

    drafted = api.draft(repo, answers, environ=os.environ)
    api.refuse_incomplete(drafted)
    if not try_it:
        return api.untried(drafted)
    return api.tried(
        drafted,
        environ=os.environ,
        tell=lambda text: None if quiet else say(f"  {text}", err=True),
        allow_unsandboxed=allow_unsandboxed,
    )


def _following(command: str, repo: Path) -> str:
    return f"autoexp {command}" + ("" if repo == HERE else f" --repo {shlex.quote(str(repo))}")


def _tell_started(started: "Started", following: str, *, seen: "Seen | None" = None, json: bool = False) -> None:
    from autoexp import api

    doubts = api.doubts_on(seen) if seen else ()
    if json:
        print_json(
            {
                "written": [str(path) for path in started.written],
                "answers": asdict(seen.draft.answers) if seen else None,
                "inferred": list(seen.draft.told) if seen else [],
                "run": {"outcome": seen.run.outcome.value, "wall_s": seen.run.wall_s} if seen and seen.run else None,
                "notes": [*(seen.draft.notes if seen else ()), *started.notices],
                "doubts": list(doubts),
                "next": following,
            }
        )
        return
    for path in started.written:
        say(f"wrote {path}")
    for line in seen.draft.told if seen else ():
        say(f"inferred {line}")
    for notice in (*(seen.draft.notes if seen else ()), *started.notices):
        say(f"note: {notice}")
    for doubt in doubts:
        say(f"warning: {doubt}")
    if seen and seen.draft.told:
        say("look at what was inferred in autoexp.yaml: above all which files may change, and which number decides")
    say(f"next: {following}")
