"""How a table is written: one function for each format, and the layouts that split it into files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from generate import BUCKETS

BATCH_ROWS = 65_536


def write(whole: pa.Table, path: Path, kind: str, codec: str, layout: str) -> None:
    """Write the table as one file, or as a folder of files when the layout splits it."""
    if layout == "flat":
        _file(whole, path, kind, codec)
    elif layout == "sorted":
        _file(whole.sort_by([("category", "ascending"), ("event_type", "ascending")]), path, kind, codec)
    elif layout == "bucketed":
        users = pc.fill_null(whole["user_id"], 0)
        buckets = pc.subtract(users, pc.multiply(pc.divide(users, BUCKETS), BUCKETS))
        for bucket in range(BUCKETS):
            _file(whole.filter(pc.equal(buckets, bucket)), path / f"bucket-{bucket}.{kind}", kind, codec)
    elif layout == "by_category":
        _hive(whole.drop_columns("category"), {"category": whole["category"]}, path, (kind, codec))
    else:
        _hive(whole, {"day": pc.strftime(whole["timestamp"], "%Y-%m-%d")}, path, (kind, codec))


def _hive(rest: pa.Table, by: dict[str, pa.ChunkedArray], path: Path, form: tuple[str, str]) -> None:
    ((name, key),) = by.items()
    key = pc.fill_null(key, "__HIVE_DEFAULT_PARTITION__")
    for part in pc.unique(key).to_pylist():
        _file(rest.filter(pc.equal(key, part)), path / f"{name}={part}" / f"table.{form[0]}", *form)


def _file(part: pa.Table, path: Path, kind: str, codec: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[kind](part.combine_chunks(), str(path), codec)


def _feather(part: pa.Table, path: str, codec: str) -> None:
    from pyarrow import feather  # noqa: PLC0415

    feather.write_feather(part, path, compression=codec, chunksize=BATCH_ROWS)


def _parquet(part: pa.Table, path: str, codec: str) -> None:
    from pyarrow import parquet  # noqa: PLC0415

    parquet.write_table(part, path, compression="none" if codec == "uncompressed" else codec, row_group_size=BATCH_ROWS)


def _orc(part: pa.Table, path: str, codec: str) -> None:
    from pyarrow import orc  # noqa: PLC0415

    orc.write_table(part, path, compression=codec)


def _avro(part: pa.Table, path: str, codec: str) -> None:
    import polars as pl  # noqa: PLC0415

    pl.from_arrow(part).write_avro(path, compression=codec)


def _csv(part: pa.Table, path: str, codec: str) -> None:
    from pyarrow import csv  # noqa: PLC0415

    with pa.output_stream(path, compression="gzip" if codec == "gzip" else None) as stream:
        csv.write_csv(part, stream)


_WRITERS = {"feather": _feather, "parquet": _parquet, "orc": _orc, "avro": _avro, "csv": _csv}
