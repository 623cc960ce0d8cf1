"""The daily report over one file of events. The only file that may change; `python pipeline.py` runs one experiment."""

import sys

import baseline_config
import pandas as pd
from pyarrow import feather, parquet

FILE_FORMAT = "feather"  # feather, parquet
COMPRESSION = "snappy"  # snappy, zstd, lz4, gzip
PARTITION_COLS = None
NUM_PARTITIONS = 8
COLUMN_PRUNING = True
PREDICATE_PUSHDOWN = False
CACHE_INTERMEDIATE = True
CHUNK_SIZE = 200_000
MAX_MEMORY_MB = 4096

COLUMNS = ["user_id", "timestamp", "event_type", "value", "category"]
KEYS = ["category", "event_type"]
SMALLEST_VALUE = 1.0
FREQUENT_CATEGORIES = ["A", "B", "C"]


def load(folder):
    """Read the events."""
    columns = COLUMNS if COLUMN_PRUNING else None
    if FILE_FORMAT == "parquet":
        events = parquet.read_table(folder / "data.parquet", columns=columns).to_pandas()
    else:
        events = feather.read_feather(folder / "data.feather", columns=columns)
    if PREDICATE_PUSHDOWN:
        events = events[events["category"].isin(FREQUENT_CATEGORIES)]
    return events


def transform(events):
    """Leave the rows that count."""
    kept = events[events["value"] >= SMALLEST_VALUE].copy()
    if CACHE_INTERMEDIATE:
        kept = pd.DataFrame({name: kept[name].copy() for name in kept.columns})
    return kept


def aggregate(events):
    """Give one line for each category and event type."""
    groups = events.groupby(KEYS)
    report = groups.agg({"value": ["sum", "mean", "count"], "user_id": ["nunique"]})
    report.columns = ["_".join(pair) for pair in report.columns]
    return report.reset_index().sort_values(KEYS, ignore_index=True)


def write_output(report, path):
    """Store the report in the codec of the configuration."""
    parquet.write_table(report, path, compression=COMPRESSION)


def run_pipeline(folder):
    """Make the report of the data in a folder."""
    return aggregate(transform(load(folder)))


def print_configuration():
    """Say which settings this experiment has."""
    print(f"File format:         {FILE_FORMAT}")
    print(f"Compression:         {COMPRESSION}")
    print(f"Partition columns:   {PARTITION_COLS}")
    print(f"Column pruning:      {COLUMN_PRUNING}")
    print(f"Predicate pushdown:  {PREDICATE_PUSHDOWN}")
    print(f"Cache intermediate:  {CACHE_INTERMEDIATE}")
    print(f"Chunk size:          {CHUNK_SIZE:,}")


def main():
    """Run one experiment and print its figures."""
    print_configuration()
    results = baseline_config.run_experiment(run_pipeline)
    baseline_config.print_results(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
