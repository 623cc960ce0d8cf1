"""The data of the lab `etl`: the same each time, the same in every form, and counted right."""

import sys
from pathlib import Path

import pytest

from autoexp.labs import gallery

np = pytest.importorskip("numpy")
pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
ds = pytest.importorskip("pyarrow.dataset")

LAB = Path(gallery.__file__).parent / "etl"
ROWS = 20_000


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(LAB / "harness"))
    import generate

    yield generate
    for name in ("generate", "judge", "writers"):
        sys.modules.pop(name, None)


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
