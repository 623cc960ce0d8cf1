"""Deliveries of another kind than those of the benchmark: other users, other shares, longer tails, and NULLs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from generate import CATEGORIES, CODECS, EVENTS, LAYOUTS, METADATA, NULL_INT, table
from judge import reference
from period import DAY_US, DAYS, ORIGIN_US
from writers import write

CATEGORY_SHARES = [0.08, 0.12, 0.15, 0.22, 0.43]
EVENT_SHARES = [0.02, 0.03, 0.05, 0.07, 0.08, 0.10, 0.10, 0.15, 0.18, 0.22]
NULL_SHARE = 0.004
STREAM = 77_003


@dataclass
class Other:
    """The numbers of one delivery, and the generator from which its question is drawn."""

    numbers: dict[str, np.ndarray]
    draw: np.random.Generator

    def answer(self, query: dict) -> list[list]:
        """Work out what is right."""
        return reference(self.numbers, query)

    def write(self, folder: Path, kind: str, codec: str, layout: str) -> Path:
        """Write it in the form asked for and say where; ValueError where there is no such form."""
        if codec not in CODECS.get(kind, ()) or layout not in LAYOUTS[kind]:
            raise ValueError(f"no data as {kind} with {codec} in layout {layout}")
        in_files = layout in {"bucketed", "by_category", "by_date"}
        suffix = "csv.gz" if (kind, codec) == ("csv", "gzip") else kind
        path = folder / (f"{kind}-files" if in_files else f"table.{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(table(self.numbers), path, kind, codec, layout)
        return path


def deliveries(seed: int, count: int, rows: int) -> list[Other]:
    """Draw some deliveries, the same for the same seed."""
    return [_drawn(np.random.default_rng([STREAM, seed, n]), rows) for n in range(count)]


def _drawn(draw: np.random.Generator, rows: int) -> Other:
    numbers = {
        "user_id": draw.zipf(1.35, rows) % 1_000_000,
        "timestamp": np.sort(ORIGIN_US + draw.integers(0, DAYS * DAY_US // 1_000_000, rows) * 1_000_000),
        "event_type": draw.choice(len(EVENTS), rows, p=EVENT_SHARES).astype(np.int8),
        "value": draw.lognormal(3.3, 1.7, rows).round(2),
        "category": draw.choice(len(CATEGORIES), rows, p=CATEGORY_SHARES).astype(np.int8),
        "metadata": draw.integers(0, len(METADATA), rows).astype(np.int8),
    }
    for name, null in (("user_id", NULL_INT), ("event_type", -1), ("value", np.nan), ("category", -1)):
        numbers[name][draw.random(rows) < NULL_SHARE] = null
    return Other(numbers, draw)
