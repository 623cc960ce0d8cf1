"""A disk that fills up, a git that fails, a machine that fails: nothing is lost, doubled or half done."""

import pytest
from tests.engine.conftest import Bench

from autoexp.errors import AutoexpError, GitError, StorageError, WorldError
from autoexp.ports import Desk

WHOLE = ["keep", "discard", "keep"]
RECORDS = 30


def decided(state) -> list[str]:
    return [e.status for e in state.experiments if e.status not in {"interrupted", "infra_error"}]


@pytest.mark.parametrize("records", range(RECORDS))
def test_disk_that_is_full_at_any_record_loses_nothing(bench: Bench, records: int) -> None:
    with pytest.raises(StorageError):
        bench.session(records=records)
    state = bench.session()
    assert decided(state) == WHOLE
    numbers = [experiment.n for experiment in state.experiments]
    assert len(set(numbers)) == len(numbers)
    kept = [experiment.candidate.commit for experiment in state.experiments if experiment.kept]
    assert bench.git("rev-list", "--first-parent", "refs/autoexp/main/best").splitlines()[:-1] == kept[::-1]
    for experiment in state.experiments:
        assert bench.git("cat-file", "-t", f"refs/autoexp/main/record/{experiment.n}") == "blob"


def test_disk_that_is_never_full_writes_as_many_records_as_were_tried(bench: Bench) -> None:
    assert bench.session(records=RECORDS).events == RECORDS


@pytest.mark.parametrize("error", [GitError("git failed"), WorldError("the machine"), OSError(28, "No space left")])
def test_failing_machine_costs_the_experiment_and_not_the_campaign(bench: Bench, error: Exception) -> None:
    bench.failures = [error]
    state = bench.session()
    assert [e.status for e in state.experiments] == ["infra_error", *WHOLE]
    assert state.counts.decided == 3
    assert state.stop_reason == "exhausted"


def test_machine_that_fails_again_and_again_ends_the_session_as_an_error(bench: Bench) -> None:
    bench.failures = [GitError(f"git failed {i}") for i in range(9)]
    state = bench.session()
    assert [e.status for e in state.experiments] == ["infra_error"] * 3
    assert state.stop_reason == "error"


def test_bug_of_a_proposer_is_loud_and_its_experiment_closed_by_the_next_session(bench: Bench) -> None:
    def bug(desk: Desk) -> None:
        raise KeyError("a bug")

    bench.values = [90, bug, 80]
    with pytest.raises(KeyError):
        bench.session()
    bench.values = [90, 95, 80]
    state = bench.session()
    assert [e.status for e in state.experiments] == ["keep", "interrupted", "discard", "keep"]


def test_seeds_of_a_campaign_do_not_depend_on_interruptions(bench: Bench) -> None:
    with pytest.raises(StorageError):
        bench.session(records=6)
    state = bench.session()
    seeds = {e.status: e.seed for e in state.experiments}
    assert seeds["interrupted"] == state.experiments[1].seed


def test_second_session_takes_no_baseline_again(bench: Bench) -> None:
    bench.session(experiments=1)
    bench.session(experiments=1)
    assert bench.taken == 1


def test_moved_best_is_not_overwritten_by_a_keep(bench: Bench) -> None:
    def move(desk: Desk) -> None:
        bench.git("update-ref", "refs/autoexp/main/best", foreign)
        (desk.workspace / "value.txt").write_text("50\n")

    who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
    foreign = bench.git(*who, "commit-tree", "HEAD^{tree}", "-m", "foreign")
    bench.values = [move]
    with pytest.raises(AutoexpError, match="somebody else moved it"):
        bench.session()
    assert bench.git("rev-parse", "refs/autoexp/main/best") == foreign


def test_branch_that_cannot_be_shown_is_a_note(bench: Bench) -> None:
    bench.git("branch", "autoexp")
    state = bench.session()
    assert decided(state) == WHOLE
