"""status, log, show, diff and brief: looking at a campaign. All of it is read from the journal."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from autoexp.faces.cli.holdouts import holdout_lines
from autoexp.faces.cli.ideas import show_lines, status_lines
from autoexp.faces.cli.printing import (
    cut,
    gain,
    number,
    one_line,
    print_json,
    say,
    seconds,
    style_of,
    write_data,
)
from autoexp.faces.cli.proposers import proposer_lines
from autoexp.faces.options import HERE, Json, Repo, Tag

LONGEST_ENDING = 300
SHOWN_FLAGS = ("provisional", "taken_out", "needs_review", "suspicious", "overfit", "secret")


def register(app: typer.Typer) -> None:
    """Add the commands of this story."""
    for command in (status, log, show, diff, brief):
        app.command()(command)


def status(repo: Repo = HERE, tag: Tag = None, json: Json = False) -> None:
    """Tell where the campaign stands.

    Examples:

      autoexp status

      autoexp status --json
    """
    from autoexp import api
    from autoexp.faces.cli.confirming import confirmation_lines, gain_line
    from autoexp.faces.cli.spending import spending_lines

    found = api.status(api.Place(repo, tag))
    if json:
        print_json(found)
        return
    unit, primary = found["unit"], found["primary"]
    why = f" ({found['stop_reason']}: {found['stop_detail']})" if found["stop_reason"] else ""
    rows = [
        ("campaign", f"{found['tag']}, {found['state']}{why}"),
        *([("mend", found["stop_fix"])] if found["state"] == "paused" and found["stop_fix"] else []),
        ("experiments", f"{found['experiments']}, {found['kept']} kept{_doubt(found)}"),
        *_checkpoint(found),
        *_reviews(found),
        ("statuses", ", ".join(f"{name} {count}" for name, count in found["statuses"].items()) or "-"),
        ("baseline", f"{primary} {number(found['baseline'].get(primary), unit)}"),
        (
            "best so far",
            f"{primary} {number(found['incumbent']['metrics'].get(primary), unit)} at {found['incumbent']['commit'][:12]}",
        ),
        ("gain", gain_line(found)),
        *confirmation_lines(found),
        ("going on", _going_on(found)),
        *status_lines(found),
        *proposer_lines(found["proposers"]),
        ("noise", _noise(found)),
        ("samples", str(found["samples_used"])),
        ("time", seconds(found["active_s"])),
        *spending_lines(found),
        ("sandbox", ", ".join(f"{side} {level}" for side, level in found["sandbox"].items()) or "-"),
    ]
    for name, text in rows:
        say(f"{name:<12} {one_line(text)}")


def _doubt(found: dict[str, Any]) -> str:
    """Say how many of the gains that were shown so far may be false, also of those that a prune took out since."""
    expected, shown = found["expected_false_keeps"], found["shown_gains"]
    if not (expected and shown):
        return ""
    return f"; of {shown} shown gain{'s' if shown > 1 else ''} at most {expected:.2g} expected to be false (docs/keeping.md)"


def _noise(found: dict[str, Any]) -> str:
    """Say how much the runs of one tree differ, and of which runs that is known."""
    if found["deterministic"]:
        return "repeats exactly"
    if not found["noise"]:
        return "-"
    return f"{number(100 * found['noise'], '% of the value')}, by the baseline's runs of this segment"


def _checkpoint(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what waits for a test and what tests have made of keeps; nothing where no keep is provisional."""
    made, waiting, out = found["checkpoint_tests"], found["provisional"], found["taken_out"]
    if not (waiting or any(made.values())):
        return []
    at = f"experiment {found['checkpoint']['n']}" if found["checkpoint"]["n"] else "the baseline"
    return [
        ("checkpoint", f"{at}; tests: {made['confirmed']} confirmed, {made['not_confirmed']} not"),
        *(
            (name, ", ".join(map(str, numbers)))
            for name, numbers in (("provisional", waiting), ("taken out", out))
            if numbers
        ),
    ]


def _reviews(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what waits for a person, what an accepted one waits for, and how often the holdout was looked at."""
    keys = ("needs_review", "accepted", "interrupted")
    waiting, accepted, interrupted = (", ".join(map(str, found[key])) for key in keys)
    return [
        *(
            [("for review", f"{waiting}; answer with `autoexp accept N --why ...` or `autoexp reject`")]
            if waiting
            else []
        ),
        *([("accepted", f"{accepted}; measured again by the next `autoexp run`")] if accepted else []),
        *([("interrupted", f"{interrupted}; measured again by the next `autoexp run`")] if interrupted else []),
        *_left_open(found),
        *holdout_lines(found),
    ]


def _left_open(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what a process that died has left: an experiment without a verdict, a last line that is cut."""
    opened, torn = None if found["state"] == "running" else found["open"], found.get("torn")
    return [
        *([("left open", f"{opened}; the next `autoexp run` takes it up, or says why not")] if opened else []),
        *([("torn", f"the last line of the journal ({torn}); the next `autoexp run` cuts it")] if torn else []),
    ]


def _going_on(found: dict[str, Any]) -> str:
    """Say what is likely to come; the size of a gain is unknown before the first."""
    from autoexp.campaign.convergence import WINDOW, Outlook

    if found["stop_reason"] == "exhausted":
        return "nothing is left to propose; `autoexp run` asks the proposer again"
    if found["outlook"] is None:
        return "-"
    outlook = Outlook(**found["outlook"])
    more = f" and {gain(outlook.gain(WINDOW))}" if outlook.gain_per_experiment else ""
    return f"about {outlook.keeps(WINDOW):.1f} more keeps{more} in the next {WINDOW} experiments"


def log(
    repo: Repo = HERE,
    tag: Tag = None,
    format: Annotated[Literal["table", "tsv", "jsonl"], typer.Option(help="How to print.")] = "table",
    last: Annotated[int | None, typer.Option(min=1, help="Only the last N rows.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List the experiments, baseline first.

    Examples:

      autoexp log

      autoexp log --last 10

      autoexp log --format tsv
    """
    from autoexp import api
    from autoexp.campaign.drift import FOOTNOTE, any_contrary

    place = api.Place(repo, tag)
    if json or format == "table":
        state = api.inspect(place).state
        rows = api.rows_of(state)[-(last or 0) :]
        if json:
            print_json(rows)
        else:
            _table(rows, api.status_of(state))
            if any_contrary(state, rows):
                say(f"{FOOTNOTE} docs/keeping.md tells more.")
        return
    lines = api.export(place, "results.tsv" if format == "tsv" else "experiments.jsonl").split("\n")[:-1]
    head = lines[:1] if format == "tsv" else []
    write_data("".join(f"{line}\n" for line in head + lines[len(head) :][-(last or 0) :]))


def _table(rows: list[dict[str, Any]], found: dict[str, object]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    primary, unit = str(found["primary"]), str(found["unit"])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("n", "commit", f"{primary} {unit}".strip(), "effect", "samples"):
        table.add_column(name, justify="left" if name == "commit" else "right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("description", overflow="fold")
    later = {row["again"]: row["n"] for row in rows if row["again"]}
    for row in rows:
        commit, metric, effect = row["commit"], row["metric"], row["effect"]
        cells = (
            str(row["n"]),
            str(commit or "")[:7],
            number(metric if isinstance(metric, float) else None),
            gain(effect if isinstance(effect, float) else None),
            str(row["samples"]),
            _status(row, later),
            one_line(str(row["description"])) or cut(one_line(str(row["detail"]))),
        )
        table.add_row(*(Text(cell) for cell in cells), style=style_of(str(row["status"])))
    width = None if sys.stdout.isatty() else 160
    Console(width=width).print(table)


def _status(row: dict[str, Any], later: dict[int, int]) -> str:
    """Name the status with its flags, and which number measured it again, or was measured again by it; `later` tells the former."""
    flags = (flag.replace("_", " ") for flag in SHOWN_FLAGS if flag in row["flags"])
    again = [f"again as {later[row['n']]}"] if row["n"] in later else []
    first = [f"{row['again']} again"] if row["again"] else []
    return ", ".join([str(row["status"]), *flags, *first, *again])


def show(
    n: Annotated[int, typer.Argument(help="Number of the experiment.")],
    repo: Repo = HERE,
    tag: Tag = None,
    json: Json = False,
) -> None:
    """Tell everything about one experiment.

    Its proposal, samples, verdict and reasons, and where its output lies.

    Examples:

      autoexp show 12

      autoexp show 12 --json
    """
    from autoexp import api
    from autoexp.faces.cli.confirming import adds
    from autoexp.faces.cli.interruptions import interruption_lines
    from autoexp.faces.cli.spending import use_lines

    found = api.show(api.Place(repo, tag), n)
    if json:
        print_json(found)
        return
    for name, text in _facts(found):
        say(f"{name:<12} {_below(text)}")
    if found["ablation"]:
        say(f"{'adds':<12} {one_line(adds(found['ablation']))}")
    for name, text in (*interruption_lines(found), *use_lines(found), *show_lines(found)):
        say(f"{name:<12} {_below(text)}")
    for i, one in enumerate(found["tries"], 1):
        say(f"{f'try {i}':<12} {_try(one)}")
        if one["transcript"]:
            say(f"{'transcript':<12} {one['transcript']}")
    _samples("void", found["void_samples"])
    _samples("sample", found["all_samples"])
    if found["holdout"]:
        _samples("holdout", found["holdout"]["samples"])
        say(f"{'holdout':<12} {one_line(found['holdout']['detail'])}")
    for host, counts in found["traffic"].items():
        say(
            f"{'traffic':<12} {one_line(host)}: {counts['sent']} bytes out, {counts['received']} in, {counts['refused']} refused"
        )


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what is known of an experiment, by name, as far as it is known."""
    for key in (
        "n",
        "status",
        "description",
        "hypothesis",
        "commit",
        "parent",
        "effect",
        "reasons",
        "detail",
        "flags",
        "diff_lines",
        "wall_time_s",
        "program",
        "ending",
        "output",
        "transcript",
    ):
        value = found[key]
        if value not in (None, "", [], {}):
            text = (
                "; ".join(value)
                if isinstance(value, list)
                else f"{gain(value)} of the baseline"
                if key == "effect"
                else str(value)
            )
            yield key, text
        if key == "effect" and found["compared"]:
            yield "compared", _compared(found["compared"])
    if found["checks"]:
        yield "checks", found["checks"]


def _compared(found: dict[str, Any]) -> str:
    """Say which runs the effect is of: both sides are run in turns, so that a machine that has become slower changes neither."""
    ours, theirs = found["candidate"], found["incumbent"]
    told = [
        f"{words} {number(one['mean'], found['unit'])} ({one['runs']} run{'' if one['runs'] == 1 else 's'})"
        for words, one in (("this change", ours), ("the best so far", theirs))
        if one
    ]
    if theirs is None:
        return f"{one_line(found['metric'])}: {told[0] if told else '-'}; the best so far by its earlier runs"
    return f"{one_line(found['metric'])}: {', '.join(told)} in the same minutes"


def _try(one: dict[str, Any]) -> str:
    """Say in a line how a try ended before it was mended; the end of an error tells most."""
    ended = one_line(one["detail"])
    cut = ended if len(ended) <= LONGEST_ENDING else f"…{ended[1 - LONGEST_ENDING :]}"
    named = " ".join(filter(None, [one_line(one["description"]), f"({one['commit'][:12]})" if one["commit"] else ""]))
    return ": ".join(filter(None, [named, one["outcome"], cut]))


def _samples(name: str, samples: list[dict[str, Any]]) -> None:
    for sample in samples:
        values = ", ".join(f"{name}={value:.5g}" for name, value in sample["values"].items())
        odd = f" ({', '.join(sample['flags'])})" if sample["flags"] else ""
        again = f" after {sample['voided']} void runs" if sample.get("voided") else ""
        say(f"{name:<12} {sample['side']} {sample['i']}: {sample['outcome']} {values}{odd}{again}")


def _below(text: str) -> str:
    """Indent the later lines of a text, so that none of them looks like a line of ours."""
    return text.strip().replace("\n", "\n" + " " * 13)


def diff(
    n: Annotated[int, typer.Argument(help="Number of the experiment.")], repo: Repo = HERE, tag: Tag = None
) -> None:
    """Print the change of one experiment, kept or not.

    Examples:

      autoexp diff 12
    """
    from autoexp import api

    write_data(api.diff(api.Place(repo, tag), n))


def brief(repo: Repo = HERE, tag: Tag = None, json: Json = False) -> None:
    """Print what the proposer of the next experiment reads.

    Examples:

      autoexp brief

      autoexp brief --json
    """
    from autoexp import api

    data, prose = api.brief(api.Place(repo, tag))
    if json:
        print_json(data)
    else:
        write_data(prose)
