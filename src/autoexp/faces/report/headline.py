"""The top of the page: the goal, how the campaign stands, and its key figures."""

from collections.abc import Mapping
from typing import Any

from autoexp.campaign.state import CampaignState
from autoexp.experiment.outcome import Outcome
from autoexp.faces.report.facts import Goal
from autoexp.faces.report.figures import NOTHING, duration, gain, moment, money, plural, share, shown, with_unit
from autoexp.faces.report.text import clip, esc, last_lines

_STOPS = {
    "experiments": "the budget of experiments is used up",
    "cost": "the budget of money is used up",
    "tokens": "the budget of tokens is used up",
    "requests": "the budget of requests is used up",
    "wall_clock": "the budget of time is used up",
    "crashes": "too many crashes in a row",
    "discards": "too many experiments in a row without a gain",
    "plateau": "the gains have levelled off",
    "target": "the target is reached",
    "exhausted": "the proposer had nothing left to propose",
    "user": "stopped by a person",
    "error": "stopped by an error",
}
_DETAIL = 1_500


def header(
    state: CampaignState, found: dict[str, Any], goal: Goal, *, generated: str, sections: Mapping[str, str]
) -> str:
    """Say what this campaign is for, and how it stands."""
    facts = [
        f"campaign <strong>{esc(found['tag'] or 'without a tag')}</strong>",
        f'<span class="state {esc(found["state"])}">{esc(found["state"])}</span>',
        *([esc(_STOPS.get(found["stop_reason"], found["stop_reason"]))] if found["stop_reason"] else []),
        *([esc(_when(state))] if state.segments else []),
        *([f"written {esc(generated)}"] if generated else []),
    ]
    listed = "".join(f"<li>{fact}</li>" for fact in facts)
    return (
        f'<header><div class="top"><p>autoexp report</p>{_nav(sections)}</div><h1>{esc(goal.text)}</h1><ul class="facts">{listed}</ul>'
        f"{_notices(state, found)}</header>"
    )


def _nav(sections: Mapping[str, str]) -> str:
    links = "".join(f'<a href="#{name}">{esc(title)}</a>' for name, title in sections.items())
    return f'<nav aria-label="Sections">{links}</nav>'


def _when(state: CampaignState) -> str:
    first = moment(state.segments[0].started)
    if not state.experiments:
        return f"since {first}"
    ended = state.experiments[-1].started + state.experiments[-1].wall_time_s
    last = moment(ended)
    return f"{first} to {last.removeprefix(first[:11])}"


def _notices(state: CampaignState, found: dict[str, Any]) -> str:
    notices = []
    baseline = state.segment.baseline if state.segment else None
    if baseline is not None and baseline.outcome is not Outcome.MEASURED:
        detail = esc(last_lines(baseline.detail, _DETAIL))
        notices.append(
            f'<div class="notice bad">The baseline did not pass ({esc(baseline.outcome.value)}).<pre>{detail}</pre></div>'
        )
    if found["stop_detail"]:
        notices.append(f'<div class="notice">{esc(found["stop_detail"])}</div>')
    if state.open is not None:
        doing = state.open.description
        tail = f": {esc(doing)}" if doing else ""
        word = "is under way" if found["state"] == "running" else "was begun and has no verdict yet"
        notices.append(f'<div class="notice">Experiment {state.open.n} {word}{tail}</div>')
    return "".join(notices)


def key_figures(state: CampaignState, found: dict[str, Any], goal: Goal) -> str:
    """Give the numbers that a reader wants first."""
    best, first = found["incumbent"]["metrics"].get(goal.metric), found["baseline"].get(goal.metric)
    n, commit = found["incumbent"]["n"], found["incumbent"]["commit"][:7]
    tries = found["experiments"]
    aside = sum(not experiment.tests for experiment in state.experiments) - tries
    unsure = "".join(
        f", {len(found[key])} {key.replace('_', ' ')}" for key in ("provisional", "taken_out") if found[key]
    )
    tiles = (
        (
            "Best so far",
            with_unit(shown(best), goal.unit),
            (f"experiment {n}, {commit}" if n else f"still the baseline, {commit}") if best is not None else "",
            "best",
        ),
        ("Baseline", with_unit(shown(first), goal.unit), _against(found, goal), ""),
        _gain(found),
        (
            "Kept",
            f"{found['kept']:,} of {tries:,}",
            "experiments" + (f", {aside:,} more without a verdict" if aside else "") + unsure,
            "",
        ),
        ("Samples", f"{found['samples_used']:,}", "runs of the harness", ""),
        ("Noise", *_noise(found), ""),
        ("Time", duration(found["active_s"]) if found["active_s"] else NOTHING, "at work", ""),
        ("Cost", money(_told(found, found["cost_usd"])), _use(found), ""),
    )
    return (
        '<section aria-label="Key figures"><dl class="tiles">'
        + "".join(_tile(*tile) for tile in tiles)
        + "</dl></section>"
    )


def _use(found: dict[str, Any]) -> str:
    """Say what the cost leaves out, what a keep cost, the tokens and requests, and how often a change was mended or a service waited for."""
    tokens, missing = found["tokens"], found["spending"]["unknown"]["cost_usd"]
    per = _told(found, found["spending"]["per_kept"]["cost_usd"])
    known = _told(found, found["cost_usd"]) is not None
    parts = (
        f"and {plural(missing, 'experiment')} of unknown cost" if missing and known else "",
        f"{'at least ' if missing else ''}{money(per)} a keep" if per is not None else "",
        f"{tokens:,} tokens" if tokens is not None else "tokens unknown",
        plural(found["requests"], "request") if found["requests"] else "",
        f"mended {plural(found['repairs'], 'time')}" if found["repairs"] else "",
        f"waited {plural(found['waits'], 'time')}" if found["waits"] else "",
    )
    return "; ".join(filter(None, parts))


def _told(found: dict[str, Any], usd: float | None) -> float | None:
    """Give an amount, but not a nothing that only stands for what nobody told."""
    return None if not usd and found["spending"]["unknown"]["cost_usd"] else usd


def _against(found: dict[str, Any], goal: Goal) -> str:
    """Say what the baseline is the baseline of."""
    if not found["primary"]:
        return ""
    again = f"; segment {found['segment'] + 1}" if found["segment"] else ""
    return f"{clip(goal.metric, 40)}, {goal.better}{again}"


def _gain(found: dict[str, Any]) -> tuple[str, str, str, str]:
    confirmed = found["confirmed_gain"]
    if confirmed:
        low, high = gain(confirmed.get("low")), gain(confirmed.get("high"))
        return (
            "Gain, confirmed",
            gain(confirmed.get("gain")),
            f"between {low} and {high} on fresh runs; {gain(found['in_loop_gain'])} in-loop (biased)",
            _colour(confirmed.get("low")),
        )
    if not found["kept"]:
        return "Gain", NOTHING, "nothing kept yet" if found["experiments"] else "no experiments yet", ""
    over = f"; over {found['segment'] + 1} segments" if found["segment"] else ""
    return "Gain, not confirmed", gain(found["in_loop_gain"]), f"in-loop estimate, biased{over}", "estimate"


def _colour(value: float | None) -> str:
    return "gain" if value is not None and value > 0 else ""


def _noise(found: dict[str, Any]) -> tuple[str, str]:
    if found["deterministic"]:
        return "none", "equal trees give equal numbers"
    if found["noise"] is None:
        return "unknown", "no spread measured"
    return share(found["noise"]), "of the value, sd of one sample"


def _tile(name: str, value: str, note: str, kind: str) -> str:
    return (
        f'<div class="tile {kind}"><dt>{esc(name)}</dt><dd><span class="figure">{esc(value)}</span>'
        f"<small>{esc(note)}</small></dd></div>"
    )


def footer(state: CampaignState) -> str:
    """Say where the numbers come from."""
    return (
        f"<footer>Every number on this page is folded from the campaign's journal ({plural(state.events, 'record')}). "
        "A gain is a fraction of the baseline, positive = better.</footer>"
    )
