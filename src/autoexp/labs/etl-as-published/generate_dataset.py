"""Makes the data set: events of a month, the same for the same number of rows. `python generate_dataset.py ROWS FOLDER`."""

import hashlib
import sys
import tempfile
from pathlib import Path

SEED = 42
CATEGORIES, CATEGORY_SHARES = ["A", "B", "C", "D", "E"], [0.30, 0.25, 0.20, 0.15, 0.10]
EVENTS = ["view", "click", "search", "scroll", "login", "add_to_cart", "logout", "purchase", "refund", "error"]
EVENT_SHARES = [0.15, 0.10, 0.20, 0.25, 0.15, 0.05, 0.05, 0.03, 0.01, 0.01]
METADATA = [
    f'{{"device": "{device}", "version": {n}}}'
    for n, device in enumerate(("phone", "tablet", "desktop", "tv", "watch"))
]
MONTH_S = 30 * 86_400


def ensure(cache, rows):
    """Give the folder of the data set, which is made the first time."""
    key = hashlib.sha256(Path(__file__).read_bytes() + str(rows).encode()).hexdigest()[:16]
    folder = Path(cache) / f"data-{key}"
    if not folder.exists():
        write(folder, rows)
    return folder


def write(folder, rows):
    """Write the events in both formats, whole or not at all."""
    from pyarrow import feather, parquet  # noqa: PLC0415  (a run that finds its data needs neither)

    table = events(rows)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        draft = Path(scratch) / folder.name
        draft.mkdir()
        feather.write_feather(table, str(draft / "data.feather"), compression="lz4")
        parquet.write_table(table, str(draft / "data.parquet"), compression="snappy")
        try:
            draft.rename(folder)
        except OSError:  # somebody else was quicker
            if not folder.exists():
                raise


def events(rows):
    """Draw the events as an Arrow table."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    draw = np.random.default_rng(SEED)
    seconds = np.sort(draw.integers(0, MONTH_S, rows)) + 1_767_225_600
    return pa.table(
        {
            "user_id": draw.zipf(1.5, rows) % 1_000_000,
            "timestamp": pa.array(seconds).cast(pa.timestamp("s")),
            "event_type": pa.array(EVENTS).take(pa.array(draw.choice(len(EVENTS), rows, p=EVENT_SHARES))),
            "value": draw.lognormal(3.0, 1.5, rows).round(2),
            "category": pa.array(CATEGORIES).take(pa.array(draw.choice(len(CATEGORIES), rows, p=CATEGORY_SHARES))),
            "metadata": pa.array(METADATA).take(pa.array(draw.integers(0, len(METADATA), rows))),
        }
    )


if __name__ == "__main__":
    print(ensure(sys.argv[2], int(sys.argv[1])))
