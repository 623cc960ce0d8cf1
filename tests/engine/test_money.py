"""Nothing is begun that would probably pass a cap, what was cut off stays set aside, and what nobody tells is said."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from tests.engine.conftest import Bench

from autoexp.campaign.events import Intent, Noted
from autoexp.campaign.views import Brief
from autoexp.errors import StorageError
from autoexp.experiment.records import Offer, Proposal, Reserve, Tokens
from autoexp.ports import AccessRefused, Desk, NothingLeft
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder

FREE = Reserve(cost_usd=0.0, tokens=0, requests=0)


@dataclass
class Paid:
    """Proposes values at a price each; an exception among them is raised."""

    values: Sequence[int | str | Exception]
    cost_usd: float | None = 0.5
    repairs: int = 0
    asked: int = 0

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        if self.asked >= len(self.values):
            raise NothingLeft
        value = self.values[self.asked]
        self.asked += 1
        if isinstance(value, Exception):
            raise value
        (desk.workspace / "value.txt").write_text(f"{value}\n")
        return Proposal(
            description=f"value {value}", cost_usd=self.cost_usd, requests=1, tokens=Tokens(input=90, output=10)
        )


@dataclass
class Estimating(Paid):
    """One that knows beforehand what it will use."""

    expects: Reserve = Reserve(cost_usd=0.5, tokens=100, requests=1)
    briefs: list[Brief] = field(default_factory=list)

    def estimate(self, brief: Brief) -> Reserve | None:
        self.briefs.append(brief)
        return self.expects


def written(bench: Bench, kind: type) -> list:
    folder = CampaignFolder(bench.repository.common_dir, "main")
    with FileJournal(folder.path, lambda: pytest.fail("nothing is written")) as journal:
        return [record.event for record in journal.read() if isinstance(record.event, kind)]


@pytest.mark.parametrize(
    ("budget", "reason", "detail"),
    [
        ("cost_usd: 1.2", "cost", "$1.00 of $1.20 are spent, and an experiment takes about $0.50"),
        ("tokens: 250", "tokens", "200 of 250 tokens are used, and an experiment takes about 100"),
        ("requests: 2", "requests", "2 of 2 requests are made"),
    ],
)
def test_campaign_stops_before_an_experiment_that_would_pass_a_cap(
    bench: Bench, budget: str, reason: str, detail: str
) -> None:
    bench.proposer, bench.budget = Paid([90, 80, 70, 60]), f", {budget}"
    state = bench.session()
    assert (state.counts.decided, state.stop_reason, state.stop_detail) == (2, reason, detail)
    assert bench.proposer.asked == 2


def test_campaign_goes_on_when_the_cap_is_raised(bench: Bench) -> None:
    bench.proposer, bench.budget = Paid([90, 80, 70]), ", cost_usd: 1"
    assert bench.session().counts.decided == 2
    bench.budget = ", cost_usd: 1.5"
    state = bench.session()
    assert (state.counts.decided, state.cost_usd, state.stop_reason) == (3, 1.5, "cost")


def test_actual_cost_that_passes_the_cap_is_told(bench: Bench) -> None:
    bench.proposer, bench.budget = Paid([90, 80], cost_usd=1.25), ", cost_usd: 1"
    state = bench.session()
    assert (state.counts.decided, state.stop_detail) == (1, "$1.25 of $1.00 are spent, $0.25 more than the budget")


def test_estimate_of_the_proposer_counts_from_the_first_experiment_on(bench: Bench) -> None:
    bench.proposer, bench.budget = Estimating([90]), ", cost_usd: 0.3"
    state = bench.session()
    assert (state.last_n, state.stop_reason) == (0, "cost")
    assert state.stop_detail == "none of $0.30 are spent, and an experiment takes about $0.50"


def test_what_is_set_aside_stands_in_the_record(bench: Bench) -> None:
    bench.proposer = Paid([90, 80])
    bench.session()
    first, second, _ = [intent.reserved for intent in written(bench, Intent)]
    assert (first, second) == (Reserve(), Reserve(cost_usd=0.5, tokens=100, requests=1))


def test_estimate_that_leaves_something_open_is_filled_up_by_what_was_seen(bench: Bench) -> None:
    bench.proposer = Estimating([90, 80], expects=Reserve(tokens=300))
    bench.session()
    assert [intent.reserved for intent in written(bench, Intent)][:2] == [
        Reserve(tokens=300),
        Reserve(cost_usd=0.5, tokens=300, requests=1),
    ]


def test_death_in_flight_keeps_what_was_set_aside(bench: Bench) -> None:
    bench.proposer, bench.budget = Estimating([90, StorageError("the power fails"), 80, 70]), ", cost_usd: 1.6"
    with pytest.raises(StorageError):
        bench.session()
    state = bench.session()
    assert [experiment.status for experiment in state.experiments] == ["keep", "interrupted", "keep"]
    assert (state.cost_usd, state.unsettled.cost_usd, state.cut_off) == (1.0, 0.5, 1)
    assert state.stop_detail.startswith("$1.00 of $1.60 are spent, $0.50 are set aside for 1 experiment cut off, and")


def test_service_that_refuses_gives_back_what_was_set_aside(bench: Bench) -> None:
    bench.proposer = Estimating([AccessRefused("401", fix="renew KEY")])
    state = bench.session()
    assert (state.stop_reason, state.unsettled, state.cost_usd) == ("error", Reserve(), None)


def test_change_is_not_mended_beyond_a_cap(bench: Bench) -> None:
    bench.proposer, bench.budget = Paid(["crash here", 90], repairs=1), ", cost_usd: 0.9"
    state = bench.session()
    (only,) = state.experiments
    assert (only.status, only.repairs, state.counts.repairs, state.cost_usd) == ("crash", 0, 0, 0.5)
    assert "not mended: $0.50 of $0.90 are spent, and mending takes about $0.50" in only.detail
    assert state.stop_reason == "cost"


def test_change_is_mended_within_a_cap(bench: Bench) -> None:
    bench.proposer, bench.budget = Paid(["crash here", 90], repairs=1), ", cost_usd: 1"
    state = bench.session()
    assert [(one.status, one.repairs) for one in state.experiments] == [("keep", 1)]
    assert (state.cost_usd, state.stop_reason) == (1.0, "cost")


def test_hypotheses_that_are_paid_for_are_tried_when_the_cap_is_reached(bench: Bench) -> None:
    @dataclass
    class Several(Paid):
        def estimate(self, brief: Brief) -> Reserve:
            return FREE if brief.offers else Reserve(cost_usd=1.0, tokens=100, requests=1)

        def propose(self, brief: Brief, desk: Desk) -> Proposal:
            if brief.offers:
                self.cost_usd = 0.0
                return (
                    super()
                    .propose(brief, desk)
                    .model_copy(
                        update={"offer": brief.offers[0].rank, "requests": 0, "tokens": Tokens(input=0, output=0)}
                    )
                )
            offers = (Offer(rank=1), Offer(rank=2), Offer(rank=3))
            return super().propose(brief, desk).model_copy(update={"offers": offers, "offer": 1})

    bench.proposer, bench.budget = Several([90, 80, 70, 60], cost_usd=1.0), ", cost_usd: 1, requests: 1"
    state = bench.session()
    assert (state.counts.decided, state.counts.requests, state.cost_usd) == (3, 1, 1.0)
    assert (state.stop_reason, state.offers) == ("cost", ())


def test_cap_that_cannot_be_kept_is_told_once_in_a_session(bench: Bench) -> None:
    bench.proposer, bench.budget = Paid([90, 80, 70, 60], cost_usd=None), ", cost_usd: 1"
    bench.session(experiments=2)
    (note,) = [event.text for event in written(bench, Noted)]
    assert note.startswith(
        "the cap of $1.00 (budget.cost_usd) cannot be kept: nobody said the cost of experiment 1; name a"
    )
    bench.session(experiments=2)
    assert len(written(bench, Noted)) == 2


def test_cap_that_is_kept_needs_no_note(bench: Bench) -> None:
    bench.proposer, bench.budget = Paid([90, 80], cost_usd=0.0), ", cost_usd: 1, tokens: 5M, requests: 9"
    bench.session()
    assert written(bench, Noted) == []
