"""What is inferred of seven small repositories: real ones, with a commit each."""

from pathlib import Path

import pytest
from tests.api.inference import repositories as examples
from tests.api.inference.repositories import EXAMPLES, Example

from autoexp.api.inference import Inferred, files_of, infer
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

COPY = 'cp -R . "$TMPDIR/tree" && cd "$TMPDIR/tree" && '


def seen(example: Example, folder: Path) -> Inferred:
    repository = Repository.open(example.write(folder))
    try:
        return infer(files_of(repository, repository.head()))
    finally:
        repository.close()


@pytest.mark.parametrize(
    ("example", "measure", "checks", "scope", "metric"),
    [
        (
            examples.PYTHON,
            "python3 benchmarks/bench_words.py",
            "python3 -m pytest -q -p no:cacheprovider",
            {"src/counting/__init__.py", "src/counting/words.py"},
            "count_ms",
        ),
        (examples.NODE, "npm run --silent bench", "npm test", {"src/index.js"}, ""),
        (
            examples.RUST,
            "cargo bench --offline --quiet --bench sums",
            "cargo test --offline --quiet",
            {"src/lib.rs"},
            "time_us",
        ),
        (examples.GO, "go test -run '^$' -bench '^BenchmarkSort$' .", "go test ./...", {"sorting.go"}, "time_ns"),
        (examples.C_MAKE, f"{COPY}make -s bench", f"{COPY}make -s test", {"src/sum.c", "src/sum.h"}, "time_ms"),
        (
            examples.DOCKER,
            "image=$(docker build --quiet .) && docker image inspect --format '{{.Size}}' \"$image\"",
            "sh test.sh",
            {"Dockerfile", ".dockerignore"},
            "image_bytes",
        ),
        (examples.SHELL, "scripts/bench.sh", "sh scripts/test.sh", {"lib/shout.sh"}, ""),
    ],
    ids=lambda value: value.kind if isinstance(value, Example) else "",
)
def test_each_kind_shows_its_commands_and_its_sources(
    example: Example, measure: str, checks: str, scope: set[str], metric: str, tmp_path: Path
) -> None:
    found = seen(example, tmp_path)
    inside = {path for path in example.texts if Scope(found.edit).matches(path)}
    assert found.kinds[-1] == example.kind
    assert (found.measure, found.checks, inside, found.metric) == (measure, checks, scope, metric)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.kind)
def test_whatever_is_inferred_is_said_with_its_source(example: Example, tmp_path: Path) -> None:
    found = seen(example, tmp_path)
    for name in ("measure", "checks", "edit", "provide", "writable", "env", "write", "metric"):
        said = found.because(name)
        assert bool(getattr(found, name)) == bool(said), name
    assert f"`{found.measure}`, from " in found.because("measure")[0]
    assert bool(found.checks) != any(line.startswith("checks: ") for line in found.missing)


def test_files_are_those_of_head_and_what_git_ignores_in_the_checkout(tmp_path: Path) -> None:
    folder = examples.PYTHON.write(tmp_path)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").write_text("")
    (folder / "bench.sh").write_text("echo 1\n")
    (folder / "Makefile").symlink_to("pyproject.toml")
    repository = Repository.open(folder)
    try:
        files = files_of(repository, repository.head())
        assert not files.has("bench.sh")
        assert files.ignored == (".venv",)
        assert files.text("pyproject.toml").startswith("[project]")
        assert infer(files).measure == ".venv/bin/python benchmarks/bench_words.py"
        assert infer(files).provide == (".venv",)
    finally:
        repository.close()
