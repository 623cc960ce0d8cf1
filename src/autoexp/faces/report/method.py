"""How it was decided: the rule, the sandbox, the environment, the segments, and the contract itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autoexp.campaign.convergence import WINDOW, Outlook
from autoexp.campaign.rows import Row
from autoexp.campaign.state import CampaignState, Segment
from autoexp.faces.report.facts import Goal
from autoexp.faces.report.figures import decimals, gain, moment, share, shown
from autoexp.faces.report.text import clip, esc, first_lines
from autoexp.spec.criteria import in_words

_SPEC = 60_000


def method(state: CampaignState, found: dict[str, Any], goal: Goal, rows: Sequence[Row]) -> str:
    """Give what a doubting reader asks for."""
    if state.segment is None:
        return '<p class="empty">The contract is recorded when the first segment begins.</p>'
    return (
        f"{_pairs(_rule(state, found, goal))}<h3>Sandbox</h3>{_pairs(_sandbox(found['sandbox']))}"
        f"<h3>Environment</h3>{_environment(state.segment.environment)}"
        f"<h3>Segments</h3>{_segments(state, goal, rows)}{_contract(state.segment)}"
    )


def _rule(state: CampaignState, found: dict[str, Any], goal: Goal) -> Iterable[tuple[str, str]]:
    spec: dict[str, Any] = state.segment.spec if state.segment else {}
    decision = spec.get("decision", {})
    metrics = spec.get("metrics", {})
    least = state.segment.headline.min_effect if state.segment and state.segment.headline else None
    yield "Method", _asked(decision.get("method")) + _used(state)
    if found["false_keep_rate"] is not None:
        yield "Error budget", _budget(found)
    yield "Smallest effect", "the default of the method" if least is None else f"{share(least)} of the best so far"
    yield "Equal result", str(decision.get("on_equal", "discard"))
    if goal.metric:
        yield "Metric", f"{goal.metric}{f' in {goal.unit}' if goal.unit else ''}, {goal.better}"
    if objective := in_words(metrics, spec.get("objective") or {}):
        yield "Objective", objective
    guards = [_guard(name, section) for name, section in metrics.items() if section.get("role") == "guard"]
    if guards:
        yield "Guards", "; ".join(guards)
    if found["outlook"] and found["stop_reason"] != "exhausted":
        yield "Going on", _going_on(Outlook(**found["outlook"]))


def _budget(found: Mapping[str, Any]) -> str:
    spent = found["expected_false_keeps"]
    so_far = (
        "" if spent is None else f"; of the {found['shown_gains']} shown so far at most {spent:.2f} are expected to be"
    )
    return f"at most {share(found['false_keep_rate'])} of the keeps may be false{so_far}"


def _going_on(outlook: Outlook) -> str:
    more = f" and {gain(outlook.gain(WINDOW))}" if outlook.gain_per_experiment else ""
    return f"about {outlook.keeps(WINDOW):.1f} more keeps{more} in the next {WINDOW} experiments"


def _asked(asked: Any) -> str:
    if isinstance(asked, Mapping):
        return ", ".join(f"{name} ({_options(options)})" for name, options in asked.items())
    return str(asked or "auto")


def _options(options: Any) -> str:
    return ", ".join(f"{k} = {v}" for k, v in options.items()) if isinstance(options, Mapping) else str(options)


def _used(state: CampaignState) -> str:
    counts: dict[str, int] = {}
    for experiment in state.experiments:
        if experiment.decision is not None and experiment.decision.method:
            counts[experiment.decision.method] = counts.get(experiment.decision.method, 0) + 1
    listed = ", ".join(f"{name} ({count:,}\N{MULTIPLICATION SIGN})" for name, count in counts.items())
    return f"; applied: {listed}" if listed else ""


def _guard(name: str, section: Mapping[str, Any]) -> str:
    bounds = (
        f"{kind.replace('_', ' ')} {_bound(section[kind])}"
        for kind in ("equals", "at_least", "at_most", "within")
        if section.get(kind) is not None
    )
    return f"{name} {' and '.join(bounds)}"


def _bound(bound: Any) -> str:
    if isinstance(bound, Mapping):
        return " ".join(f"{key} {value}" for key, value in bound.items())
    return shown(bound) if isinstance(bound, (int, float)) else str(bound)


def _sandbox(sandbox: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for side in sandbox or {"proposer": "unknown", "harness": "unknown"}:
        level = sandbox.get(side, "unknown")
        yield side.capitalize(), f"{level}: not isolated from this machine" if level == "none" else level


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return '<dl class="pairs">' + "".join(f"<dt>{esc(k)}</dt><dd>{esc(v)}</dd>" for k, v in pairs) + "</dl>"


def _environment(environment: Mapping[str, str]) -> str:
    return _pairs(sorted(environment.items())) if environment else '<p class="empty">Nothing was recorded.</p>'


def _segments(state: CampaignState, goal: Goal, rows: Sequence[Row]) -> str:
    counts: dict[int, int] = {}
    for row in rows:
        counts[row["segment"]] = counts.get(row["segment"], 0) + (row["n"] > 0)
    firsts = {row["segment"]: row["metric"] for row in rows if row["n"] == 0}
    places = decimals(firsts.values())
    lines = "".join(
        f'<tr><th scope="row" class="number">{segment.k + 1}</th><td>{esc(moment(segment.started))}</td>'
        f'<td><code>{esc(segment.commit[:7])}</code></td><td class="number">{esc(shown(firsts.get(segment.k), places))}</td>'
        f'<td class="number">{esc(_noise(segment))}</td><td class="number">{counts.get(segment.k, 0):,}</td>'
        f"<td><code>{esc(segment.spec_digest[:10])}</code></td><td><code>{esc(segment.harness_digest[:10])}</code></td></tr>"
        for segment in state.segments
    )
    heads = (
        "#Segment",
        "Began",
        "Commit",
        f"#Baseline {clip(goal.metric, 40)}",
        "#Noise",
        "#Experiments",
        "Contract",
        "Harness",
    )
    titles = "".join(
        f'<th scope="col"{" class=number" if name.startswith("#") else ""}>{esc(name.removeprefix("#"))}</th>'
        for name in heads
    )
    return (
        '<p class="note">Numbers compare within a segment. A new one begins when contract, harness or environment change.</p>'
        '<div class="wide" tabindex="0" role="group" aria-label="Segments"><table class="segments">'
        f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _noise(segment: Segment) -> str:
    if segment.deterministic:
        return "none"
    return share(segment.baseline.noise if segment.baseline else None)


def _contract(segment: Segment) -> str:
    text = json.dumps(_without_nothing(segment.spec), indent=2, ensure_ascii=False, default=str)
    return (
        "<details><summary>The contract, with all defaults filled in</summary>"
        f"<pre>{esc(first_lines(text, _SPEC))}</pre></details>"
    )


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    return value
