"""A would-be keep after the holdout and a look at what is odd about it: kept, thrown out, or left to a person."""

from collections.abc import Sequence

from autoexp.decision.case import Evidence
from autoexp.decision.teaching import lessons
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import NEEDS_REVIEW, OVERFIT, Decision

SUSPICIOUS = "suspicious"
_KEPT_ONLY = {"provisional", "simpler"}


def reviewed(
    decision: Decision,
    evidence: Evidence,
    *,
    n: int,
    passed: bool | None,
    odd: Sequence[str] = (),
    unanswered: Sequence[str] = (),
    accepted: str = "",
) -> Decision:
    """Give the last word on a would-be keep.

    `passed` is the holdout's answer (None: there is no holdout), `odd` are the reasons to suspect the change, `unanswered` those of
    them that a holdout which passes says nothing about, and `accepted` is the reason of the person who accepted it. A failed
    holdout discards; suspicion that neither a holdout nor a person has answered leaves it `inconclusive`. No reason says what
    the holdout showed: proposers read reasons.
    """
    notes = tuple(f"{SUSPICIOUS}: {reason}" for reason in odd)
    flags = (SUSPICIOUS,) if odd else ()
    if passed is False:
        reason = _reworded(decision, "discarded, the holdout failed")
        return _refused(decision, evidence, Verdict.DISCARD, (reason, *notes), (OVERFIT, *flags))
    if (unanswered if passed else odd) and not accepted:
        reason = _reworded(decision, "inconclusive, it waits for a person")
        ask = (
            f"`autoexp accept {n} --why ...` measures it again and keeps it, `autoexp reject {n} --why ...` settles it"
        )
        return _refused(decision, evidence, Verdict.INCONCLUSIVE, (reason, *notes, ask), (*flags, NEEDS_REVIEW))
    said = ("the holdout passed",) if passed else ()
    person = (f"accepted by a person: {accepted}",) if accepted else ()
    if not (notes or said or person):
        return decision
    return decision.model_copy(
        update={"flags": (*decision.flags, *flags), "reasons": (*decision.reasons, *said, *notes, *person)}
    )


def _refused(
    decision: Decision, evidence: Evidence, verdict: Verdict, reasons: tuple[str, ...], flags: tuple[str, ...]
) -> Decision:
    """Turn a keep into something else: what it teaches is then that of a change that was not kept."""
    left = tuple(flag for flag in decision.flags if flag not in _KEPT_ONLY)
    return decision.model_copy(
        update={
            "verdict": verdict,
            "flags": (*left, *flags),
            "reasons": reasons,
            "lessons": lessons(decision, evidence, kept=False),
        }
    )


def _reworded(decision: Decision, word: str) -> str:
    text = decision.reasons[0].partition(": ")[2] if decision.reasons else ""
    return f"{word}: {text}" if text else word
