"""Go: `go test`, and one benchmark function of it."""

import posixpath
import re
from collections.abc import Iterator

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Form, Look, Rank, geometric_mean

_FUNCTION = re.compile(r"^func (Benchmark\w*)\(\w+ \*testing\.B\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_REQUIRED = re.compile(r"^require\b", re.MULTILINE)
_TESTS = r".*_test\.go|(?:.*/)?(?:testdata|vendor)/.*"
_TIME = "30m"


def look(files: Files) -> Look | None:
    """Give what a Go module shows; None when there is no go.mod."""
    if not files.has("go.mod"):
        return None
    tests = files.like(r".*_test\.go")
    measures = tuple(_measures(files, tests))
    vendored = "vendor" in files.ignored
    missing = []
    if not tests:
        missing.append(
            "checks: no file ends in _test.go, so `go test ./...` would only compile; name a command with --checks"
        )
    if not measures:
        missing.append(
            "measure: no func Benchmark...(b *testing.B) was found in a _test.go file; write one, or name a command with --measure"
        )
    if _REQUIRED.search(files.text("go.mod")) and not (vendored or files.holds("vendor")):
        missing.append(
            "dependencies: go.mod requires some, and the sandbox has no network: run `go mod vendor`, "
            "then commit vendor/, or let git ignore it and name it in harness.provide"
        )
    checks = (
        Command("go test ./...", "go.mod, with tests in _test.go files", Rank.NATIVE, timeout=_TIME, starts=tests),
    )
    return Look(
        kind="go",
        measures=measures,
        checks=checks if tests else (),
        edit=("*.go", "!*_test.go", *(("!/vendor/**",) if files.holds("vendor") else ())),
        edit_source="go.mod is there, and files that end in _test.go measure or check",
        tests=_TESTS,
        provide=("vendor",) if vendored else (),
        env={"GOFLAGS": "-buildvcs=false", "GOPROXY": "off", "GOTOOLCHAIN": "local"},
        why=(
            "env: GOPROXY=off, GOTOOLCHAIN=local and GOFLAGS=-buildvcs=false, because of go.mod: the sandbox has no network",
            *(["provide: vendor, from the checkout, where git ignores it"] if vendored else []),
        ),
        missing=tuple(missing),
    )


def _measures(files: Files, tests: tuple[str, ...]) -> Iterator[Command]:
    found = [
        (path, name, "b.Run(" in body or ".Run(" in body)
        for path in tests
        for name, body in _FUNCTION.findall(files.text(path))
    ]
    for path, name, parts in sorted(found, key=lambda each: each[2]):
        folder = posixpath.dirname(path)
        run = f"go test -run '^$' -bench '^{name}$' ./{folder}".rstrip("/")
        source = f"{path}, func {name}"
        form: Form
        if parts:
            text, form = geometric_mean(run, "/ ns\\/op/", "$3", "time_ns"), "lines"
            note = "it has parts of its own (b.Run); the metric is their geometric mean"
        else:
            text, form, note = run, {"regex": {"time_ns": rf"^{name}(?:-\d+)?\s+\d+\s+([\d.]+) ns/op"}}, ""
        yield Command(
            text,
            source,
            Rank.NATIVE,
            metric="time_ns",
            unit="ns",
            metrics=form,
            timeout=_TIME,
            builds=True,
            starts=tests,
            note=note,
        )
