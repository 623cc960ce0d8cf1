"""What each status word means to a reader, and which family of colours it belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """A status: its family (one of the page's colours) and what it says."""

    word: str
    family: str
    meaning: str


_KNOWN = {
    status.word: status
    for status in (
        Status("keep", "keep", "its runs showed a gain: it became the best so far"),
        Status("discard", "discard", "measured, and not better"),
        Status("inconclusive", "inconclusive", "perhaps better, but within the noise"),
        Status("explore", "explore", "measured without asking for a gain"),
        Status("no_change", "quiet", "the proposal changed nothing"),
        Status("out_of_scope", "refused", "changed files outside the scope"),
        Status("tampered", "refused", "touched what belongs to the measurement"),
        Status("guard_failed", "refused", "a guard metric left its bounds"),
        Status("checks_failed", "failed", "the checks say the answer is no longer correct"),
        Status("crash", "failed", "the harness ended with an error"),
        Status("timeout", "failed", "the harness took longer than allowed"),
        Status("oom", "failed", "out of memory"),
        Status("bad_metric", "failed", "no usable number was reported"),
        Status("interrupted", "quiet", "stopped before a verdict"),
        Status("proposer_error", "quiet", "no proposal was made"),
        Status("infra_error", "quiet", "the machine failed, not the change"),
    )
}

MEASURED = ("keep", "discard", "inconclusive", "explore")
"""Statuses whose value is drawn; all others stand as ticks at the edge of the chart."""


def status(word: str) -> Status:
    """Give what is known of a status word; a word of a newer version is shown plainly."""
    return _KNOWN.get(word) or Status(word or "open", "quiet", "")


def order(word: str) -> int:
    """Give a status word's place in a list."""
    return list(_KNOWN).index(word) if word in _KNOWN else len(_KNOWN)
