"""The lab `etl`: its harness is armed, its edits apply, its knobs are real and its data are the same each time."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.labs import gallery

np = pytest.importorskip("numpy")
pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
ds = pytest.importorskip("pyarrow.dataset")
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


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(LAB / "harness"))
    import generate

    yield generate
    for name in ("generate", "judge", "writers"):
        sys.modules.pop(name, None)


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


def test_the_same_seed_gives_the_same_rows(generate) -> None:
    one, other, third = (generate.columns(ROWS, seed, 0.02) for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one)
    assert not np.array_equal(one["user_id"], third["user_id"])
    assert generate.table(one).equals(generate.table(other))


def test_a_large_delivery_starts_as_its_blocks_say(generate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "BLOCK_ROWS", 500)
    drawn = generate.columns(1_234, 1)
    assert {len(column) for column in drawn.values()} == {1_234}
    assert (np.diff(drawn["timestamp"]) >= 0).all()


def test_every_form_holds_the_same_rows(generate, tmp_path: Path) -> None:
    pytest.importorskip("polars")
    delivery = generate.Delivery(tmp_path, 2_000, 5, 0.02)
    order = [(name, "ascending") for name in ("user_id", "value", "timestamp", "event_type", "category", "metadata")]
    whole = generate.table(delivery.numbers())
    for kind in ("feather", "parquet", "orc"):
        for codec in generate.CODECS[kind]:
            for layout in generate.LAYOUTS[kind]:
                read = ds.dataset(delivery.path(kind, codec, layout), format=kind, partitioning="hive").to_table()
                read = read.select(whole.column_names).cast(whole.schema)
                assert read.sort_by(order).equals(whole.sort_by(order)), (kind, codec, layout)


def test_goldens_agree_with_a_second_way_of_counting(generate, tmp_path: Path) -> None:
    import judge

    numbers = generate.Delivery(tmp_path, 3_000, 6, 0.05).numbers()
    query = {"since": generate.ORIGIN_US, "until": generate.ORIGIN_US + 20 * generate.DAY_US, "min_value": 2.0}
    plain = generate.table(numbers).to_pandas()
    kept = plain[(plain["timestamp"].astype("int64") < query["until"]) & (plain["value"] >= 2.0)]
    kept = kept[kept["timestamp"].notna()].dropna(subset=["category", "event_type"])
    groups = kept.groupby(["category", "event_type"])
    rows = groups.agg(a=("value", "sum"), b=("value", "mean"), c=("value", "size"), d=("user_id", "nunique"))
    right = [list(row) for row in rows.reset_index().itertuples(index=False)]
    assert judge.same(right, judge.reference(numbers, query))
    assert not judge.same(right[:-1], judge.reference(numbers, query))
    assert not judge.same([[*right[0][:5], right[0][5] + 1], *right[1:]], judge.reference(numbers, query))


def test_the_gallery_copies_no_compiled_files(lab: Path) -> None:
    assert shutil.which("sh")
    assert not list(lab.rglob("*.pyc"))
