"""The lab `etl`: its harness is armed, its edits apply and its knobs are real."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.labs import gallery

pytest.importorskip("numpy")
pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe")

LAB = Path(gallery.__file__).parent / "etl"
EDITS = yaml.load((LAB / "edits.yaml").read_text())
ROWS = 20_000


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("etl-cache")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    gallery.write("etl", tmp_path / "lab")
    return tmp_path / "lab"


def python(lab: Path, cache: Path, *words: str, seed: int = 0) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "ETL_CACHE": str(cache), "ETL_ROWS": str(ROWS)}
    environment |= {"AUTOEXP_SEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=lab, env=environment, capture_output=True, text=True, timeout=60, check=False)


def sample(lab: Path, cache: Path, seed: int = 0) -> dict[str, float]:
    ended = python(lab, cache, "harness/bench.py", seed=seed)
    assert ended.returncode == 0, ended.stderr
    lines = re.findall(r"^METRIC (\S+)=(\S+)$", ended.stdout, re.MULTILINE)
    assert len(lines) == len(dict(lines)) == len(ended.stdout.splitlines())
    return {name: float(value) for name, value in lines}


def apply(edit: dict, lab: Path) -> None:
    if "run" in edit:
        command = edit["run"].replace("python ", f"{sys.executable} ", 1)
        subprocess.run(["sh", "-c", command], cwd=lab, check=True)
    else:
        file, old, new = (edit["replace"][part] for part in ("file", "old", "new"))
        text = (lab / file).read_text()
        assert text.count(old) == 1
        (lab / file).write_text(text.replace(old, new))


def edit_about(words: str) -> dict:
    (found,) = [edit for edit in EDITS if words in edit["description"]]
    return found


def test_a_sample_reports_exactly_the_declared_metrics(lab: Path, cache: Path) -> None:
    metrics = sample(lab, cache)
    declared = yaml.load((lab / "autoexp.yaml").read_text())["metrics"]
    assert set(metrics) == set(declared)
    assert metrics["correct"] == 1
    parts = [metrics[f"score_{part}"] for part in ("latency", "cost", "health")]
    assert sum(parts) == pytest.approx(metrics["efficiency_score"], rel=1e-4)
    assert max(parts) < 0.95 * sum(parts)


def test_the_target_passes_its_checks(lab: Path, cache: Path) -> None:
    assert python(lab, cache, "harness/check.py").returncode == 0


@pytest.mark.parametrize("words", ["as published", "float32", "remember the answer", "keep the answer"])
def test_a_wrong_answer_is_seen(lab: Path, cache: Path, words: str) -> None:
    apply(edit_about(words), lab)
    assert sample(lab, cache)["correct"] == 0


@pytest.mark.parametrize("words", ["as published", "remember the answer"])
def test_the_checks_see_a_wrong_answer_too(lab: Path, cache: Path, words: str) -> None:
    apply(edit_about(words), lab)
    ended = python(lab, cache, "harness/check.py")
    assert ended.returncode == 1
    assert "wrong answer" in ended.stderr


def test_a_raising_target_is_no_sample_and_shows_why(lab: Path, cache: Path) -> None:
    source = (lab / "pipeline.py").read_text()
    (lab / "pipeline.py").write_text(source.replace("def run(path, query):\n", "def run(path, query):\n    1 / 0\n"))
    ended = python(lab, cache, "harness/bench.py")
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
    assert "METRIC" not in ended.stdout


def test_data_that_cannot_be_written_is_no_sample(lab: Path, cache: Path) -> None:
    apply(edit_about("gzip"), lab)
    ended = python(lab, cache, "harness/bench.py")
    assert ended.returncode == 1
    assert "no data as feather with gzip" in ended.stderr


def test_what_the_target_prints_is_no_metric(lab: Path, cache: Path) -> None:
    with (lab / "pipeline.py").open("a") as target:
        target.write('\nprint("METRIC query_cpu_ms=0")\n')
    assert sample(lab, cache)["query_cpu_ms"] > 0


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit["description"])
def test_every_edit_applies_to_the_first_version(lab: Path, edit: dict) -> None:
    assert set(edit) - {"description", "expect"} in ({"run"}, {"replace"})
    before = {path: path.read_bytes() for path in lab.rglob("*.py")}
    apply(edit, lab)
    changed = {str(path.relative_to(lab)) for path, text in before.items() if path.read_bytes() != text}
    wanted = {"no_change": set(), "out_of_scope": {"harness/bench.py"}}.get(str(edit["expect"]), {"pipeline.py"})
    assert changed == wanted
    compile((lab / "pipeline.py").read_text(), "pipeline.py", "exec")


@pytest.mark.parametrize(
    "settings",
    [
        "FILE_FORMAT parquet COMPRESSION zstd LAYOUT by_date PREDICATE_PUSHDOWN True",
        "FILE_FORMAT orc COMPRESSION zstd LAYOUT sorted CATEGORICAL True SORT_GROUPS False",
        "FILE_FORMAT csv COMPRESSION gzip FILTER_BY query IN_PLACE True CHUNK_ROWS 1_000",
        "FILE_FORMAT avro COMPRESSION snappy COLUMN_PRUNING False CACHE_INTERMEDIATE False",
        "LAYOUT bucketed DEFENSIVE_COPIES False NAMED_AGGREGATION True THREADS 2 MEMORY_LIMIT_MB 1",
        "ENGINE polars FILE_FORMAT parquet COMPRESSION snappy LAYOUT by_category",
        "ENGINE duckdb FILE_FORMAT parquet COMPRESSION lz4 LAYOUT by_category",
        "ENGINE duckdb LAYOUT by_date PREDICATE_PUSHDOWN True",
    ],
)
def test_every_setting_gives_the_same_answer(lab: Path, cache: Path, settings: str) -> None:
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    assert python(lab, cache, "harness/set.py", *settings.split()).returncode == 0
    ended = python(lab, cache, "harness/check.py")
    assert ended.returncode == 0, ended.stderr
    assert sample(lab, cache)["correct"] == 1


def test_every_constant_is_used_by_the_code(lab: Path) -> None:
    source = (lab / "pipeline.py").read_text()
    block, code = source.split("\nCOLUMNS = ")
    names = re.findall(r"^([A-Z_]+) = ", block, re.MULTILINE)
    assert len(names) == 16
    assert all(re.search(rf"\b{name}\b", code) for name in names)


def test_pruning_and_codec_change_what_is_read(lab: Path, cache: Path) -> None:
    first = sample(lab, cache)["read_mb"]
    python(lab, cache, "harness/set.py", "COMPRESSION", "uncompressed")
    assert sample(lab, cache)["read_mb"] > 1.2 * first
    python(lab, cache, "harness/set.py", "COLUMN_PRUNING", "False")
    assert sample(lab, cache)["read_mb"] > 1.6 * first


def test_the_setter_refuses_what_is_not_there(lab: Path, cache: Path) -> None:
    ended = python(lab, cache, "harness/set.py", "CHUNK_SIZE", "5")
    assert ended.returncode != 0
    assert "CHUNK_SIZE" in ended.stderr
