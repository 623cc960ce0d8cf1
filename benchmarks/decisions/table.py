"""Campaigns played on all cores, and what they add up to: a row for each noise and rule."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import Pool
from statistics import fmean

from rules import RULES, fits
from world import NULLS, PROPOSALS, Played, play


@dataclass(frozen=True, slots=True)
class Job:
    """One campaign to play."""

    noise: str
    rule: str
    seed: int
    null: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What a rule made of all campaigns of a noise; gains are shares, counts are means per campaign.

    `missed` of `improvements` were not kept, `false_share` of all keeps do nothing or harm, `oracle_share` is the gain as a
    part of what all improvements together would bring on the same campaigns; `null_any` is the share of campaigns without
    any improvement in which something was kept.
    """

    noise: str
    rule: str
    campaigns: int
    false_per_100: float
    missed: float
    improvements: float
    false_share: float
    gain: float
    oracle_share: float
    runs: float
    gain_per_100_runs: float | None
    null_any: float
    null_runs: float


HEADS = (
    "noise",
    "rule",
    "false keeps /100",
    "missed",
    "false share",
    "gain",
    "of the oracle's",
    "runs",
    "gain /100 runs",
    "nulls: any kept",
    "nulls: runs",
)


def played(rules: Sequence[str], noises: Sequence[str], *, campaigns: int, first_seed: int) -> list[Row]:
    """Play everything and give the rows, by noise and then by rule as named."""
    jobs = [
        Job(noise, rule, first_seed + NULLS * null + i, null)
        for noise in noises
        for rule in rules
        if fits(rule, noise)
        for null in (False, True)
        for i in range(campaigns)
    ]
    found: dict[tuple[str, str, bool], list[Played]] = defaultdict(list)
    with Pool() as pool:
        for job, result in zip(jobs, _with_progress(pool.imap(_play, jobs, chunksize=2), len(jobs)), strict=True):
            found[job.noise, job.rule, job.null].append(result)
    return [
        _row(noise, rule, found[noise, rule, False], found[noise, rule, True])
        for noise in noises
        for rule in rules
        if fits(rule, noise)
    ]


def as_text(rows: Sequence[Row]) -> str:
    """Give a table for a terminal, with a line between noises."""
    lines = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    text, last = [], HEADS[0]
    for line in lines:
        if line[0] != last:
            text.append("")
        cells = [
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        text.append("  ".join(cells).rstrip())
        last = line[0]
    return "\n".join(text)


def as_markdown(rows: Sequence[Row]) -> str:
    """Give a table for a page."""
    lines = ["| " + " | ".join(HEADS) + " |", "|---|---|" + "---:|" * (len(HEADS) - 2)]
    return "\n".join([*lines, *("| " + " | ".join(_cells(row)) + " |" for row in rows)]) + "\n"


def as_json(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Give the rows as plain data."""
    return [asdict(row) for row in rows]


def _play(job: Job) -> Played:
    return play(RULES[job.rule], job.noise, job.seed, null=job.null)


def _with_progress(results: Iterator[Played], total: int) -> Iterator[Played]:
    step = max(1, total // 50) if sys.stderr.isatty() else max(1, total // 10)
    for count, result in enumerate(results, start=1):
        yield result
        if count % step == 0 or count == total:
            end = "\r" if sys.stderr.isatty() and count < total else "\n"
            print(f"{count} of {total} campaigns", end=end, file=sys.stderr, flush=True)


def _row(noise: str, rule: str, mix: Sequence[Played], nulls: Sequence[Played]) -> Row:
    false, true = sum(one.kept_false for one in mix), sum(one.kept_true for one in mix)
    gain, runs = fmean(one.gain for one in mix), fmean(one.runs for one in mix)
    improvements = fmean(one.improvements for one in mix)
    return Row(
        noise=noise,
        rule=rule,
        campaigns=len(mix),
        false_per_100=100 * false / (PROPOSALS * len(mix)),
        missed=improvements - true / len(mix),
        improvements=improvements,
        false_share=false / max(1, false + true),
        gain=gain,
        oracle_share=gain / fmean(one.oracle for one in mix),
        runs=runs,
        gain_per_100_runs=100 * gain / runs if runs else None,
        null_any=fmean(one.kept_false > 0 for one in nulls),
        null_runs=fmean(one.runs for one in nulls),
    )


def _cells(row: Row) -> tuple[str, ...]:
    each = row.gain_per_100_runs
    return (
        row.noise,
        row.rule,
        f"{row.false_per_100:.2f}",
        f"{row.missed:.2f} of {row.improvements:.2f}",
        f"{row.false_share:.1%}",
        f"{row.gain:.1%}",
        f"{row.oracle_share:.1%}",
        f"{row.runs:.0f}",
        "-" if each is None else f"{each:.1%}",
        f"{row.null_any:.0%}",
        f"{row.null_runs:.0f}",
    )
