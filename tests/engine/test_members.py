"""Keeps taken out together and discards tried together: experiments like others, and the best so far without a keep as a commit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from tests.engine.conftest import CONTRACT, Bench, Reading, opened

from autoexp.campaign.events import Event, Record
from autoexp.campaign.fold import fold_all
from autoexp.campaign.interruptions import to_measure_again
from autoexp.campaign.members import bundle_of, kept_line, standing
from autoexp.campaign.rows import rows
from autoexp.campaign.state import CampaignState
from autoexp.campaign.views import Brief
from autoexp.engine.members import LeftOut, bundle, leave_out, prunable, prune
from autoexp.engine.workshop import Workshop
from autoexp.errors import CampaignError
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Proposal
from autoexp.ports import Desk
from autoexp.stores.reading import Torn, read_from

PARTS = "a 50\n.\n.\nb 20\n.\n.\nc 20\n.\n.\nmode full\n"


class Adding(Reading):
    """Measures a commit by adding up the numbers in its value.txt; in the quick mode a costs 10, whatever stands there, and the strict one cannot do with 50."""

    def sample(self, commit: str, side: Side, *, n: int, i: int, seed: int) -> Sample:
        self.taken += 1
        text = self.repository.read_blob(f"{commit}:value.txt").decode()
        found = dict(line.split() for line in text.splitlines() if " " in line)
        mode = found.pop("mode")
        if mode == "quick":
            found["a"] = "10"
        if mode == "strict" and found["a"] == "50":
            return Sample(side=side, i=i, seed=seed, outcome=Outcome.CRASH, detail="it broke")
        noise = 1 + self.noise * Random(f"{commit} {seed} {i}").gauss()
        return Sample(side=side, i=i, seed=seed, values={"x": sum(map(float, found.values())) * noise})


@dataclass(frozen=True)
class Edit:
    """Puts one text in the place of another."""

    old: str
    new: str

    def __call__(self, desk: Desk) -> None:
        path = desk.workspace / "value.txt"
        text = path.read_text()
        assert text.count(self.old) == 1
        path.write_text(text.replace(self.old, self.new))


A, B, C, QUICK = Edit("a 50", "a 40"), Edit("b 20", "b 10"), Edit("c 20", "c 15"), Edit("mode full", "mode quick")
WITHOUT_A = PARTS.replace("b 20", "b 10").replace("mode full", "mode quick")


def begun(bench: Bench, *edits: Callable[[Desk], None], parts: str = PARTS) -> CampaignState:
    """Run a campaign of some edits, on a repository that begins with the parts."""
    root = bench.repository.root
    assert root is not None
    (root / "value.txt").write_text(parts)
    bench.git("-c", "user.name=U", "-c", "user.email=u@localhost", "commit", "-qam", "parts")
    bench.reading, bench.values = Adding, edits
    return bench.session(experiments=len(edits))


def text(bench: Bench, commit: str) -> str:
    return bench.repository.read_blob(f"{commit}:value.txt").decode()


def events(bench: Bench) -> list[Event]:
    return [record.event for record in _records(bench)]


def _records(bench: Bench) -> list[Record]:
    path = next(Path(bench.repository.common_dir).glob("autoexp/*/journal.jsonl"))
    return [found[0] for found in read_from(path) if not isinstance(found, Torn)]


def pruning(*members: int) -> Callable[[Workshop], object]:
    return lambda shop: prune(shop, members)


@dataclass(frozen=True)
class Pruned:
    """A campaign of three keeps, of which the third made the first useless, before and after a prune; and what was left out before it."""

    bench: Bench
    before: CampaignState
    after: CampaignState
    asked: list[str]


class Eager:
    """A proposer that would mend anything, and notes that it was asked."""

    repairs = 3

    def __init__(self) -> None:
        self.asked: list[str] = []

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        self.asked.append(brief.directive.operator)
        raise AssertionError


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pruned]:
    with opened(tmp_path_factory.mktemp("pruned")) as bench:
        before = begun(bench, A, B, QUICK)
        bench.proposer = eager = Eager()
        after = bench.session(act=pruning(1))
        bench.proposer = None
        yield Pruned(bench, before, after, eager.asked)


def test_what_adds_nothing_any_more_is_taken_out(pruned: Pruned) -> None:
    state, bench = pruned.after, pruned.bench
    assert standing(pruned.before) == (1, 2, 3)
    found = state.experiments[-1]
    assert (found.n, found.status, found.directive.members) == (4, "keep", (1,))
    assert found.description == "take out experiment 1, which a confirmation does not support"
    assert state.incumbent.n == 4
    assert text(bench, state.incumbent.commit) == WITHOUT_A
    assert bench.git("rev-parse", f"{state.incumbent.commit}^") == pruned.before.incumbent.commit
    refs = bench.git("for-each-ref", "--format=%(refname:lstrip=3)").split()
    assert {"best", "attempt/4", "record/4", "attempt/1"} <= set(refs)
    assert bench.git("rev-parse", "refs/autoexp/main/best") == state.incumbent.commit


def test_a_member_that_is_taken_out_is_no_keep_any_more(pruned: Pruned) -> None:
    before, state = pruned.before, pruned.after
    member = state.experiments[0]
    assert (member.status, member.kept, member.taken_out, member.pruned_by) == ("discard", False, True, 4)
    assert member.reasons[0] == "taken out by experiment 4: a confirmation did not support it"
    assert standing(state) == (2, 3)
    assert (
        state.counts.kept == before.counts.kept == sum(row["status"] == "keep" and row["n"] > 0 for row in rows(state))
    )
    assert state.counts.decided == before.counts.decided + 1
    assert state.knowledge.totals.taken_out == (1,)


def test_gain_that_was_claimed_for_a_member_is_counted_no_more(pruned: Pruned) -> None:
    claimed = pruned.before.experiments[0].decision
    assert claimed is not None
    assert claimed.effect == pytest.approx(10 / 90)
    assert pruned.after.gain == pytest.approx(pruned.before.gain - claimed.effect)


def test_a_prune_asks_no_proposer(pruned: Pruned) -> None:
    assert pruned.asked == []
    assert pruned.after.counts.attempts == 3
    assert pruned.after.knowledge.tallies.by_name[""].experiments == 3


def test_the_journal_alone_tells_all_of_it(pruned: Pruned) -> None:
    folded, state = fold_all(_records(pruned.bench)), pruned.after
    assert list(rows(folded)) == list(rows(state))
    assert (folded.gain, folded.counts, standing(folded)) == (state.gain, state.counts, standing(state))
    assert "taken_out" in next(row for row in rows(folded) if row["n"] == 1)["flags"]


def test_the_same_tree_is_the_same_commit_each_time_and_has_no_ref(pruned: Pruned) -> None:
    bench, state = pruned.bench, pruned.before
    one, other = _left(bench, state, 2), _left(bench, state, 2)
    assert one == other
    assert one.commit is not None
    assert bench.git("rev-parse", f"{one.commit}^") == state.incumbent.commit
    assert bench.git("for-each-ref", f"--points-at={one.commit}") == ""


def test_a_keep_can_be_left_out_of_what_a_prune_left(pruned: Pruned) -> None:
    found = _left(pruned.bench, pruned.after, 2)
    assert found.commit is not None
    assert text(pruned.bench, found.commit) == PARTS.replace("mode full", "mode quick")


def test_a_keep_that_is_out_already_cannot_be_left_out(pruned: Pruned) -> None:
    for n in (1, 4):
        assert _left(pruned.bench, pruned.after, n).detail == f"experiment {n} is not in the best so far"


def test_a_keep_that_is_needed_stays(bench: Bench) -> None:
    before = begun(bench, A, B)
    state = bench.session(act=pruning(1))
    assert state.experiments[-1].status == "discard"
    assert (state.incumbent, state.gain, state.counts.kept) == (before.incumbent, before.gain, 2)
    assert standing(state) == (1, 2)
    assert state.experiments[0].pruned_by is None


@pytest.mark.long
def test_a_campaign_goes_on_from_what_a_prune_left(bench: Bench) -> None:
    begun(bench, A, B, QUICK)
    bench.session(act=pruning(1))
    bench.values = (A, B, QUICK, C)
    state = bench.session()
    assert state.experiments[-1].status == "keep"
    assert text(bench, state.incumbent.commit) == WITHOUT_A.replace("c 20", "c 15")
    assert standing(state) == (2, 3, 5)


def test_a_prune_that_breaks_the_program_takes_nothing_out(bench: Bench) -> None:
    """Nobody is asked to mend it, whatever the proposer offers."""
    before = begun(bench, A, Edit("c 20\n.\n.\nmode full", "c 15\n.\n.\nmode strict"))
    bench.proposer = eager = Eager()
    state = bench.session(act=pruning(1))
    assert eager.asked == []
    assert (state.experiments[-1].status, standing(state)) == ("crash", (1, 2))
    assert state.incumbent == before.incumbent


def test_what_cannot_be_taken_out_is_refused_with_the_place(bench: Bench) -> None:
    before = begun(bench, A, Edit("a 40", "a 30"), B)
    for members, words in (((1,), "experiment 2 would have to go as well (value.txt:1"), ((9,), "not in the best")):
        with pytest.raises(CampaignError, match=r"cannot be taken out") as refused:
            bench.session(act=pruning(*members))
        assert words in str(refused.value)
    state = bench.session(act=lambda shop: None)
    assert state.last_n == before.last_n


def _left(bench: Bench, state: CampaignState, n: int) -> LeftOut:
    return leave_out(bench.repository, state.incumbent.commit, kept_line(state), n)


def test_only_what_no_other_keep_is_built_on_may_be_pruned_by_itself(bench: Bench) -> None:
    begun(bench, A, Edit("a 40", "a 30"), B, QUICK)
    seen: Mapping[tuple[int, ...], tuple[int, ...]] = {
        (1,): (),
        (1, 3): (3,),
        (1, 2): (1, 2),
        (2, 3): (2, 3),
        (7,): (),
        (): (),
    }
    found = {}
    bench.session(act=lambda shop: found.update({members: prunable(shop, members) for members in seen}))
    assert found == seen


SMALL = CONTRACT.replace("direction: lower", "direction: lower, min_effect: 8%")


def bundling(shop: Workshop) -> object:
    return bundle(shop, bundle_of(shop.state))


def test_discards_that_are_better_together_are_kept_as_one(bench: Bench) -> None:
    bench.contract = SMALL
    before = begun(bench, Edit("a 50", "a 46"), Edit("b 20", "b 30"), Edit("c 20", "c 15"))
    assert [one.status for one in before.experiments] == ["discard"] * 3
    assert bundle_of(before) == (3, 1)
    state = bench.session(act=bundling)
    found = state.experiments[-1]
    assert (found.status, found.directive.members, found.description) == (
        "keep",
        (3, 1),
        "experiments 1 and 3 together",
    )
    assert text(bench, state.incumbent.commit) == PARTS.replace("a 50", "a 46").replace("c 20", "c 15")
    assert (state.counts.kept, standing(state), state.gain) == (1, (4,), pytest.approx(9 / 90))
    assert bundle_of(state) == ()


@pytest.mark.long
def test_of_changes_that_do_not_go_together_the_newest_is_tried_and_one_alone_is_no_bundle(bench: Bench) -> None:
    bench.contract = SMALL
    none: list[object] = []
    begun(bench, Edit("a 50", "a 46"), Edit("a 50", "a 45"), Edit("c 20", "c 15"))
    state = bench.session(act=bundling)
    assert state.experiments[-1].directive.members == (3, 2)
    assert bundle_of(state) == (1,)
    alone = bench.session(act=lambda shop: none.append(bundle(shop, bundle_of(shop.state))))
    assert (none, alone.last_n) == ([None], state.last_n)


@pytest.mark.long
def test_a_bundle_that_is_not_kept_is_not_tried_again(bench: Bench) -> None:
    bench.contract = SMALL
    begun(bench, Edit("a 50", "a 49"), Edit("c 20", "c 19"))
    state = bench.session(act=bundling)
    assert state.experiments[-1].status == "discard"
    assert bundle_of(state) == ()


def test_an_interrupted_prune_is_not_measured_again_by_a_run(bench: Bench) -> None:
    begun(bench, A, B, QUICK)
    at_end = len(events(bench))
    found = bench.session(act=pruning(1), interrupt=4)
    assert found.experiments[-1].status == "interrupted"
    assert len(events(bench)) > at_end
    assert to_measure_again(found) is None
    state = bench.session()
    assert [one.status for one in state.experiments] == ["keep", "keep", "keep", "interrupted"]
    again = bench.session(act=pruning(1))
    assert again.experiments[-1].status == "keep"
    assert standing(again) == (2, 3)


@pytest.mark.long
def test_in_noise_a_prune_goes_by_pairs_and_teaches_where_the_best_stands(bench: Bench) -> None:
    bench.contract = CONTRACT.replace("measurement: {deterministic: true}", "measurement: {deterministic: false}")
    bench.noise = 0.01
    before = begun(bench, A, B, QUICK)
    assert standing(before) == (1, 2, 3)
    state = bench.session(act=pruning(1))
    found = state.experiments[-1]
    assert (found.status, found.decision.method if found.decision else "") == ("keep", "no worse")
    assert len(found.of_side(Side.CANDIDATE)) == len(found.of_side(Side.INCUMBENT)) > 2
    assert state.beliefs.ledger == before.beliefs.ledger
    assert state.beliefs.gauges != before.beliefs.gauges
    bench.values = (A, B, QUICK, C)
    later = bench.session(experiments=1)
    assert later.experiments[-1].status == "keep"
    assert text(bench, later.incumbent.commit) == WITHOUT_A.replace("c 20", "c 15")
