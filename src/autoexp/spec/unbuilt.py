"""Keys of the contract whose part is not built yet: they are refused by name, never ignored."""

UNBUILT: dict[str, str] = {
    "scope.hidden": "hidden files",
    "harness.holdout": "the holdout",
    "harness.holdout_timeout": "the holdout",
    "harness.setup": "the setup command",
    "harness.setup_timeout": "the setup command",
    "harness.provide": "provided paths",
    "harness.sealed": "sealed paths outside the repository",
    "harness.writable": "writable scratch folders",
    "metrics.*.within": "the guard kind `within`",
    "measurement.seeds": "seeds as blocks",
    "measurement.min_samples": "sample limits",
    "measurement.max_samples": "sample limits",
    "decision.preset": "presets of the sequential rule",
    "decision.false_keep_rate": "the error budget of the sequential rule",
    "decision.min_gain_per_line": "complexity against gain",
    "budget.cost_usd": "money budgets",
    "budget.tokens": "token budgets",
    "budget.plateau": "the plateau rule",
    "budget.target": "the target rule",
    "sandbox.proposer.network": "network rules",
    "sandbox.proposer.read": "extra paths",
    "sandbox.proposer.write": "extra paths",
    "sandbox.harness.network": "network rules",
    "sandbox.harness.read": "extra paths",
    "sandbox.harness.write": "extra paths",
}

UNBUILT_VALUES: dict[tuple[str, str], str] = {
    ("decision.method", "sequential"): "the sequential rule; leave method out, or write single or {batch: {k: 3}}",
    ("decision.on_equal", "simpler"): "the simplicity rule",
    **{
        (f"sandbox.{side}.level", level): "this sandbox level"
        for side in ("proposer", "harness")
        for level in ("bwrap", "landlock", "container", "seatbelt")
    },
    **{
        ("objective.kind", kind): "this objective"
        for kind in ("weighted", "pareto", "lexicographic", "gated", "geomean")
    },
}


def unbuilt_key(key: str) -> str | None:
    """Name the part that a dotted key waits for, or None."""
    parts = key.split(".")
    starred = ".".join([parts[0], "*", *parts[2:]]) if parts[0] == "metrics" and len(parts) > 2 else key  # noqa: PLR2004
    return UNBUILT.get(starred)
