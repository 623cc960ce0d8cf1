import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from autoexp.executors.local import LocalExecutor
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.patience import RETAKES
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
        measure="echo METRIC x=$(cat commit)", *, warmup=0, deterministic="auto", cell=None, **harness
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
