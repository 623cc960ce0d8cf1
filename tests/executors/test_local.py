import os
import sys
import uuid
from pathlib import Path

import pytest
from pydantic import ValidationError

from autoexp.executors.local import LocalExecutor
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
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

    def release(self) -> None:
        self.events.append("release")


@pytest.fixture
def trees(tmp_path):
    return FolderTrees(tmp_path / "trees")


@pytest.fixture
def executor(tmp_path, trees):
    def build(measure="echo METRIC x=$(cat commit)", *, warmup=0, **harness) -> LocalExecutor:
        return LocalExecutor(
            harness=HarnessSection(measure=measure, **harness),
            metrics={"x": MetricSection(role="primary", direction="lower")},
            measurement=MeasurementSection(warmup=warmup),
            trees=trees,
            output=tmp_path / "output",
            marker=f"test-{uuid.uuid4().hex}:",
            environ={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
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
