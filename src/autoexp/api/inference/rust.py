"""Rust: cargo's tests, benchmarks with a main of their own, criterion's, and examples that measure."""

import tomllib
from collections.abc import Iterator
from typing import Any

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Look, Rank, in_a_copy
from autoexp.api.inference.scripts import printed_metric

_TESTS = r"(?:.*/)?(?:tests|benches|examples)/.*|(?:.*/)?(?:build\.rs|src/(?:.*/)?(?:tests?|bench(?:es|mark)?)\.rs|src/bin/bench\w*\.rs)"
CRITERION_MEAN = (
    "find target/criterion -path '*/new/estimates.json' -exec sed -n "
    r"""'s/.*"median":{"confidence_interval":{[^}]*},"point_estimate":\([^,]*\),.*/\1/p' {} + | """
    """LC_ALL=C awk '{ n++; sum += log($1) } END { if (!n) exit 1; printf "METRIC time_ns=%.9g\\n", exp(sum / n) }'"""
)
"""Prints the geometric mean of the medians that criterion has left in its files, in nanoseconds whatever it prints itself."""
_TIME = "30m"
VENDOR = (
    "dependencies: Cargo.toml names some, and the sandbox has no network: `mkdir -p .cargo && cargo vendor >> .cargo/config.toml`, "
    "commit .cargo/config.toml, and commit vendor/ or let git ignore it and name it in harness.provide"
)


def look(files: Files) -> Look | None:
    """Give what a Rust project shows; None when there is no Cargo.toml."""
    if not files.has("Cargo.toml"):
        return None
    manifest = _toml(files.text("Cargo.toml"))
    copied = not files.has("Cargo.lock") and "Cargo.lock" not in files.ignored
    folders = sorted(path.removesuffix("Cargo.toml") + "src" for path in files.like(r"(?:.*/)?Cargo\.toml"))
    measures = tuple(_measures(files, manifest, copied=copied))
    provide = tuple(path for path in ("vendor", ".cargo/config.toml", "Cargo.lock") if path in files.ignored)
    return Look(
        kind="rust",
        measures=measures,
        checks=(
            _command("cargo test --offline --quiet", "Cargo.toml", copied=copied, starts=files.like(rf"{_TESTS}")),
        ),
        edit=tuple(f"{folder}/**" for folder in folders if files.holds(folder)),
        edit_source="Cargo.toml lies beside that folder",
        tests=_TESTS,
        provide=provide,
        writable=() if copied else ("target/**",),
        env={"CARGO_NET_OFFLINE": "true"},
        why=tuple(_why(provide, copied=copied)),
        missing=tuple(_missing(files, manifest, measures)),
    )


def _why(provide: tuple[str, ...], *, copied: bool) -> Iterator[str]:
    yield "env: CARGO_NET_OFFLINE=true, because of Cargo.toml: the sandbox has no network"
    if copied:
        yield "measure: cargo runs in a copy of the tree, because Cargo.lock is not committed and cargo would write it; commit it for the same versions in each run"
    else:
        yield "writable: target/**, because of Cargo.toml: cargo builds there, anew for each run"
    if provide:
        yield f"provide: {', '.join(provide)}, from the checkout, where git ignores it"


def _missing(files: Files, manifest: dict[str, Any], measures: tuple[Command, ...]) -> Iterator[str]:
    if any("#[bench]" in files.text(path) for path in files.like(r".*\.rs")) and not measures:
        yield "measure: benchmarks with #[bench] need a nightly compiler; name the command with --measure, such as `cargo +nightly bench --offline`"
    elif not measures:
        yield "measure: no benchmark was found in benches/ or examples/; write one that prints METRIC time_us=..., or name a command with --measure"
    if _needs_others(files, manifest) and not _vendored(files):
        yield VENDOR


def _measures(files: Files, manifest: dict[str, Any], *, copied: bool) -> Iterator[Command]:
    own = {each.get("name"): each for each in _list(manifest, "bench")}
    for path in files.like(r"benches/\w+\.rs|benches/\w+/main\.rs"):
        name = path.removeprefix("benches/").removesuffix("/main.rs").removesuffix(".rs")
        if own.get(name, {}).get("harness", True):
            continue  # libtest's benchmarks need a nightly compiler
        if "criterion" in files.text(path):
            yield _criterion(path, name, copied=copied)
        else:
            yield _printing(files, path, f"cargo bench --offline --quiet --bench {name}", copied=copied)
    for path in files.like(r"examples/\w*bench\w*\.rs"):
        yield _printing(files, path, f"cargo run --release --offline --quiet --example {_stem(path)}", copied=copied)
    for path in files.like(r"src/bin/\w*bench\w*\.rs"):
        yield _printing(files, path, f"cargo run --release --offline --quiet --bin {_stem(path)}", copied=copied)


def _printing(files: Files, path: str, text: str, *, copied: bool) -> Command:
    return _command(text, path, copied=copied, starts=(path,), metric=printed_metric(files.text(path)))


def _criterion(path: str, name: str, *, copied: bool) -> Command:
    return _command(
        f"cargo bench --offline --quiet --bench {name} >&2 && {CRITERION_MEAN}",
        path,
        copied=copied,
        starts=(path,),
        metric="time_ns",
        unit="ns",
        note="criterion prints in changing units, so its files are read: the metric is the geometric mean of the medians of all its benchmarks there",
    )


def _command(
    text: str,
    source: str,
    *,
    copied: bool,
    starts: tuple[str, ...],
    metric: str = "",
    unit: str = "",
    note: str = "",
) -> Command:
    return Command(
        in_a_copy(text) if copied else text,
        source,
        Rank.NATIVE,
        metric=metric,
        unit=unit,
        metrics="lines" if metric else "",
        timeout=_TIME,
        builds=True,
        starts=starts,
        note=note,
    )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".rs")


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _list(manifest: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = manifest.get(key, [])
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _needs_others(files: Files, manifest: dict[str, Any]) -> bool:
    manifests = [manifest, *(_toml(files.text(path)) for path in files.like(r".+/Cargo\.toml"))]
    tables = [table for each in manifests for table in (each, each.get("workspace", {})) if isinstance(table, dict)]
    found = [
        table.get(key, {}) for table in tables for key in ("dependencies", "dev-dependencies", "build-dependencies")
    ]
    return any(
        not (isinstance(value, dict) and ("path" in value or "workspace" in value))
        for group in found
        if isinstance(group, dict)
        for value in group.values()
    )


def _vendored(files: Files) -> bool:
    settings = files.first(".cargo/config.toml", ".cargo/config")
    return "vendored-sources" in files.text(settings) or ".cargo/config.toml" in files.ignored
