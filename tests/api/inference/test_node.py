"""Node projects: scripts of package.json, built ones, and such without scripts."""

import json
from typing import Any

from autoexp.api.inference import Files, Inferred, infer

MODULES = {"src/index.js": "", "bench.js": "console.log(1)\n"}


def seen(package: dict[str, Any], texts: dict[str, str] | None = None, ignored: tuple[str, ...] = ()) -> Inferred:
    return infer(
        Files.of({"package.json": json.dumps(package), **(MODULES if texts is None else texts)}, ignored=ignored)
    )


def test_scripts_go_before_files_that_look_like_benchmarks() -> None:
    found = seen({"scripts": {"benchmark": "node bench.js", "test": "jest"}})
    assert (found.measure, found.checks) == ("npm run --silent benchmark", "npm test")
    assert "measure: also possible: `node bench.js`" in found.why


def test_without_scripts_files_are_taken() -> None:
    found = seen({}, {**MODULES, "src/index.test.js": ""})
    assert (found.measure, found.checks) == ("node bench.js", "node --test")
    assert found.edit == ("src/**", "!/src/index.test.js")


def test_the_test_that_npm_writes_is_none() -> None:
    found = seen({"scripts": {"test": 'echo "Error: no test specified" && exit 1'}})
    assert found.checks == ""
    assert any(line.startswith("checks: package.json has no script test") for line in found.missing)


def test_what_is_started_from_a_built_folder_is_built_first() -> None:
    package = {"main": "dist/index.js", "scripts": {"build": "tsc", "bench": "node bench.js", "test": "jest"}}
    found = seen(package, {**MODULES, "src/index.ts": ""})
    assert found.measure == "npm run --silent build >&2 && npm run --silent bench"
    assert found.checks == "npm run --silent build >&2 && npm run --silent test"
    assert (found.writable, found.builds) == (("dist/**",), True)


def test_a_built_folder_that_is_committed_is_not_built() -> None:
    package = {"main": "lib/index.js", "scripts": {"build": "tsc", "bench": "node bench.js"}}
    found = seen(package, {"lib/index.js": "", "bench.js": ""})
    assert (found.measure, found.writable, found.edit) == ("npm run --silent bench", (), ("lib/**",))


def test_modules_that_are_not_installed_are_missing_and_installed_ones_are_shown() -> None:
    package = {"dependencies": {"left": "1"}, "scripts": {"bench": "node bench.js", "test": "jest"}}
    assert any("npm ci" in line for line in seen(package).missing)
    found = seen(package, ignored=("node_modules",))
    assert (found.provide, found.missing) == (("node_modules",), ())


def test_a_file_that_a_script_starts_is_not_in_scope() -> None:
    package = {"scripts": {"bench": "node src/speed.js"}}
    assert seen(package, {"src/index.js": "", "src/speed.js": ""}).edit == ("src/**", "!/src/speed.js")


def test_a_broken_package_stops_nothing() -> None:
    found = infer(Files.of({"package.json": "{", "src/index.js": ""}))
    assert (found.kinds, found.measure, found.edit) == (("node",), "", ("src/**",))
