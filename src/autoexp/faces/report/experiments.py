"""The full table: one experiment a row, its reason below it, and everything else unfolding from there."""

import json
from collections.abc import Mapping, Sequence

from autoexp.campaign.rows import Row
from autoexp.faces.report.facts import Goal
from autoexp.faces.report.figures import decimals, duration, gain, money, plural, shown
from autoexp.faces.report.statuses import MEASURED, order, status
from autoexp.faces.report.tables import badge
from autoexp.faces.report.text import clip, esc, first_lines, last_lines

MOST_ROWS = 2_000
_COLUMNS = 7
_TEXT, _DIFF = 4_000, 30_000


def experiment_table(rows: Sequence[Row], goal: Goal, diffs: Mapping[int, str], agents: Mapping[int, str]) -> str:
    """Show the experiments in order; of very many, the last ones and all keeps. `agents` says which programs proposed."""
    if not rows:
        return '<p class="empty">No experiment has ended yet.</p>'
    listed = shortened(rows)
    places = decimals(row["metric"] for row in listed)
    unit = f" <small>{esc(goal.unit)}</small>" if goal.unit else ""
    body = "".join(_experiment(row, places, diffs.get(row["n"], ""), agents.get(row["n"], "")) for row in listed)
    left_out = len(rows) - len(listed)
    note = (
        f'<p class="note">The table holds the last {MOST_ROWS:,} rows and all keeps; {left_out:,} earlier rows are left '
        "out. <code>results.tsv</code> and <code>experiments.jsonl</code> have all of them.</p>"
    )
    return (
        f"{note if left_out else ''}{_filter(listed)}"
        '<div class="wide" tabindex="0" role="group" aria-label="Experiments">'
        '<table class="experiments" id="experiments"><thead><tr>'
        '<th scope="col" class="number">#</th><th scope="col">Status</th><th scope="col">Description and reason</th>'
        f'<th scope="col" class="number metric">{esc(clip(goal.metric, 40))}{unit}</th><th scope="col" class="number">Effect</th>'
        '<th scope="col" class="number">Samples</th><th scope="col" class="number">Runtime</th>'
        f"</tr></thead>{body}</table></div>"
    )


def shortened(rows: Sequence[Row]) -> list[Row]:
    """Give the last rows, and from before them the keeps and baselines."""
    cut = max(0, len(rows) - MOST_ROWS)
    return [*(row for row in rows[:cut] if row["status"] == "keep"), *rows[cut:]]


def _filter(rows: Sequence[Row]) -> str:
    """Offer buttons that show one status; hidden unless the script that serves them runs."""
    counts: dict[str, int] = {}
    for row in rows:
        if row["n"]:
            counts[row["status"]] = counts.get(row["status"], 0) + 1
    words = sorted(counts, key=lambda word: (order(word), word))
    if len(words) < 2:
        return ""
    buttons = "".join(
        f'<button type="button" data-show="{esc(word)}" aria-pressed="false">'
        f"{esc(word.replace('_', ' '))} <small>{counts[word]:,}</small></button>"
        for word in words
    )
    return (
        '<div class="filter" role="group" aria-label="Show experiments by status" hidden>'
        f'<button type="button" data-show="" aria-pressed="true">all <small>{sum(counts.values()):,}</small></button>{buttons}</div>'
    )


def _experiment(row: Row, places: int, diff: str, agent: str) -> str:
    n = row["n"]
    flags = "".join(f' <span class="flag">{esc(flag)}</span>' for flag in row["flags"])
    anchor = f' id="e{n}"' if n else ""
    description = esc(row["description"]) or '<span class="muted">no description</span>'
    mark = badge(row["status"]) if n else '<span class="badge base">baseline</span>'
    word, family = (row["status"], status(row["status"]).family) if n else ("baseline", "base")
    return (
        f'<tbody{anchor} data-status="{esc(word)}" class="{family}"><tr>'
        f'<th scope="row" class="number">{n}</th><td>{mark}{flags}</td>'
        f'<td class="words"><bdi>{description}</bdi></td>'
        f'<td class="number{"" if row["status"] in MEASURED else " muted"}" data-label="value">{esc(shown(row["metric"], places))}</td>'
        f'<td class="number estimate" data-label="effect">{esc(gain(row["effect"], 2))}</td>'
        f'<td class="number" data-label="samples">{row["samples"]:,}</td>'
        f'<td class="number" data-label="runtime">{esc(duration(row["wall_time_s"]))}</td></tr>{_more(row, diff, agent)}</tbody>'
    )


def _more(row: Row, diff: str, agent: str) -> str:
    parts = _parts(row, diff, agent)
    if not parts:
        return ""
    reason = clip(next(iter(row.get("reasons") or []), "") or row.get("detail") or "all metrics", 240)
    body = "".join(f"<dt>{esc(name)}</dt><dd>{value}</dd>" for name, value in parts)
    return (
        f'<tr class="more"><td colspan="{_COLUMNS}"><details><summary>{esc(reason)}</summary>'
        f"<dl>{body}</dl></details></td></tr>"
    )


def _parts(row: Row, diff: str, agent: str) -> list[tuple[str, str]]:
    found = [
        ("Hypothesis", _prose(row["hypothesis"])),
        ("Reasons", "".join(_prose(reason) for reason in row.get("reasons") or [])),
        ("Detail", _output(row.get("detail") or "")),
        ("All metrics", _metrics(row)),
        ("Notes", _prose(_notes(row["asi"]))),
        ("Commit", _commit(row)),
        ("Used", esc(_used(row))),
        ("Agent", _prose(agent)),
        ("Diff", f'<pre class="diff">{_diff(first_lines(diff, _DIFF))}</pre>' if diff.strip() else ""),
    ]
    return [(name, value) for name, value in found if value]


def _prose(text: str) -> str:
    return f"<p><bdi>{esc(first_lines(text, _TEXT))}</bdi></p>" if text.strip() else ""


def _output(text: str) -> str:
    return f"<pre>{esc(last_lines(text, _TEXT))}</pre>" if text.strip() else ""


def _metrics(row: Row) -> str:
    return ", ".join(f"{esc(name)}&nbsp;=&nbsp;{esc(shown(value))}" for name, value in row["metrics"].items())


def _notes(asi: Mapping[str, object]) -> str:
    return "\n".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"
        for key, value in asi.items()
    )


def _commit(row: Row) -> str:
    if not row["commit"]:
        return ""
    lines = f", {row['diff_lines']:,} lines changed" if row["diff_lines"] else ""
    parent = f", on <code>{esc(row['parent'][:10])}</code>" if row["parent"] else ""
    return f"<code>{esc(row['commit'][:10])}</code>{parent}{lines}"


def _used(row: Row) -> str:
    known = []
    if row["tokens_used"] is not None:
        known.append(f"{row['tokens_used']:,} tokens")
    if row["cost_usd"] is not None:
        known.append(money(row["cost_usd"]))
    if row.get("requests"):
        known.append(plural(row["requests"], "request"))
    if row.get("repairs"):
        known.append(f"asked {plural(row['repairs'], 'time')} to mend it")
    return ", ".join(known)


def _diff(text: str) -> str:
    return "\n".join(_diff_line(line) for line in text.split("\n"))


def _diff_line(line: str) -> str:
    kind = {"+": "ins", "-": "del"}.get(line[:1])
    if kind is None or line.startswith(("+++", "---")):
        return f'<span class="hunk">{esc(line)}</span>' if line.startswith("@@") else esc(line)
    return f"<{kind}>{esc(line)}</{kind}>"
