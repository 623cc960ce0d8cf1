import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from autoexp.executors.local import LocalExecutor
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.patience import RETAKES, SLEEPS
from autoexp.harness.quiet import Moment
from autoexp.processes.sandbox import bwrap
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec.sections import HarnessSection, MeasurementSection, MetricSection


class FolderTrees:
    """Trees that are plain folders: one per side, holding the name of the commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[str] = []
        self.current = folder

    def place(self, side: str, commit: str) -> Path:
        self.events.append(f"place {side} {commit}")
        self.current = self.folder / side
        self.current.mkdir(parents=True, exist_ok=True)
        (self.current / "commit").write_text(commit)
        self.before = commit
        return self.current

    place_whole = place

    def clean(self) -> tuple[str, ...]:
        self.events.append("clean")
        return ("commit",) if (self.current / "commit").read_text() != self.before else ()

    def trust(self) -> None:
        self.events.append("trust")

    def verify(self) -> tuple[str, ...]:
        self.events.append("verify")
        return self.clean()

    def release(self) -> None:
        self.events.append("release")


@pytest.fixture
def trees(tmp_path):
    return FolderTrees(tmp_path / "trees")


@pytest.fixture
def executor(tmp_path, trees):
    def build(
        measure="echo METRIC x=$(cat commit)", *, warmup=0, deterministic="auto", cell=None, look=None, **harness
    ) -> LocalExecutor:
        return LocalExecutor(
            harness=HarnessSection(measure=measure, **harness),
            metrics={"x": MetricSection(role="primary", direction="lower")},
            measurement=MeasurementSection(warmup=warmup, deterministic=deterministic),
            trees=trees,
            output=tmp_path / "output",
            marker=f"test-{uuid.uuid4().hex}:",
            environ={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            cell=cell or Cell(),
            look=look,
        )

    return build


def test_a_sample_runs_on_the_tree_of_its_commit(executor, trees):
    taken = executor().sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert taken.values == {"x": 42.0}
    assert trees.events == ["place candidate 42", "clean"]


def test_outputs_are_named_after_experiment_side_and_sample(executor, tmp_path):
    taken = executor().sample("42", Side.INCUMBENT, n=7, i=3, seed=1)
    assert taken.output == "7/incumbent-3.out"
    assert (tmp_path / "output" / taken.output).exists()


def test_a_run_that_changed_tracked_files_is_no_measurement_and_they_are_named(executor):
    taken = executor("echo 0 > commit; echo METRIC x=1").sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.outcome, taken.values) == (Outcome.TAMPERED, {})
    assert "commit" in taken.detail


def test_a_tree_is_cleaned_also_after_a_crash(executor, trees):
    assert executor("exit 1").sample("42", Side.CANDIDATE, n=7, i=0, seed=1).outcome is Outcome.CRASH
    assert trees.events[-1] == "clean"


def test_checks_run_on_the_tree_of_the_candidate(executor, trees):
    checked = executor(checks='test "$(cat commit)" = 42').checks("42", n=7)
    assert (checked.outcome, checked.output) == (Outcome.MEASURED, "7/checks.out")
    assert trees.events == ["place candidate 42", "clean"]


def test_without_checks_no_tree_is_placed(executor, trees):
    assert executor().checks("42", n=7).outcome is Outcome.MEASURED
    assert trees.events == []


def test_it_tells_what_numbers_depend_on(executor):
    assert executor().fingerprint()["cores"]


def test_more_than_one_slot_is_refused():
    with pytest.raises(ValidationError):
        LocalExecutor.Options.model_validate({"slots": 2})


@pytest.fixture
def busy() -> Iterator[None]:
    """Let another program use a processor all the time."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield
        process.kill()


SLOW = "sleep 0.5; echo METRIC x=1"


def test_a_run_that_others_disturbed_is_taken_again_and_stands_in_the_end(executor, trees, busy) -> None:
    taken = executor(SLOW).sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.outcome, taken.values) == (Outcome.MEASURED, {"x": 1.0})
    assert (taken.voided, taken.flags) == (RETAKES, ("disturbed",))
    assert trees.events == ["place candidate 42", "clean"] * (RETAKES + 1)


def test_what_void_runs_have_cost_counts(executor, busy) -> None:
    taken = executor(f"{SLOW}; echo COST usd=0.5").sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert taken.cost_usd == 0.5 * (1 + RETAKES)


def test_where_numbers_repeat_a_busy_machine_does_not_matter(executor, busy) -> None:
    taken = executor(SLOW, deterministic=True).sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.voided, taken.flags) == (0, ())


def test_a_run_without_a_measurement_is_not_taken_again(executor, busy) -> None:
    taken = executor("sleep 0.5; exit 1").sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.outcome, taken.voided, taken.flags) == (Outcome.CRASH, 0, ())


def test_checks_that_changed_tracked_files_have_tampered(executor) -> None:
    checked = executor(checks="echo 0 > commit").checks("42", n=7)
    assert checked.outcome is Outcome.TAMPERED
    assert "commit" in checked.detail


@pytest.fixture
def mounted() -> Cell:
    if (program := bwrap.program()) is None:
        pytest.skip("bubblewrap is not installed")
    return Cell(bwrap.Bubblewrapped(program))


def test_a_run_that_saw_its_tree_read_only_has_changed_nothing(executor, trees, mounted) -> None:
    taken = executor("echo 0 > commit; echo METRIC x=$(cat commit)", cell=mounted).sample(
        "42", Side.CANDIDATE, n=7, i=0, seed=1
    )
    assert (taken.outcome, taken.values, taken.sandbox) == (Outcome.MEASURED, {"x": 42.0}, "bwrap")
    assert trees.events[-1] == "trust"


def test_a_tree_that_nobody_can_write_is_compared_once_an_experiment_before_its_use(executor, trees, mounted) -> None:
    local = executor(cell=mounted, deterministic=True)
    for n, i in ((7, 0), (7, 1), (8, 0)):
        local.sample("42", Side.CANDIDATE, n=n, i=i, seed=1)
    placed, first, again = "place candidate 42", ["clean", "trust"], ["trust"]
    assert trees.events == [placed, *first, placed, *again, placed, *first]


def test_trees_are_compared_once_more_before_a_keep(executor, trees, mounted) -> None:
    local = executor(cell=mounted)
    assert local.verify(7) == ()
    assert trees.events == []
    local.sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    (trees.folder / "candidate/commit").write_text("changed by others")
    assert local.verify(8) == ()
    assert local.verify(7) == ("commit",)
    assert local.verify(7) == ()


def test_a_folder_to_write_is_no_tracked_file(executor) -> None:
    cell = Cell(scratch=("commit",))
    taken = executor("echo 0 > commit; echo METRIC x=1", cell=cell).sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert taken.outcome is Outcome.MEASURED


class Naps:
    """A machine that sleeps some seconds between two looks at it, whenever told so; nobody else uses it."""

    def __init__(self, *naps: float) -> None:
        self.naps = list(naps)
        self.asleep_s = 0.0
        self.looks = 0

    def __call__(self) -> Moment:
        self.looks += 1
        if self.looks % 2 == 0 and self.naps:
            self.asleep_s += self.naps.pop(0)
        return Moment(wall_s=time.monotonic(), asleep_s=(self.asleep_s, self.asleep_s))


def counting(tmp_path: Path, command: str) -> str:
    """Give a command that leaves one letter a run in a file."""
    return f"printf x >> {tmp_path}/runs; {command}"


def runs(tmp_path: Path) -> int:
    return len((tmp_path / "runs").read_text())


def test_a_sample_during_which_the_machine_slept_is_taken_again(executor, tmp_path):
    measure = counting(tmp_path, f"echo METRIC x=$(wc -c < {tmp_path}/runs); echo COST usd=0.5")
    taken = executor(measure, look=Naps(3600, 60, 0)).sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.values, taken.voided, taken.flags, taken.cost_usd) == ({"x": 3.0}, 2, (), 1.5)


def test_a_number_that_repeats_stands_whether_or_not_the_machine_slept(executor, tmp_path):
    measure = counting(tmp_path, "echo METRIC x=1")
    taken = executor(measure, deterministic=True, look=Naps(3600)).sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.values, taken.voided, taken.flags, runs(tmp_path)) == ({"x": 1.0}, 0, (), 1)


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_run_that_failed_while_the_machine_slept_is_taken_again(executor, tmp_path, deterministic):
    measure = counting(tmp_path, f'test "$(cat {tmp_path}/runs)" = xx && echo METRIC x=1')
    shop = executor(measure, deterministic=deterministic, look=Naps(3600))
    taken = shop.sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.outcome, taken.voided, taken.flags) == (Outcome.MEASURED, 1, ())


def test_a_run_that_hangs_while_the_machine_sleeps_stands_in_the_end(executor, tmp_path):
    shop = executor(counting(tmp_path, "exit 1"), deterministic=True, look=Naps(*[3600] * 50))
    taken = shop.sample("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.outcome, taken.voided, taken.flags) == (Outcome.CRASH, SLEEPS, ("disturbed",))


def test_a_run_that_changed_tracked_files_stands_although_the_machine_slept(executor, tmp_path):
    shop = executor(counting(tmp_path, "echo 0 > commit"), look=Naps(3600))
    assert shop.sample("42", Side.CANDIDATE, n=7, i=0, seed=1).outcome is Outcome.TAMPERED
    assert runs(tmp_path) == 1


def test_checks_that_failed_while_the_machine_slept_are_run_again(executor, tmp_path):
    shop = executor(checks=counting(tmp_path, f'test "$(cat {tmp_path}/runs)" = xx'), look=Naps(3600))
    assert shop.checks("42", n=7).outcome is Outcome.MEASURED


def test_checks_that_passed_are_not_run_again(executor, tmp_path):
    shop = executor(checks=counting(tmp_path, "true"), look=Naps(3600))
    assert shop.checks("42", n=7).outcome is Outcome.MEASURED
    assert runs(tmp_path) == 1


def test_a_holdout_during_which_the_machine_slept_is_run_again(executor, tmp_path):
    holdout = counting(tmp_path, f"echo METRIC x=$(wc -c < {tmp_path}/runs)")
    taken = executor(holdout=holdout, look=Naps(3600)).holdout("42", Side.CANDIDATE, n=7, i=0, seed=1)
    assert (taken.values, taken.voided) == ({"x": 2.0}, 1)
