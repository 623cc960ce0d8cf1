"""The daily report: the rows of one delivery in, one line for each category and event type out.

Only this file may change. The answer must not: lines (category, event_type, total, mean, count, users) in that
order of sorting, from the rows with since <= timestamp < until and value >= min_value, NULLs never counting.
"""

import hashlib
import json
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import csv, feather

# What is read
FILE_FORMAT = "feather"  # feather, parquet, orc, avro, csv
COMPRESSION = "lz4"  # feather: lz4 zstd uncompressed; parquet: snappy zstd lz4 gzip uncompressed
LAYOUT = "flat"  # flat (by time), sorted (by group); feather and parquet also: bucketed, by_category, by_date
COLUMN_PRUNING = True  # read the five columns of the report, not all six
PREDICATE_PUSHDOWN = False  # let the reader drop rows outside of the time window

# How it is worked on
ENGINE = "pandas"  # pandas, polars, duckdb; what follows is for pandas
CHUNK_ROWS = 40_000  # rows turned into a frame at once
MEMORY_LIMIT_MB = 256  # frames of a chunk stay below this
THREADS = 1
FILTER_BY = "mask"  # mask, query
DEFENSIVE_COPIES = True
IN_PLACE = False
CATEGORICAL = False
CACHE_INTERMEDIATE = True  # keep the filtered rows in a file, in case the same question comes again
NAMED_AGGREGATION = False
SORT_GROUPS = True

COLUMNS = ["user_id", "timestamp", "event_type", "value", "category"]
KEYS = ["category", "event_type"]
ROW_BYTES = 400  # of a frame's row, with its texts
CSV = ds.CsvFileFormat(convert_options=csv.ConvertOptions(strings_can_be_null=True))
CSV_SCHEMA = pa.schema(
    {
        "user_id": pa.int64(),
        "timestamp": pa.timestamp("us"),
        "event_type": pa.string(),
        "value": pa.float64(),
        "category": pa.string(),
        "metadata": pa.string(),
    }
)


def source():
    """Say in which form the data is wanted; it is there before the first question."""
    return FILE_FORMAT, COMPRESSION, LAYOUT


def run(path, query):
    """Answer one question about the delivery at `path`."""
    return {"pandas": with_pandas, "polars": with_polars, "duckdb": with_duckdb}[ENGINE](path, query)


def with_pandas(path, query):
    """Read, filter chunk by chunk, group."""
    pa.set_cpu_count(THREADS)
    return summarise(cached(path, query) if CACHE_INTERMEDIATE else collect(path, query))


def read(path, query):
    """One Arrow table with at least the rows and columns of the report."""
    columns = COLUMNS if COLUMN_PRUNING else None
    if FILE_FORMAT == "avro":
        import polars as pl  # noqa: PLC0415  (engines are loaded by the question that warms up)

        return pl.read_avro(path, columns=columns).to_arrow()
    return open_dataset(path).to_table(
        columns=columns, filter=condition(query) if PREDICATE_PUSHDOWN else None, use_threads=THREADS > 1
    )


def open_dataset(path):
    """Every other format, one file or many, as an Arrow data set."""
    if FILE_FORMAT == "csv":
        return ds.dataset(path, format=CSV, schema=CSV_SCHEMA)
    return ds.dataset(path, format=FILE_FORMAT, partitioning="hive")


def condition(query):
    """The time window as the reader understands it, with the days of a partitioned layout."""
    since, until = pd.Timestamp(query["since"], unit="us"), pd.Timestamp(query["until"], unit="us")
    inside = (pc.field("timestamp") >= since) & (pc.field("timestamp") < until)
    if LAYOUT == "by_date":
        inside &= (pc.field("day") >= str(since.date())) & (pc.field("day") <= str(until.date()))
    return inside


def collect(path, query):
    """The filtered rows as one frame."""
    table = read(path, query)
    step = min(CHUNK_ROWS, MEMORY_LIMIT_MB * 1_000_000 // ROW_BYTES)
    starts = range(0, max(table.num_rows, 1), step)
    parts = [select(to_frame(table.slice(start, step)), query) for start in starts]
    return pd.concat(parts, ignore_index=True)


def to_frame(chunk):
    """One chunk as a frame."""
    frame = chunk.to_pandas()
    if CATEGORICAL:
        frame = frame.astype(dict.fromkeys(KEYS, "category"))
    return frame.copy() if DEFENSIVE_COPIES else frame


def select(frame, query):
    """The rows that count."""
    since, until = pd.Timestamp(query["since"], unit="us"), pd.Timestamp(query["until"], unit="us")
    low = query["min_value"]
    if FILTER_BY == "query":
        frame = frame.query("timestamp >= @since and timestamp < @until and value >= @low")
    else:
        frame = frame[(frame["timestamp"] >= since) & (frame["timestamp"] < until) & (frame["value"] >= low)]
    if DEFENSIVE_COPIES:
        frame = frame.copy()
    if IN_PLACE:
        frame.dropna(subset=KEYS, inplace=True)  # noqa: PD002
        frame.reset_index(drop=True, inplace=True)  # noqa: PD002
        return frame
    return frame.dropna(subset=KEYS).reset_index(drop=True)


def cached(path, query):
    """The filtered rows from the cache, or worked out and left there."""
    facts = json.dumps([path, FILE_FORMAT, COMPRESSION, LAYOUT, query], sort_keys=True)
    kept = Path(tempfile.gettempdir()) / f"report-{hashlib.sha256(facts.encode()).hexdigest()[:24]}.feather"
    if kept.exists():
        return feather.read_feather(kept)
    frame = collect(path, query)
    feather.write_feather(frame, kept)
    return frame


def summarise(frame):
    """Group and count; the lines in order."""
    groups = frame.groupby(KEYS, sort=SORT_GROUPS, observed=True)
    if NAMED_AGGREGATION:
        result = groups.agg(
            total=("value", "sum"), mean=("value", "mean"), count=("value", "count"), users=("user_id", "nunique")
        ).reset_index()
    else:
        result = groups.agg({"value": ["sum", "mean", "count"], "user_id": ["nunique"]})
        result.columns = ["_".join(pair) for pair in result.columns.to_flat_index()]
        result = result.reset_index()
    for key in KEYS:
        result[key] = result[key].astype(str)
    result = result.sort_values(KEYS)
    return list(result.itertuples(index=False, name=None))


def with_polars(path, query):
    """The whole question as one lazy plan."""
    import polars as pl  # noqa: PLC0415

    if LAYOUT in {"by_category", "by_date", "bucketed"}:
        path = f"{path}/**/*.{FILE_FORMAT}"
    lazy = {"feather": pl.scan_ipc, "parquet": pl.scan_parquet}.get(FILE_FORMAT)
    frame = lazy(path, hive_partitioning=LAYOUT.startswith("by_")) if lazy else pl.from_arrow(read(path, query)).lazy()
    since, until = (pl.lit(query[end]).cast(pl.Datetime("us")) for end in ("since", "until"))
    when = pl.col("timestamp")
    kept = frame.filter(when >= since, when < until, pl.col("value") >= query["min_value"]).drop_nulls(KEYS)
    value, users = pl.col("value"), pl.col("user_id").drop_nulls().n_unique()
    groups = kept.group_by(KEYS).agg(value.sum().alias("total"), value.mean().alias("mean"), pl.len(), users)
    return groups.sort(KEYS).collect().rows()


def with_duckdb(path, query):
    """The whole question as one SQL statement."""
    import duckdb  # noqa: PLC0415

    table = "read_parquet($path, hive_partitioning = $hive)"
    inputs = {name: query[name] for name in ("since", "until", "min_value")}
    if FILE_FORMAT == "parquet":
        tail = f"/**/*.{FILE_FORMAT}" if LAYOUT in {"by_category", "by_date", "bucketed"} else ""
        inputs |= {"path": f"{path}{tail}", "hive": LAYOUT.startswith("by_")}
    else:
        table, data = "data", read(path, query)  # noqa: F841
    duckdb.execute(f"set threads = {THREADS}")
    return duckdb.execute(
        f"""select category, event_type, sum(value), avg(value), count(*), count(distinct user_id) from {table}
            where timestamp >= make_timestamp($since) and timestamp < make_timestamp($until) and value >= $min_value
              and category is not null and event_type is not null
            group by all order by all""",
        inputs,
    ).fetchall()
