"""Which number is honest: the gain on fresh runs, and what each keep adds to it, beside what the loop itself believes."""

from collections.abc import Mapping, Sequence
from typing import Any

from autoexp.campaign.rows import Row
from autoexp.faces.report.figures import NOTHING, gain, plural, share
from autoexp.faces.report.text import clip, esc

_SUPPORT = {
    "supported": ("supported", "keep", "it adds something"),
    "unsupported": ("not supported", "discard", "without it the best so far is as good"),
    "unclear": ("unclear", "inconclusive", "these runs do not tell"),
    "entangled": ("entangled", "quiet", "it cannot be left out by itself"),
}
_SOURCES = {
    "holdout": "by the holdout, on what no proposer has seen",
    "harness": "by the harness, with seeds that no decision has used",
}


def honest(found: dict[str, Any], rows: Sequence[Row]) -> str:
    """Give the section on the confirmed gain; empty where nothing was kept and nothing was confirmed."""
    confirmation = found["confirmation"]
    if confirmation is None:
        return f'<p class="note">{_unconfirmed(found)}</p>' if found["kept"] else ""
    return f'<p class="verdict">{_verdict(found, confirmation)}</p>{_ablations(confirmation, rows)}'


def range_of(interval: Mapping[str, float]) -> str:
    """Give an interval in words."""
    return f"{gain(interval['low'])} to {gain(interval['high'])}"


def _unconfirmed(found: dict[str, Any]) -> str:
    return (
        f"No number on this page is confirmed. {esc(gain(found['in_loop_gain']))} is the sum of what the loop believed as it decided, and that "
        "is too high on average: a change is kept when its runs look good. <code>autoexp confirm</code> measures the gain on fresh runs."
    )


def _verdict(found: dict[str, Any], confirmation: Mapping[str, Any]) -> str:
    interval = confirmation["gain"]
    if interval is None:
        return f"The last confirmation gave no answer: {esc(confirmation['detail'] or 'it did not come to its end')}."
    pairs, source = plural(confirmation["pairs"], "fresh pair"), _SOURCES.get(confirmation["source"], "")
    of = f"experiment {confirmation['experiment']}" if confirmation["experiment"] else "the best so far"
    words = (
        f"<strong>{esc(gain(interval['gain']))}</strong> ({esc(share(confirmation['level']))} interval {esc(range_of(interval))}) on {esc(pairs)} "
        f"of the untouched baseline and {esc(of)} in random order, {source}."
    )
    if confirmation["stale"]:
        words += " The best so far is another one by now, so this is not its gain: confirm again."
    return f'{words} <span class="estimate">In-loop estimate (biased): {esc(gain(found["in_loop_gain"]))}.</span>'


def _ablations(confirmation: Mapping[str, Any], rows: Sequence[Row]) -> str:
    if not confirmation["ablations"]:
        return '<p class="note">What each keep adds was not measured: <code>autoexp confirm --ablate</code> leaves out one at a time.</p>'
    by_number = {row["n"]: row for row in rows}
    body = "".join(_ablation(one, by_number.get(one["n"])) for one in confirmation["ablations"])
    return (
        '<div class="wide" tabindex="0" role="group" aria-label="What each keep adds"><table class="ablations"><thead><tr>'
        '<th scope="col">Keep</th><th scope="col">Key change</th><th scope="col" class="number">In-loop (biased)</th>'
        '<th scope="col" class="number">Adds</th><th scope="col" class="number">Interval</th><th scope="col">Supported by fresh runs?</th>'
        f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _ablation(one: Mapping[str, Any], row: Row | None) -> str:
    n, interval = one["n"], one["interval"]
    word, family, meaning = _SUPPORT.get(one["support"], (one["support"], "quiet", ""))
    told = [one["detail"] or meaning]
    if one["together"]:
        told.append(f"left out with {', '.join(str(other) for other in one['together'])}, which are built on it")
    told += one["hunks"]
    notes = "".join(f"<small>{esc(clip(text, 300))}</small>" for text in told if text)
    description = esc(row["description"]) if row and row["description"] else '<span class="muted">no description</span>'
    adds = gain(interval["gain"], 2) if interval else NOTHING
    return (
        f'<tr class="{esc(one["support"])}"><th scope="row"><a href="#e{n}">Experiment {n}</a></th><td class="words"><bdi>{description}</bdi></td>'
        f'<td class="number estimate">{esc(gain(row["effect"], 2) if row else NOTHING)}</td><td class="number adds">{esc(adds)}</td>'
        f'<td class="number">{esc(range_of(interval)) if interval else NOTHING}</td>'
        f'<td><span class="badge {family}">{esc(word)}</span>{notes}</td></tr>'
    )
