"""What a person sees while a campaign runs: a live block on a terminal, a line per experiment elsewhere."""

import os
import sys
from collections import deque
from typing import Self

from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from autoexp.campaign import events as ev
from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationRun, HeldOutAtEnd
from autoexp.campaign.confirmations import BASELINE, BEST, pairs
from autoexp.campaign.rows import primary_of
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.faces.cli.holdouts import end_line
from autoexp.faces.cli.printing import cut, gain, number, one_line, say, seconds, style_of
from autoexp.faces.cli.spending import cost_of_state

LAST = 10
SILENT_RUNS = 20
"""Runs of one experiment after which a reader without a terminal hears that it goes on."""


def is_terminal() -> bool:
    """Tell whether a person looks at standard output, on a terminal that can redraw."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Quiet:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def working(self, text: str) -> None:
        """Hear of a step."""

    def recorded(self, record: ev.Record, state: CampaignState) -> None:
        """Hear of a record."""


class Plain(Quiet):
    """One line for the baseline, each experiment and each note."""

    def recorded(self, record: ev.Record, state: CampaignState) -> None:  # noqa: C901, PLR0912  one line an event
        """Print what is news."""
        match record.event:
            case ev.SessionOpened(notice=text) if text:
                say(text)
            case ev.BaselineMeasured() as event if event.measurement.metrics:
                value = event.measurement.means().get(primary_of(state))
                say(f"baseline {primary_of(state)} = {number(value, _unit(state))}")
            case ev.SampleTaken(n=n) if n and state.open and len(state.open.samples) % SILENT_RUNS == 0:
                say(f"experiment {n}: still measuring, run {len(state.open.samples)}")
            case ev.Done():
                say(_line(state, state.experiments[-1]))
                if back := _back(state):
                    say(back)
            case ev.Waiting() as event:
                say(_waiting(event))
            case ev.MendAsked() as event:
                say(f"      {event.outcome.value}: asked to mend it{_last_line(event.detail)}")
            case HeldOutAtEnd() as event:
                say(end_line(event.model_dump()))
            case ev.Continued() as event:
                say(f"note: {_goes_on(event)}")
            case ConfirmationBegun() as event:
                say(_confirming(event))
            case ConfirmationRun() as event if line := _round(event, state):
                say(line)
            case ev.Noted(text=text):
                say(f"note: {one_line(text)}")
            case _:
                return


class Live(Quiet):
    """A block that is redrawn: the current step, the best so far, the last verdicts, what is left of the budget."""

    def __init__(self) -> None:
        self._console = Console()
        self._spinner = Spinner("dots", text="starting")
        self._notes: deque[str] = deque(maxlen=3)
        self._state = CampaignState()
        self._live = RichLive(console=self._console, get_renderable=self._draw, refresh_per_second=8, transient=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner = Spinner("dots", text="ended")
        self._live.stop()

    def working(self, text: str) -> None:
        """Show the step."""
        self._spinner.update(text=Text(text))

    def recorded(self, record: ev.Record, state: CampaignState) -> None:
        """Remember what to draw."""
        self._state = state
        if isinstance(record.event, ev.SessionOpened) and record.event.notice:
            self._console.print(Text(record.event.notice, style="dim"))
        match record.event:
            case HeldOutAtEnd() as event:
                self._notes.append(end_line(event.model_dump()))
            case ev.Continued() as event:
                self._notes.append(f"note: {_goes_on(event)}")
            case ev.Noted(text=text):
                self._notes.append(f"note: {one_line(text)}")
            case ev.Waiting() as event:
                self._notes.append(_waiting(event))
            case ev.MendAsked() as event:
                self._notes.append(
                    f"experiment {event.n}: {event.outcome.value}, asked to mend it{_last_line(event.detail)}"
                )
            case _:
                return

    def _draw(self) -> Group:
        table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
        for name, ratio in (("n", 1), ("status", 3), ("metric", 3), ("effect", 2), ("description", 12)):
            table.add_column(
                name, ratio=ratio, no_wrap=True, justify="right" if name in {"n", "metric", "effect"} else "left"
            )
        state = self._state
        for experiment in state.experiments[-LAST:]:
            effect = experiment.decision.effect if experiment.decision else None
            value = experiment.measurement.means().get(primary_of(state))
            cells = (str(experiment.n), experiment.status, number(value), gain(effect), _what(experiment))
            table.add_row(*(Text(cell) for cell in cells), style=style_of(experiment.status))
        notes = [Text(note, style="yellow") for note in self._notes]
        return Group(table, *notes, Text(_figures(state), style="bold"), self._spinner)


def _figures(state: CampaignState) -> str:
    best = state.incumbent.measurement.means().get(primary_of(state))
    counts = state.counts
    return (
        f"best so far {number(best, _unit(state))} ({gain(state.gain)} in-loop)   kept {counts.kept} of {counts.decided}   "
        f"samples {counts.samples}   {seconds(state.active_s)}{_cost(state)}"
    )


def _cost(state: CampaignState) -> str:
    return f"   {cost_of_state(state)}" if state.cost_usd is not None or state.counts.requests else ""


def _goes_on(event: ev.Continued) -> str:
    return f"experiment {event.n} goes on where the session before this one ended, {seconds(event.pause_s)} ago"


def _say_confirming(event: ConfirmationBegun | ConfirmationRun, state: CampaignState) -> None:
    if line := _confirming(event) if isinstance(event, ConfirmationBegun) else _round(event, state):
        say(line)


def _confirming(event: ConfirmationBegun) -> str:
    """Say what a confirmation will run."""
    source = "the holdout" if event.source == "holdout" else "the harness, with seeds that no sample had"
    few = event.enough if event.enough is not None and event.enough < event.pairs else event.pairs
    left_out = sum(arm.kind == "without" for arm in event.arms)
    each = f"each of {left_out} kept changes" if left_out > 1 else "its kept change"
    more = f", and the best without {each}" if left_out else ""
    return f"confirming: {few} fresh pair{'s' if few > 1 else ''} of baseline and best so far{more}, by {source}"


def _round(event: ConfirmationRun, state: CampaignState) -> str:
    """Say that a pair is complete."""
    opened = state.confirming
    if opened is None or event.arm > BEST or not {BASELINE, BEST} <= opened.rounds().get(event.round, {}).keys():
        return ""
    return f"pair {len(pairs(opened))} of {opened.wanted}"


def _waiting(event: ev.Waiting) -> str:
    return f"waiting {seconds(event.wait_s)}, then asking again: {one_line(event.reason)}"


def _last_line(detail: str) -> str:
    """Give the line of an error that tells most, its last one."""
    last = next((line for line in reversed(detail.splitlines()) if line.strip()), "")
    return f" ({cut(words)})" if (words := one_line(last)) else ""


def _line(state: CampaignState, experiment: Experiment) -> str:
    effect = experiment.decision.effect if experiment.decision else None
    value = experiment.measurement.means().get(primary_of(state))
    shown = f"{number(value, _unit(state)):>12} {gain(effect):>8}"
    more = ", provisional" if experiment.provisional else ", for review" if experiment.needs_review else ""
    status = f"{experiment.status}{more}"
    return f"{experiment.n:>4}  {status:<14} {shown}  {_what(experiment)}"


def _back(state: CampaignState) -> str:
    """Say what a checkpoint test took out."""
    test, best = state.experiments[-1], state.incumbent
    if not test.refuted:
        return ""
    value = number(best.measurement.means().get(primary_of(state)), _unit(state))
    out = ", ".join(map(str, test.tests))
    return f"      not confirmed: taken out {out}; the best so far is {value} again, at {best.commit[:7]}"


def _what(experiment: Experiment) -> str:
    """Say what was tried, or what went wrong where nobody described it."""
    return cut(one_line(experiment.description or experiment.detail))


def _unit(state: CampaignState) -> str:
    headline = state.segment.headline if state.segment else None
    return headline.unit if headline else ""
