"""Keys of the contract whose part is not built yet: they are refused by name, never ignored."""

from collections.abc import Sequence
from typing import Any

UNBUILT: dict[str, str] = {
    "harness.setup": "the setup command",
    "harness.setup_timeout": "the setup command",
}

UNBUILT_VALUES: dict[tuple[str, str], str] = {
    ("strategy.kind", "adaptive"): "the adaptive strategy; leave strategy out, or write greedy",
}


def unbuilt(place: Sequence[str | int], value: Any) -> tuple[str, str] | None:
    """Say what a key, or its value, waits for and what to do meanwhile; None when it is built."""
    starred = ("metrics", "*", *place[2:]) if place[0] == "metrics" and len(place) > 2 else place  # noqa: PLR2004
    key = ".".join(str(part) for part in starred)
    if key in UNBUILT and key.count(".") == len(place) - 1:
        return f"{UNBUILT[key]}: not built yet in this version", "remove the key"
    if isinstance(value, str) and (key, value) in UNBUILT_VALUES:
        return f"{value} is not built yet in this version: {UNBUILT_VALUES[key, value]}", "choose another value"
    return None
