"""A service that is away is waited for, one that refuses pauses the campaign, and neither burns anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.conftest import Bench

from autoexp.campaign.amounts import cost_of, requests_of, tokens_of
from autoexp.campaign.events import Waiting
from autoexp.campaign.rows import experiment_row
from autoexp.campaign.views import Brief
from autoexp.engine.weather import LONGEST_ASKED_S, LONGEST_WAIT_S, wait_for
from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, Desk, NothingLeft, ProposerFailed, Unavailable
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder

Said = int | str | Exception


@dataclass
class Saying:
    """Proposes values in the order of its calls; an exception among them is raised."""

    values: Sequence[Said]
    repairs: int = 1
    patience_s: float = 60.0
    asked: int = 0
    briefs: list[Brief] = field(default_factory=list)

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        if self.asked >= len(self.values):
            raise NothingLeft
        value = self.values[self.asked]
        self.asked += 1
        self.briefs.append(brief)
        if isinstance(value, Exception):
            (desk.workspace / "half-written").write_text("by a proposer that was cut off")
            raise value
        (desk.workspace / "value.txt").write_text(f"{value}\n")
        return Proposal(description=f"value {value}", cost_usd=0.5, requests=1, tokens=Tokens(input=10, output=1))


def away(kind: str = "rate_limit") -> Unavailable:
    return Unavailable(f"the model answers 429 ({kind})", kind=kind, retry_after_s=0.0)


def waits(bench: Bench) -> list[Waiting]:
    folder = CampaignFolder(bench.repository.common_dir, "main")
    with FileJournal(folder.path, lambda: pytest.fail("nothing is written")) as journal:
        return [record.event for record in journal.read() if isinstance(record.event, Waiting)]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_service_that_is_away_burns_no_experiment_and_no_money(bench: Bench, at: int) -> None:
    values: list[Said] = [90, 95, 80]
    values[at:at] = [away(), away("overloaded")]
    bench.proposer = Saying(values)
    state = bench.session()
    assert [e.status for e in state.experiments] == ["keep", "discard", "keep"]
    assert (state.last_n - 1, state.cost_usd, state.counts.requests, state.counts.waits) == (3, 1.5, 3, 2)
    assert [(event.kind, event.row, event.n) for event in waits(bench)] == [
        ("rate_limit", 1, at + 1),
        ("overloaded", 2, at + 1),
    ]
    assert state.waiting is None


def test_refusing_service_pauses_with_the_mend_and_goes_on_afterwards(bench: Bench) -> None:
    bench.proposer = Saying([90, AccessRefused("401: the key has expired", fix="renew KEY")])
    state = bench.session()
    assert (state.stop_reason, state.stop_detail, state.stop_fix) == ("error", "401: the key has expired", "renew KEY")
    assert [e.status for e in state.experiments] == ["keep"]
    bench.proposer = Saying([95, 80])
    state = bench.session()
    assert [e.status for e in state.experiments] == ["keep", "discard", "keep"]
    assert (state.stop_reason, state.stop_fix) == ("exhausted", "")


def test_patience_ends_in_a_pause(bench: Bench) -> None:
    bench.proposer = Saying([away(), away(), away(), 90], patience_s=0.1)
    state = bench.session()
    assert state.stop_reason == "error"
    assert "still: the model answers 429" in state.stop_detail
    assert state.experiments == ()


def test_crash_is_mended_within_its_experiment(bench: Bench) -> None:
    bench.proposer = saying = Saying(["crash here", 90, 80])
    state = bench.session()
    assert [(e.status, e.repairs, e.description) for e in state.experiments] == [
        ("keep", 1, "value 90"),
        ("keep", 0, "value 80"),
    ]
    mended = state.experiments[0]
    assert mended.tries[0].outcome.value == "crash"
    assert [sample.outcome.value for sample in mended.samples] == ["measured"]
    assert (state.cost_usd, state.counts.requests, state.counts.repairs, state.counts.decided) == (1.5, 3, 1, 2)
    repair = saying.briefs[1].repair
    assert repair is not None
    assert (repair.outcome.value, repair.detail, repair.left) == ("crash", "Traceback: crash here", 0)
    assert saying.briefs[1].directive.operator == "repair"
    first = bench.git("show", "refs/autoexp/main/attempt/1-try-1:value.txt")
    assert (first, bench.git("show", "refs/autoexp/main/attempt/1:value.txt")) == ("crash here", "90")


def test_failed_checks_are_mended_and_a_worse_value_is_not(bench: Bench) -> None:
    bench.proposer = Saying([13, 90, 95])
    mended, worse = bench.session().experiments
    assert [(e.status, e.repairs) for e in (mended, worse)] == [("keep", 1), ("discard", 0)]
    assert mended.tries[0].samples[0].values == {"x": 13.0, "diff_lines": 2.0}
    assert [sample.values["x"] for sample in mended.samples] == [90.0]  # nothing of the first change counts
    assert mended.measurement.means()["x"] == 90.0
    assert mended.decision is not None
    assert mended.decision.effect == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("crash here", "it was left as it is"),
        (ProposerFailed("out of ideas"), "out of ideas"),
        (AccessRefused("401", fix="renew"), "401"),
        (NothingLeft("no more"), "no more"),
    ],
)
def test_change_that_nobody_mends_ends_as_it_was(bench: Bench, answer: Said, told: str) -> None:
    bench.proposer = Saying(["crash here", answer, 80])
    first, second = bench.session().experiments
    assert (first.status, first.repairs, second.status) == ("crash", 1, "keep")
    assert "Traceback: crash here" in first.detail
    assert f"not mended: {told}" in first.detail


def test_mending_is_tried_as_often_as_the_proposer_may(bench: Bench) -> None:
    bench.proposer = Saying(["crash 1", "crash 2", "crash 3", 80], repairs=2)
    first, second = bench.session().experiments
    assert (first.status, first.repairs, first.detail, second.status) == ("crash", 2, "Traceback: crash 3", "keep")
    names = bench.git("for-each-ref", "--format=%(refname:lstrip=4)", "refs/autoexp/main/attempt").split()
    assert names == ["1", "1-try-1", "1-try-2", "2"]


def test_unusable_answer_costs_its_price_and_is_asked_again_once(bench: Bench) -> None:
    def unusable() -> ProposerFailed:
        return ProposerFailed("no edit", said=Proposal(cost_usd=0.25, requests=1), mendable=True)

    bench.proposer = Saying([unusable(), 90, unusable(), unusable(), 80])
    state = bench.session()
    assert [(e.status, e.repairs) for e in state.experiments] == [("keep", 1), ("proposer_error", 1), ("keep", 0)]
    assert (state.cost_usd, state.counts.requests, state.counts.decided) == (0.25 + 0.5 + 0.5 + 0.5, 5, 2)


def test_change_that_nobody_mends_keeps_its_words(bench: Bench) -> None:
    silent = Proposal(cost_usd=0.25, requests=1, asi={"learned": "little"})
    bench.proposer = Saying(["crash here", ProposerFailed("no edit", said=silent)])
    (one,) = bench.session().experiments
    assert (one.status, one.description) == ("crash", "value crash here")
    assert one.proposal is not None
    assert one.proposal.asi == {"learned": "little"}
    assert [said.cost_usd for said in one.proposals] == [0.5, 0.25]


def test_candidate_is_reachable_under_the_number_of_the_try_that_made_it(bench: Bench) -> None:
    bench.proposer = Saying(["crash here", ProposerFailed("no edit", mendable=True), 90], repairs=2)
    (one,) = bench.session().experiments
    assert (one.status, one.repairs) == ("keep", 2)
    assert [made.candidate is not None for made in one.tries] == [True, False]
    names = bench.git("for-each-ref", "--format=%(refname:lstrip=4)", "refs/autoexp/main/attempt").split()
    assert names == ["1", "1-try-1"]


def test_repair_that_is_waited_for_keeps_the_change_that_it_mends(bench: Bench) -> None:
    bench.proposer = Saying(["crash here", away(), 90])
    first = bench.session().experiments[0]
    assert (first.status, first.repairs, first.detail) == ("keep", 1, "")


def test_killed_repair_is_asked_for_again_under_the_next_number(bench: Bench) -> None:
    bench.proposer = Saying(["crash here", KeyError("a bug")])  # type: ignore[list-item]
    with pytest.raises(KeyError):
        bench.session()
    bench.proposer = Saying([90])
    state = bench.session()
    assert [(e.status, e.repairs) for e in state.experiments] == [("interrupted", 1), ("keep", 1)]
    assert state.experiments[1].directive.again == 1
    assert "missing" not in bench.git("fsck", "--connectivity-only")


@given(row=st.integers(1, 10_000), asked=st.none() | st.floats(0, 1e9), seed=st.integers(0, 2**48))
def test_waits_grow_are_bounded_and_never_shorter_than_what_was_asked(row: int, asked: float | None, seed: int) -> None:
    found = wait_for(row, asked, seed=seed)
    assert 0 < found <= 1.2 * (LONGEST_WAIT_S if asked is None else LONGEST_ASKED_S)
    assert found >= min(asked or 0, LONGEST_ASKED_S)
    assert wait_for(row + 1, asked, seed=seed) >= found


def used_all_the_same(value: float = 0.25) -> Proposal:
    return Proposal(cost_usd=value, requests=2, tokens=Tokens(input=100, cached=40, output=10), proposer="agent")


def test_what_was_used_before_the_weather_came_is_counted_once(bench: Bench) -> None:
    broken_off = Unavailable("429", kind="rate_limit", retry_after_s=0.0, said=used_all_the_same())
    bench.proposer = Saying([broken_off, broken_off, 90])
    state = bench.session()
    (one,) = state.experiments
    assert (state.cost_usd, state.counts.requests, state.tokens) == (2 * 0.25 + 0.5, 2 * 2 + 1, 2 * 110 + 11)
    assert state.used == Tokens(input=210, cached=80, output=21)
    assert [said.cost_usd for said in one.paid] == [0.25, 0.25, 0.5]
    assert (cost_of(one), requests_of(one), tokens_of(one)) == (1.0, 5, state.used)
    assert [said.description for said in one.proposals] == ["value 90"]
    assert [event.said for event in waits(bench)] == [used_all_the_same()] * 2


@pytest.mark.parametrize("patience_s", [0.0, 0.06])
def test_what_was_used_when_patience_ended_is_counted_once(bench: Bench, patience_s: float) -> None:
    away = [Unavailable("429", kind="rate_limit", retry_after_s=0.0, said=used_all_the_same()) for _ in range(9)]
    bench.proposer = saying = Saying(away, patience_s=patience_s)
    state = bench.session()
    assert state.stop_reason == "error"
    assert saying.asked == len(waits(bench)) + 1
    assert state.cost_usd == pytest.approx(0.25 * saying.asked)
    assert state.counts.requests == 2 * saying.asked


def test_what_was_used_when_a_service_refused_is_counted_once(bench: Bench) -> None:
    bench.proposer = Saying([AccessRefused("401", fix="renew", said=used_all_the_same())])
    state = bench.session()
    assert (state.stop_reason, state.cost_usd, state.counts.requests) == ("error", 0.25, 2)
    bench.proposer = Saying([90])
    state = bench.session()
    assert (state.cost_usd, state.counts.requests) == (0.75, 3)


def test_what_was_used_before_a_wait_that_a_kill_ended_is_counted_once(bench: Bench) -> None:
    broken_off = Unavailable("429", kind="rate_limit", retry_after_s=0.0, said=used_all_the_same())
    bench.proposer = Saying([broken_off, KeyError("as if it were killed")])  # type: ignore[list-item]
    with pytest.raises(KeyError):
        bench.session()
    bench.proposer = Saying([90])
    state = bench.session()
    killed, kept = state.experiments
    assert (killed.status, cost_of(killed), requests_of(killed)) == ("interrupted", 0.25, 2)
    assert (kept.status, cost_of(kept)) == ("keep", 0.5)
    assert (state.cost_usd, state.counts.requests) == (0.75, 3)
    assert [experiment_row(state, one, cost_total=None)["cost_usd"] for one in state.experiments] == [0.25, 0.5]


def test_budget_that_is_used_up_by_weather_ends_the_waiting(bench: Bench) -> None:
    bench.budget = ", cost_usd: 1"
    away = [Unavailable("500", kind="server", retry_after_s=0.0, said=used_all_the_same(0.4)) for _ in range(9)]
    bench.proposer = saying = Saying(away)
    state = bench.session()
    assert saying.asked == 3
    assert state.cost_usd == pytest.approx(1.2)
    assert "$1.20 of $1.00 are spent" in state.stop_detail
