"""Node: the scripts of package.json, benchmark files, node's own test runner."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Look, Rank
from autoexp.api.inference.scripts import printed_metric
from autoexp.spec.commands import named

_JS = r"(?:js|mjs|cjs|ts|mts|cts|jsx|tsx)"
_BENCH_FILE = r"(?:(?:scripts|tools)/)?(?:bench(?:mark)?s?|perf)\.(?:js|mjs|cjs)|(?:bench(?:marks?)?|perf)/[\w.-]+\.(?:js|mjs|cjs)"
_TEST_FILE = rf"(?:.*/)?(?:[\w.-]+[._-](?:test|spec)|test)\.{_JS}|(?:.*/)?(?:tests?|__tests__)/.*\.{_JS}"
_TESTS = rf"{_TEST_FILE}|{_BENCH_FILE}|(?:.*/)?(?:tests?|__tests__|bench(?:marks?)?|perf)/.*|(?:.*/)?[\w.-]+\.(?:bench|config|d)\.{_JS}"
_BENCH, _TEST = ("bench", "benchmark", "benchmarks", "perf"), ("test", "check")
_NO_TEST = "no test specified"
_FIRST = re.compile(r"(?:.*/)?(?:index|main|run|bench|benchmark)\.\w+")


def look(files: Files) -> Look | None:
    """Give what a Node project shows; None when there is no package.json."""
    if not files.has("package.json"):
        return None
    package = _package(files)
    scripts = {name: text for name, text in _mapping(package, "scripts").items() if isinstance(text, str)}
    run = (
        "bun run --silent"
        if files.first("bun.lock", "bun.lockb") and not files.has("package-lock.json")
        else "npm run --silent"
    )
    built = _built_folder(files, package, scripts)
    before = f"{run} build >&2 && " if built else ""
    checks = tuple(_checks(files, scripts, run, before))
    measures = tuple(_measures(files, scripts, run, before))
    edit, source = _sources(files, package)
    provided = "node_modules" in files.ignored
    return Look(
        kind="node",
        measures=measures,
        checks=checks,
        edit=edit,
        edit_source=source,
        tests=_TESTS,
        provide=("node_modules",) if provided else (),
        writable=(f"{built}/**",) if built else (),
        env={"npm_config_update_notifier": "false"} if run.startswith("npm") else {},
        why=tuple(_why(run, built, provided=provided)),
        missing=tuple(_missing(files, package, measures, checks)),
    )


def _why(run: str, built: str, *, provided: bool) -> Iterator[str]:
    if run.startswith("npm"):
        yield "env: npm_config_update_notifier=false, because of package.json: the sandbox has no network to ask for a newer npm"
    if provided:
        yield "provide: node_modules, from the checkout, where git ignores it"
    if built:
        yield f"writable: {built}/**, from package.json's main and scripts.build: it is built anew for each run"


def _missing(
    files: Files, package: Mapping[str, Any], measures: tuple[Command, ...], checks: tuple[Command, ...]
) -> Iterator[str]:
    if not measures:
        yield "measure: package.json has no script bench, and no bench.js was found; write one that prints METRIC time_ms=..., or name a command with --measure"
    if not checks:
        yield "checks: package.json has no script test, and no test files were found; name a command with --checks"
    needs = any(_mapping(package, key) for key in ("dependencies", "devDependencies"))
    if needs and "node_modules" not in files.ignored and not files.holds("node_modules"):
        yield "dependencies: package.json names some, and there is no git-ignored node_modules in the checkout: install them (`npm ci`), and name node_modules in harness.provide"


def _measures(files: Files, scripts: Mapping[str, str], run: str, before: str) -> Iterator[Command]:
    for name in [name for name in _BENCH if name in scripts]:
        starts = _starts(files, scripts[name])
        metric = next((found for path in starts if (found := printed_metric(files.text(path)))), "")
        yield Command(
            f"{before}{run} {name}",
            f"package.json's scripts.{name}",
            Rank.NAMED,
            metric=metric,
            metrics="lines" if metric else "",
            builds=bool(before),
            starts=starts,
        )
    for path in sorted(files.like(_BENCH_FILE), key=lambda path: (not _FIRST.fullmatch(path), path.count("/"), path)):
        metric = printed_metric(files.text(path))
        yield Command(
            f"{before}node {path}",
            path,
            Rank.USUAL,
            metric=metric,
            metrics="lines" if metric else "",
            builds=bool(before),
            starts=(path,),
        )


def _checks(files: Files, scripts: Mapping[str, str], run: str, before: str) -> Iterator[Command]:
    for name in [name for name in _TEST if name in scripts and _NO_TEST not in scripts[name]]:
        text = f"{before}{run} {name}" if before or name != "test" or not run.startswith("npm") else "npm test"
        yield Command(text, f"package.json's scripts.{name}", Rank.NATIVE, starts=_starts(files, scripts[name]))
    tests = files.like(rf"(?:{_TEST_FILE})")
    if tests:
        yield Command(f"{before}node --test", f"{tests[0]}", Rank.USUAL, starts=tests)


def _starts(files: Files, script: str) -> tuple[str, ...]:
    return tuple(path for path in named(script) if files.has(path))


def _sources(files: Files, package: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    for folder in ("src", "lib"):
        if any(re.fullmatch(rf"{folder}/.*\.{_JS}", path) for path in files.paths):
            return (f"{folder}/**",), f"the sources are in {folder}/"
    main = package.get("main")
    entry = main.removeprefix("./") if isinstance(main, str) else ""
    if files.has(entry) and "/" in entry:
        return (f"{entry.rpartition('/')[0]}/**",), "package.json's main lies there"
    return tuple(files.like(rf"[^/.][^/]*\.{_JS}")), "they are the modules at the top"


def _built_folder(files: Files, package: Mapping[str, Any], scripts: Mapping[str, str]) -> str:
    """Name the folder that `build` fills and that the package is started from; empty when nothing has to be built."""
    main = package.get("main")
    if "build" not in scripts or not isinstance(main, str):
        return ""
    entry = main.removeprefix("./")
    return entry.partition("/")[0] if "/" in entry and not files.holds(entry.partition("/")[0]) else ""


def _package(files: Files) -> Mapping[str, Any]:
    try:
        package = json.loads(files.text("package.json"))
    except (ValueError, RecursionError):
        return {}
    return package if isinstance(package, dict) else {}


def _mapping(package: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = package.get(key)
    return found if isinstance(found, dict) else {}
