"""Commands are written such that a shell runs them on HEAD, limits as people write them, and mistakes are told."""

import os
from pathlib import Path

import pytest

from autoexp.api.inference import Files
from autoexp.api.starting.commands import absent, runnable
from autoexp.api.starting.guards import guard_of
from autoexp.errors import AutoexpError

FILES = Files.of(
    {
        "scripts/bench.sh": "#!/bin/sh\n",
        "scripts/test.sh": "#!/usr/bin/env -S bash -eu\n",
        "run.py": "#!/usr/bin/env python3\n",
        "count.py": "print(1)\n",
        "go.sh": "#!/bin/sh\n",
    },
    executable=["scripts/bench.sh", "go.sh"],
)


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("scripts/bench.sh", "scripts/bench.sh"),
        ("scripts/bench.sh --fast", "scripts/bench.sh --fast"),
        ("./scripts/test.sh  a b", "bash scripts/test.sh  a b"),
        ("run.py", "python3 run.py"),
        ("./count.py --n 3", "python count.py --n 3"),
        ("go.sh", "./go.sh"),
        ("./go.sh", "./go.sh"),
        ("sh go.sh", "sh go.sh"),
        ("python run.py", "python run.py"),
        ("cat scripts/bench.sh", "cat scripts/bench.sh"),
        ("", ""),
    ],
)
def test_script_is_started_as_it_can_be(command: str, written: str) -> None:
    found, note = runnable(command, FILES, os.environ)
    assert found == written
    assert bool(note) == (command != written)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("scripts/bnch.sh", "there is no file scripts/bnch.sh; did you mean scripts/bench.sh?"),
        ("sh new.sh", "new.sh is not committed"),
        ("python3 nothing.py", "there is no file nothing.py"),
        ("no-such-program --fast", "`no-such-program` is no program that is found on PATH"),
        ("scripts/bench.sh", ""),
        ("python3 -m pytest -q", ""),
        ("sh -c 'exit 0'", ""),
        ("cd scripts && ./bench.sh", ""),
        ("$TOOL bench", ""),
        ("X=1 sh go.sh", ""),
        ("(sh go.sh)", ""),
        ("if true; then sh go.sh; fi", ""),
    ],
)
def test_what_is_not_there_is_told_before_anything_runs(tmp_path: Path, command: str, words: str) -> None:
    (tmp_path / "new.sh").write_text("")
    found = absent(command, FILES, tmp_path, {"PATH": os.environ["PATH"]})
    assert words in found
    assert bool(found) == bool(words)


def test_ignored_program_is_there_when_it_is_provided_and_told_when_it_is_not(tmp_path: Path) -> None:
    files = Files.of({"bench.py": ""}, ignored=[".venv", "build"])
    assert absent(".venv/bin/python bench.py", files, tmp_path, os.environ, provided=[".venv"]) == ""
    assert "harness.provide: [build]" in absent("build/bench", files, tmp_path, os.environ, provided=[".venv"])


@pytest.mark.parametrize(
    ("text", "name", "section"),
    [
        ("memory_mb<=512", "memory_mb", {"role": "guard", "at_most": 512}),
        ("accuracy >= 0.95", "accuracy", {"role": "guard", "at_least": 0.95}),
        ("rows==baseline", "rows", {"role": "guard", "equals": "baseline"}),
        ("ok=1", "ok", {"role": "guard", "equals": 1}),
        ("p99_ms<=1.05*incumbent", "p99_ms", {"role": "guard", "at_most": {"of": "incumbent", "times": 1.05}}),
        ("p99_ms<=baseline*1.1", "p99_ms", {"role": "guard", "at_most": {"of": "baseline", "times": 1.1}}),
    ],
)
def test_limit_becomes_a_guard(text: str, name: str, section: dict[str, object]) -> None:
    assert guard_of(text) == (name, section)


@pytest.mark.parametrize("text", ["", "memory", "<=5", "a<5", "a<=", "a<=much", "a<=1.2.3*baseline", "a b<=1"])
def test_limit_that_is_none_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(AutoexpError, match="NAME<=LIMIT"):
        guard_of(text)
