"""The lab `etl-as-published`: each of its faults is there, and its edits apply and do what they say."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML

from autoexp.labs import gallery

pytest.importorskip("pandas")
pytest.importorskip("pyarrow")

LAB = Path(gallery.__file__).parent / "etl-as-published"
EDITS = YAML(typ="safe").load((LAB / "edits.yaml").read_text())
MODULES = ("pipeline", "baseline_config", "generate_dataset")
ROWS = 5_000


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SimpleNamespace]:
    monkeypatch.setenv("AUTO_DATA_CACHE", str(tmp_path))
    monkeypatch.setenv("AUTO_DATA_ROWS", str(ROWS))
    monkeypatch.syspath_prepend(str(LAB))
    yield SimpleNamespace(**{name: __import__(name) for name in MODULES})
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def folder(lab: SimpleNamespace, tmp_path: Path) -> Path:
    return lab.generate_dataset.ensure(tmp_path, ROWS)


def test_f1_the_pushdown_drops_two_of_five_categories(lab: SimpleNamespace, folder: Path, monkeypatch) -> None:
    whole = lab.pipeline.run_pipeline(folder)
    monkeypatch.setattr(lab.pipeline, "PREDICATE_PUSHDOWN", True)
    part = lab.pipeline.run_pipeline(folder)
    assert (len(whole), len(part)) == (50, 30)
    assert set(part["category"]) == {"A", "B", "C"}


def test_f2_an_empty_answer_is_called_correct_and_one_could_know_better(lab: SimpleNamespace, folder: Path) -> None:
    right = lab.baseline_config.checksum(lab.pipeline.run_pipeline(folder))
    assert lab.baseline_config.run_experiment(lambda _: None)["data_correct"] is True
    armed = lab.baseline_config.run_experiment(lambda path: lab.pipeline.run_pipeline(path).head(3), right)
    assert armed["data_correct"] is False


@pytest.mark.parametrize("knob", ["CHUNK_SIZE", "PARTITION_COLS", "MAX_MEMORY_MB", "NUM_PARTITIONS", "COMPRESSION"])
def test_f3_a_knob_does_nothing(lab: SimpleNamespace, folder: Path, monkeypatch, knob: str) -> None:
    before = lab.pipeline.run_pipeline(folder)
    monkeypatch.setattr(lab.pipeline, knob, "anything")
    assert lab.pipeline.run_pipeline(folder).equals(before)


def test_f4_f5_f6_a_short_run_costs_a_constant_that_is_nearly_all_of_the_score(lab: SimpleNamespace) -> None:
    results = lab.baseline_config.run_experiment(lab.pipeline.run_pipeline)
    assert (results["peak_memory_gb"], results["cpu_utilization_pct"]) == (0, 0)
    assert results["cost_dollars"] == lab.baseline_config.USD_PER_GB_IO
    assert 1000 / results["cost_dollars"] > 0.95 * results["efficiency_score"]


def test_f7_the_candidate_can_change_the_judge(lab: SimpleNamespace) -> None:
    honest = lab.baseline_config.run_experiment(lab.pipeline.run_pipeline)["efficiency_score"]
    lab.pipeline.baseline_config.USD_PER_GB_IO /= 2
    assert lab.baseline_config.run_experiment(lab.pipeline.run_pipeline)["efficiency_score"] > 1.9 * honest


def test_a_run_prints_every_declared_metric(lab: SimpleNamespace, capsys: pytest.CaptureFixture) -> None:
    assert lab.pipeline.main() == 0
    printed = capsys.readouterr().out.partition("---\n")[2]
    names = {line.partition(": ")[0] for line in printed.splitlines()}
    assert set(YAML(typ="safe").load((LAB / "autoexp.yaml").read_text())["metrics"]) <= names


def test_every_edit_changes_the_pipeline_alone_and_leaves_it_whole(tmp_path: Path) -> None:
    gallery.write("etl-as-published", tmp_path)
    first = (tmp_path / "pipeline.py").read_text()
    for edit in EDITS:
        if "run" in edit:
            subprocess.run(["sh", "-c", edit["run"]], cwd=tmp_path, check=True)
        else:
            assert edit["replace"]["file"] == "pipeline.py"
            assert first.count(edit["replace"]["old"]) == 1, edit["description"]
            changed = first.replace(edit["replace"]["old"], edit["replace"]["new"])
            (tmp_path / "pipeline.py").write_text(changed)
        text = (tmp_path / "pipeline.py").read_text()
        assert text != first, edit["description"]
        compile(text, "pipeline.py", "exec")
        (tmp_path / "pipeline.py").write_text(first)
    assert not list(tmp_path.glob("*.old"))
