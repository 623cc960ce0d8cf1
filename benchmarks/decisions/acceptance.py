"""What the standard preset has to reach in the simulation."""

from collections.abc import Iterator, Sequence

from table import Row
from world import NOISES

RULE, DECLARED, RIVAL = "standard", "declared", "K=3"
MOST_FALSE, MOST_NULL_ANY = 0.10, 0.12
REACHED = {"2%": (0.94, 320), "5%": (0.65, 400), "heavy": (0.80, 400)}
"""Noise: the least share of the oracle's gain, and the most runs."""
EXACT_RUNS = {DECLARED: 101, RULE: 115}
_ROUNDING = 1e-9


def shortfalls(rows: Sequence[Row]) -> list[str]:
    """Name what falls short, and what was not played."""
    found = {(row.noise, row.rule): row for row in rows}
    wanted = [(noise, rule) for noise in NOISES for rule in (RULE, RIVAL)] + [("exact", DECLARED)]
    missing = [f"{noise}: {rule} was not played" for noise, rule in wanted if (noise, rule) not in found]
    return missing or [words for noise in NOISES for words in _at(noise, found)]


def _at(noise: str, found: dict[tuple[str, str], Row]) -> Iterator[str]:
    ours, rival = found[noise, RULE], found[noise, RIVAL]
    if ours.false_share > MOST_FALSE:
        yield f"{noise}: {ours.false_share:.1%} of the keeps are false, more than {MOST_FALSE:.0%}"
    if ours.null_any > MOST_NULL_ANY:
        yield f"{noise}: something was kept in {ours.null_any:.1%} of the null campaigns, more than {MOST_NULL_ANY:.0%}"
    if ours.oracle_share < rival.oracle_share - _ROUNDING:
        yield f"{noise}: {ours.oracle_share:.1%} of the oracle's gain, less than {RIVAL} with {rival.oracle_share:.1%}"
    least, most = REACHED.get(noise, (0.0, float("inf")))
    if ours.oracle_share < least:
        yield f"{noise}: {ours.oracle_share:.1%} of the oracle's gain, less than {least:.0%}"
    if ours.runs > most:
        yield f"{noise}: {ours.runs:.0f} runs, more than {most}"
    for rule, most in EXACT_RUNS.items() if noise == "exact" else ():
        for runs in (found[noise, rule].runs, found[noise, rule].null_runs):
            if runs > most:
                yield f"{noise}, {rule}: {runs:.0f} runs, more than {most}"
