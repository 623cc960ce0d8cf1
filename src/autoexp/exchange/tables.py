"""Rows as lines of results.tsv and experiments.jsonl."""

import json
import math
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

JSONL_KEYS = (
    "n", "commit", "parent", "timestamp", "status", "flags", "metric", "metrics", "description", "hypothesis", "asi",
    "effect", "samples", "diff_lines", "wall_time_s", "tokens", "tokens_used", "cost_usd", "cost_usd_total", "reasons", "segment",
)  # fmt: skip


def tsv_header(primary: str, others: Sequence[str]) -> str:
    """Give the header of results.tsv: commit, primary metric, other metrics, status, description."""
    return "\t".join(["commit", primary, *others, "status", "description"]) + "\n"


def tsv_line(row: Row, primary: str, others: Sequence[str]) -> str:
    """Give a row of results.tsv; cells are empty where nothing was measured."""
    metrics = row["metrics"]
    numbers = [_cell(metrics.get(name)) for name in (primary, *others)]
    commit = (row["commit"] or "")[:7]
    return encodable("\t".join([commit, *numbers, row["status"], _text(row["description"])])) + "\n"


def jsonl_line(row: Row) -> str:
    """Give a row of experiments.jsonl."""
    return encodable(json.dumps({key: row.get(key) for key in JSONL_KEYS}, ensure_ascii=False, allow_nan=False)) + "\n"


def encodable(text: str) -> str:
    """Give text that every UTF-8 file takes: a byte that was none of it (a surrogate) becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _cell(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.10g}"


def _text(text: str) -> str:
    """Give one line that does no more to a terminal than to be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
