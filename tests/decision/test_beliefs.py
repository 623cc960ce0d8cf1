"""What a campaign learns from would-be keeps that were turned down: never that gains are likely."""

import pytest

from autoexp.decision.beliefs import Beliefs, after
from autoexp.experiment.outcome import Verdict
from autoexp.experiment.records import Decision


def told(*flags: str, verdict: Verdict = Verdict.DISCARD, log_e: float = 8.0) -> Decision:
    return Decision(verdict=verdict, flags=flags, evidence={"log_e": log_e, "log_bar": 3.0}, metric="x")


def share_after(decision: Decision, times: int = 20) -> float:
    beliefs = Beliefs()
    for _ in range(times):
        beliefs = after(beliefs, decision, kept=decision.verdict is Verdict.KEEP)
    return beliefs.ledger.share


def test_gains_that_the_holdout_saw_through_count_as_no_improvement() -> None:
    assert share_after(told("overfit")) < share_after(told(log_e=0.0)) <= Beliefs().ledger.share
    assert share_after(told("overfit")) == pytest.approx(share_after(told(log_e=-1000.0)))


def test_gains_that_wait_for_a_person_teach_nothing_of_how_likely_gains_are() -> None:
    waiting = told("suspicious", "needs_review", verdict=Verdict.INCONCLUSIVE)
    assert after(Beliefs(), waiting, kept=False) == Beliefs()


def test_gains_that_were_kept_make_gains_more_likely() -> None:
    assert share_after(told(verdict=Verdict.KEEP)) > Beliefs().ledger.share
