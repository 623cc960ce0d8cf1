"""A session that ends anywhere, and another one that goes on: the same decisions as if nobody had ended it, and no proposer asked twice."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import Bench, opened

from autoexp.campaign.events import Record
from autoexp.campaign.fold import fold_all
from autoexp.campaign.interruptions import is_unmended
from autoexp.campaign.resuming import LONGEST_PAUSE_S
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.campaign.views import Brief
from autoexp.engine import clocks
from autoexp.engine.clocks import Instant
from autoexp.errors import StorageError
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Proposal
from autoexp.ports import Desk, NothingLeft
from autoexp.stores.journal import FileJournal
from autoexp.stores.layout import CampaignFolder

NOISY = """\
scope: {edit: [value.txt]}
harness: {measure: "none is run", checks: "neither", holdout: "nor this"}
metrics: {x: {role: primary, direction: lower}}
budget: {consecutive_discards: null}
"""
CONTRACTS = {
    "sequential": NOISY,
    "seeds as pairs": NOISY + "measurement: {seeds: [1, 2, 3, 4, 5, 6, 7, 8]}\n",
    "batch": NOISY + "decision: {method: batch}\n",
    "single": NOISY + "decision: {method: single}\n",
    "repeats": NOISY + "measurement: {deterministic: true}\n",
}
VALUES: tuple[Any, ...] = (80, 95, 13, "crash", 78)


@dataclass
class Counting:
    """Proposes a value an experiment, and counts how often it is asked for each; a crash it mends to 70."""

    repairs: int = 1
    asked: Counter[tuple[int, bool]] = field(default_factory=Counter)

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        if brief.position >= len(VALUES):
            raise NothingLeft
        self.asked[brief.position, brief.repair is not None] += 1
        value = VALUES[brief.position] if brief.repair is None else 70
        (desk.workspace / "value.txt").write_text(f"{value}\n")
        return Proposal(
            description=f"value {VALUES[brief.position]}", asi={"kind": f"k{brief.position}"}, cost_usd=0.25
        )


@contextmanager
def campaign(folder: Path, name: str) -> Iterator[Bench]:
    with opened(folder) as bench:
        bench.contract = CONTRACTS[name]
        bench.noise = 0.0 if name == "repeats" else 0.02
        bench.proposer = Counting()
        yield bench


def asked(bench: Bench) -> Counter[tuple[int, bool]]:
    assert isinstance(bench.proposer, Counting)
    return bench.proposer.asked


def told(one: Experiment) -> tuple[Any, ...]:
    """Give what must be the same, whoever measured when: words, runs with their seeds, checks, holdout, ruling, effect, lessons aside."""
    runs = [(sample.side, sample.i, sample.seed, sample.values) for sample in one.samples]
    held = (
        [(sample.side, sample.i, sample.seed, sample.values) for sample in one.holdout.samples] if one.holdout else []
    )
    kind = one.proposal.asi.get("kind") if one.proposal else None
    effect = one.decision.effect if one.decision else None
    return one.description, kind, one.status, one.seed, runs, one.checks, held, one.measurement, effect, one.reasons


def decisions(state: CampaignState) -> list[tuple[Any, ...]]:
    return [told(one) for one in state.experiments if one.outcome is not Outcome.INTERRUPTED]


def journal_of(bench: Bench) -> list[Record]:
    with FileJournal(CampaignFolder(bench.repository.common_dir, "main").path, bench.stamp) as journal:
        return list(journal.read())


def lawful(state: CampaignState) -> None:
    assert state.open is None
    numbers = [one.n for one in state.experiments]
    assert numbers == sorted(set(numbers))


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give how a campaign goes that nobody interrupts, worked out once for each contract."""
    known: dict[str, CampaignState] = {}

    def state_of(name: str) -> CampaignState:
        if name not in known:
            with campaign(tmp_path_factory.mktemp("peace"), name) as bench:
                known[name] = bench.session()
                records[name] = journal_of(bench)
                assert set(asked(bench).values()) == {1}
        return known[name]

    def records_of_one(name: str) -> list[Record]:
        state_of(name)
        return records[name]

    records: dict[str, list[Record]] = {}
    state_of.records = records_of_one  # type: ignore[attr-defined]
    return state_of


def rebooted(bench: Bench) -> None:
    bench.boot = "another boot"


def nothing(bench: Bench) -> None:
    del bench


WAYS = {"killed": nothing, "killed with its machine": rebooted}


def ended_at(bench: Bench, record: int, way: str) -> None:
    """Let a session write some records and end it: as a kill does, also with the whole machine, or as Ctrl-C does."""
    if way == "interrupted":
        bench.session(interrupt=record)
        return
    with suppress(StorageError):
        bench.session(records=record)
    WAYS[way](bench)


def check(bench: Bench, known: CampaignState, record: int, way: str) -> None:
    ended_at(bench, record, way)
    before = dict(asked(bench))
    last = _last(bench)
    proposed = last is not None and last.candidate is not None and last.proposal is not None
    mended = proposed and not is_unmended(last)
    state = bench.session()
    lawful(state)
    assert decisions(state) == decisions(known)
    assert state.counts.decided == known.counts.decided
    for (position, repair), times in before.items():
        if mended if repair else proposed:
            assert asked(bench)[position, repair] == times, f"the proposer of {position} was asked again"


def _last(bench: Bench) -> Experiment | None:
    """Give the last experiment on record."""
    state = fold_all(journal_of(bench))
    return state.open or next(reversed(state.experiments), None)


def records_of(state: CampaignState) -> range:
    """Give the records from the first experiment on, the end of the session aside."""
    first = 5 + len(state.segments[0].samples)
    return range(first, state.events - 1)


EVERY = 5
ALL_WAYS = ("killed", "killed with its machine", "interrupted")


@pytest.mark.parametrize(
    ("name", "way", "share"),
    [
        ("sequential", "killed", 0.2),
        ("sequential", "interrupted", 0.25),
        ("batch", "killed with its machine", 0.3),
        ("repeats", "killed", 0.5),
    ],
)
def test_campaign_decides_as_if_it_had_never_been_ended(
    tmp_path: Path, in_peace: Any, name: str, way: str, share: float
) -> None:
    known = in_peace(name)
    records = records_of(known)
    with campaign(tmp_path, name) as bench:
        check(bench, known, records[int(share * len(records))], way)


@pytest.mark.long
@pytest.mark.parametrize("name", CONTRACTS)
@pytest.mark.parametrize("way", ALL_WAYS)
def test_campaign_decides_as_if_it_had_never_been_ended_after_one_record_or_another(
    tmp_path: Path, in_peace: Any, name: str, way: str
) -> None:
    known = in_peace(name)
    first = (list(CONTRACTS).index(name) + ALL_WAYS.index(way)) % EVERY
    for record in records_of(known)[first::EVERY]:
        with campaign(tmp_path / str(record), name) as bench:
            check(bench, known, record, way)


def events(bench: Bench, name: str) -> list[Any]:
    return [record.event for record in journal_of(bench) if record.event.event == name]


def killed_after(bench: Bench, in_peace: Any, name: str, kind: str, count: int) -> None:
    """Kill a session right after the record that makes `count` of a kind, those of the baseline aside."""
    tail = [
        record
        for record in in_peace.records(name)
        if not (record.event.event == kind == "sample" and not record.event.n)
    ]
    at = [record.number for record in tail if record.event.event == kind][count - 1]
    with suppress(StorageError):
        bench.session(records=at + 1)


def later(seconds: float, *, slept: float = 0.0) -> Any:
    """Give clocks that are ahead by some seconds, in which the machine slept or not."""

    def look() -> Instant:
        now = clocks.look()
        return Instant(now.wall + seconds + slept, now.awake_s + seconds, now.asleep_s + slept)

    return look


def first_end(bench: Bench) -> tuple[str, str]:
    """Work on, and give how the first experiment ended."""
    one = bench.session(experiments=1).experiments[0]
    return one.status, one.detail


def test_measurement_goes_on_under_its_number(tmp_path: Path, in_peace: Any) -> None:
    with campaign(tmp_path, "sequential") as bench:
        killed_after(bench, in_peace, "sequential", "sample", 2)
        state = bench.session(experiments=1)
        one = state.experiments[0]
        assert (one.n, one.status, one.void, len(one.pauses)) == (1, "keep", (), 1)
        assert len(events(bench, "continued")) == 1
        assert asked(bench) == {(0, False): 1}


def test_half_a_pair_is_taken_again_unless_the_pause_was_shorter_than_a_run(tmp_path: Path, in_peace: Any) -> None:
    for wall_s, void in ((0.0, 1), (3600.0, 0)):
        with campaign(tmp_path / str(void), "batch") as bench:
            bench.wall_s = wall_s
            killed_after(bench, in_peace, "batch", "sample", 3)
            one = bench.session(experiments=1).experiments[0]
            assert (one.status, len(one.void)) == ("keep", void)
            assert told(one) == told(in_peace("batch").experiments[0])
            assert one.samples_taken == in_peace("batch").experiments[0].samples_taken + void


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (later(LONGEST_PAUSE_S + 1), "the pause took 10 min"),
        (later(3 * 3600), "the pause took 3 h"),
        (later(30, slept=60), "the machine slept meanwhile"),
    ],
)
def test_pause_that_is_too_long_or_was_slept_through_is_told(
    tmp_path: Path, in_peace: Any, look: Any, why: str
) -> None:
    with campaign(tmp_path, "repeats") as bench:
        killed_after(bench, in_peace, "repeats", "sample", 1)
        bench.look = look
        status, detail = first_end(bench)
        assert (status, why in detail) == ("interrupted", True), detail
        assert asked(bench) == {(0, False): 1}


def test_restart_of_the_machine_is_told(tmp_path: Path, in_peace: Any) -> None:
    with campaign(tmp_path, "repeats") as bench:
        killed_after(bench, in_peace, "repeats", "sample", 1)
        rebooted(bench)
        status, detail = first_end(bench)
        assert (status, "the machine was started anew since" in detail) == ("interrupted", True)


def test_other_contract_is_told_and_the_change_measured_under_it(tmp_path: Path, in_peace: Any) -> None:
    with campaign(tmp_path, "repeats") as bench:
        killed_after(bench, in_peace, "repeats", "sample", 1)
        bench.contract = bench.contract.replace("neither", "another")
        state = bench.session(experiments=1)
        first, second = state.experiments
        assert (first.status, "the spec changed" in first.detail) == ("interrupted", True), first.detail
        assert (second.status, second.directive.again, second.segment) == ("keep", 1, 1)
        assert second.candidate == first.candidate
        assert asked(bench) == {(0, False): 1}


def test_change_that_is_interrupted_three_times_is_asked_for_anew(tmp_path: Path, in_peace: Any) -> None:
    with campaign(tmp_path, "repeats") as bench:
        killed_after(bench, in_peace, "repeats", "candidate", 1)
        for restart in range(3):
            bench.boot = f"boot {restart}"
            if restart < 2:
                with suppress(StorageError):
                    bench.session(records=_until_measured(bench))
        state = bench.session(experiments=1)
        assert [(one.status, one.directive.again) for one in state.experiments] == [
            ("interrupted", None),
            ("interrupted", 1),
            ("interrupted", 2),
            ("keep", None),
        ]
        assert asked(bench) == {(0, False): 2}


def _until_measured(bench: Bench) -> int:
    """Give the records that a session writes until it has taken one sample of a change that it measures again."""
    del bench
    return len(("session", "decision", "done", "intent", "proposal", "candidate", "sample"))
