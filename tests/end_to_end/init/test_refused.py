"""What init refuses leaves nothing behind, and what it cannot see is told in the words of the mistake."""

import json
import os
import subprocess
from collections.abc import Sequence

import pytest

from tests.end_to_end.commands import Running, wait_until
from tests.end_to_end.conftest import Project

MEASURE = ("--measure", "scripts/bench.sh", "--yes", "--allow-unsandboxed")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--direction", "sideways", *MEASURE), "direction"),
        (("--metric", "two words", *MEASURE), "not the name of a metric"),
        (("--guard", "time<5", *MEASURE), "NAME<=LIMIT"),
        (("--guard", "time_us<=5", "--unit", "us", *MEASURE), "which is the primary metric"),
        (("--timeout", "soon", *MEASURE), "not a duration"),
        (("--tokens", "many", *MEASURE), "a count"),
        (("--propose", "a", "--agent", "codex", *MEASURE), "both say who proposes"),
        (("--from", "nowhere", "--yes"), "nothing to take over"),
        (("--lab", "elt"), "labs: "),
        (("--harness", "perl", "--yes"), "python, shell, c"),
        (("--tag", "No Tag", *MEASURE), "a tag has"),
    ],
)
def test_mistake_is_one_clear_error_and_nothing_is_written(
    sorting: Project, arguments: Sequence[str], words: str
) -> None:
    _, err = sorting.ran("init", "--no-try", *arguments, code=2)
    assert words in err
    assert "fix: " in err
    assert "Traceback" not in err
    assert not (sorting.path / "autoexp.yaml").exists()
    assert not (sorting.path / "program.md").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a repository to somebody else")
def test_repository_of_somebody_else_is_refused_with_the_reason(sorting: Project) -> None:
    subprocess.run(["chown", "-R", "65534", str(sorting.path)], check=True)
    sorting.environ["HOME"] = str(sorting.path.parent)
    _, err = sorting.ran("init", "--yes", code=2)
    assert "git does not trust the owner of this repository" in err
    assert "safe.directory" in err
    assert not (sorting.path / "autoexp.yaml").exists()


def test_mistake_is_told_before_anything_runs(sorting: Project) -> None:
    _, err = sorting.ran("init", *MEASURE, "--guard", "time<5", code=2)
    assert "NAME<=LIMIT" in err
    assert "running" not in err


def test_second_init_is_refused_with_the_way_to_another_campaign(sorting: Project) -> None:
    sorting.run("init", "--no-try", *MEASURE)
    before = (sorting.path / "autoexp.yaml").read_bytes()
    _, err = sorting.ran("init", *MEASURE, code=2)
    assert "it exists already" in err
    assert "--tag NAME" in err
    assert (sorting.path / "autoexp.yaml").read_bytes() == before


def test_misspelt_script_is_told_with_the_one_that_is_there_and_not_run(sorting: Project) -> None:
    out, err = sorting.ran("init", "--measure", "scripts/bnch.sh", "--edit", "src/sorting.py", "--yes")
    assert "there is no file scripts/bnch.sh; did you mean scripts/bench.sh?" in out
    assert "running" not in err


def test_harness_that_fails_is_shown_and_the_contract_is_written(sorting: Project) -> None:
    (sorting.path / "scripts/bench.sh").write_text("#!/bin/sh\necho 'no input here' >&2\nexit 3\n")
    sorting.git("commit", "-qam", "broken")
    out, _ = sorting.ran("init", *MEASURE, "--unit", "us")
    assert "`scripts/bench.sh` failed on HEAD, and `autoexp check` will fail until that is mended" in out
    assert "no input here" in out
    assert (sorting.path / "autoexp.yaml").exists()


def test_harness_that_prints_nothing_is_measured_from_outside(sorting: Project) -> None:
    (sorting.path / "scripts/bench.sh").write_text("#!/bin/sh\ntrue\n")
    sorting.git("commit", "-qam", "silent")
    found = json.loads(sorting.ran("init", *MEASURE, "--json")[0])
    assert found["answers"]["metric"] == "cpu_s"
    assert any("printed nothing" in note and "cpu_s" in note for note in found["notes"])


def shown(process: Running) -> str:
    try:
        return process.printed("err")
    except FileNotFoundError:  # it has only just been forked
        return ""


def test_first_interrupt_skips_the_run_and_the_contract_is_written(sorting: Project) -> None:
    (sorting.path / "scripts/bench.sh").write_text("#!/bin/sh\nexec sleep 600\n")
    sorting.git("commit", "-qam", "hangs")
    text = ("--timeout", "300s", "--unit", "us")
    with sorting.start("init", *MEASURE, *text) as process:
        wait_until(lambda: "sandbox: " in shown(process), "the run")
        process.send_signal(2)
        out, _ = process.communicate()
    assert process.returncode == 0
    assert "was stopped before it ended" in out
    assert (sorting.path / "autoexp.yaml").exists()


def test_run_that_takes_too_long_is_ended_and_told(sorting: Project) -> None:
    (sorting.path / "scripts/bench.sh").write_text("#!/bin/sh\nexec sleep 600\n")
    sorting.git("commit", "-qam", "hangs")
    out, _ = sorting.ran("init", *MEASURE, "--timeout", "300ms")
    assert "did not end in time" in out
    assert "--timeout gives it longer" in out


def test_inferred_command_that_fails_is_told_with_the_next_one(sorting: Project) -> None:
    sorting.git("rm", "-q", "scripts/bench.sh")
    (sorting.path / "Makefile").write_text("benchmark:\n\tno-such-program-here\n")
    (sorting.path / "benchmarks").mkdir()
    for name in ("bench_one.py", "_harness.py"):
        (sorting.path / "benchmarks" / name).write_text("print('METRIC one_ms=1')\n")
    sorting.git("add", ".")
    sorting.git("commit", "-qm", "a Makefile")
    out, _ = sorting.ran("init", "--yes", "--allow-unsandboxed")
    assert "`make -s benchmark` failed on HEAD" in out
    assert "--measure 'python3 benchmarks/bench_one.py'" in out
    assert "_harness.py" not in out
    out, _ = sorting.ran(
        "init", "--yes", "--force", "--measure", "python3 benchmarks/bench_one.py", "--allow-unsandboxed"
    )
    assert "METRIC lines: one_ms" in out
    assert "replaced, because of --force: autoexp.yaml, program.md" in out
