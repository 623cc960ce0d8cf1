"""How an attempt ended, how it was ruled, and the one word that joins both for exports."""

from enum import StrEnum


class Outcome(StrEnum):
    """How an attempt ended, before anyone judged its numbers."""

    MEASURED = "measured"
    NO_CHANGE = "no_change"
    OUT_OF_SCOPE = "out_of_scope"
    TAMPERED = "tampered"
    CHECKS_FAILED = "checks_failed"
    CRASH = "crash"
    TIMEOUT = "timeout"
    OOM = "oom"
    BAD_METRIC = "bad_metric"
    INTERRUPTED = "interrupted"
    PROPOSER_ERROR = "proposer_error"
    INFRA_ERROR = "infra_error"


class Verdict(StrEnum):
    """What the engine does with a measured candidate."""

    KEEP = "keep"
    DISCARD = "discard"
    INCONCLUSIVE = "inconclusive"
    EXPLORE = "explore"


UNDECIDED = frozenset({Outcome.INTERRUPTED, Outcome.PROPOSER_ERROR, Outcome.INFRA_ERROR})
"""Outcomes that say nothing about a candidate: they use up no budget of experiments."""

CRASHES = frozenset({Outcome.CRASH, Outcome.TIMEOUT, Outcome.OOM, Outcome.BAD_METRIC})
"""Outcomes in which the harness gave no measurement."""


def status_of(outcome: Outcome, verdict: Verdict | None, *, guard_failed: bool = False) -> str:
    """Give the status word that exports and screens use."""
    if outcome is not Outcome.MEASURED:
        return outcome.value
    if guard_failed:
        return "guard_failed"
    return (verdict or Verdict.INCONCLUSIVE).value
