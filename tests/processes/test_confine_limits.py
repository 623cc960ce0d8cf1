"""Promises of a confined command: limits hold, and what is wrong starts nothing."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.processes.boxes import PROGRAM, Box

from autoexp.processes import confine

pytestmark = pytest.mark.skipif(
    confine.landlock_abi() == 0 or not confine.seccomp_works(), reason="this kernel has no Landlock or no seccomp"
)


def test_file_size_is_limited(box: Box) -> None:
    config = {"rlimits": {"FSIZE": 1000, "CORE": 0}}
    assert box.try_("open('big', 'wb', 0).write(bytes(1000))", config=config) == "done"
    assert box.try_("open('big', 'ab', 0).write(bytes(1000))", config=config) == "EFBIG"
    done = box.run("sh", "-c", "exec head -c 2000 /dev/zero >big", config=config)
    assert done.returncode == -signal.SIGXFSZ


def test_memory_is_limited(box: Box) -> None:
    script = "try: bytes(1 << 30)\nexcept MemoryError: print('refused')"
    assert box.run(box.python, "-c", script, config={"rlimits": {"AS": 1 << 29}}).stdout == "refused\n"
    assert box.run(box.python, "-c", script).stdout == ""


def test_files_cpu_and_processes_are_limited(box: Box) -> None:
    assert box.try_("[os.dup(0) for _ in range(100)]", config={"rlimits": {"NOFILE": 50}}) == "EMFILE"
    assert box.run("sh", "-c", "while :; do :; done", config={"rlimits": {"CPU": 1}}).returncode == -signal.SIGXCPU
    if box.prefix:  # root is not counted
        done = box.run(box.python, "-I", "-c", "import os; os.fork()", config={"rlimits": {"NPROC": 0}})
        assert "BlockingIOError" in done.stderr


@pytest.mark.parametrize("limits", [{"AS": 1}, {"AS": 1 << 20}, {"NOFILE": 0}, {"FSIZE": 0}])
def test_limit_below_what_starting_takes_never_starts_without_it(box: Box, limits: dict[str, int]) -> None:
    done = box.run("sh", "-c", "echo x >new", config={"rlimits": limits})
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_limits_cannot_be_raised_again(box: Box) -> None:
    code = "import resource\ntry:\n    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))\nexcept ValueError: raise OSError(1, '')"
    assert box.try_(code, config={"rlimits": {"NOFILE": 50}}) == "EPERM"
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = box.run("sh", "-c", "ulimit -n", config={"rlimits": {"NOFILE": 1 << 40}})
    assert done.stdout == f"{hard}\n"


WRONG = {
    "": "is not JSON",
    "{": "is not JSON",
    "{} {}": "Extra data",
    "[]": "not a JSON object",
    '{"reed": []}': "unknown key reed",
    '{"read": "/usr"}': "read has to be a list of absolute paths",
    '{"read": ["usr"]}': "read has to be",
    '{"write": [7]}': "write has to be",
    '{"network": "on"}': "network has to be",
    '{"network": {"connect": [0]}}': "network has to be",
    '{"network": {"connect": [true]}}': "network has to be",
    '{"network": {"listen": [1]}}': "network has to be",
    '{"rlimits": {"RSS": 1}}': "rlimits has to be",
    '{"rlimits": {"AS": -1}}': "rlimits has to be",
    '{"rlimits": {"AS": 1.5}}': "rlimits has to be",
    '{"landlock": 1}': "landlock has to be true or false",
    "[" * 100_000: "is not JSON",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:30]) for text in WRONG])
def test_wrong_configuration_starts_nothing(tmp_path: Path, text: str) -> None:
    program = [sys.executable, "-I", "-S", "-B", str(PROGRAM), text, "touch", str(tmp_path / "started")]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 126
    assert done.stderr.startswith("autoexp: cannot confine: ")
    assert WRONG[text] in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "started").exists()


def test_what_the_kernel_refuses_starts_nothing(box: Box) -> None:
    config = {"read": ["/"], "write": ["/"]}
    program = [box.python, "-I", "-S", "-B", str(box.folder / "program/confine.py"), json.dumps(config)]
    done = box.run(*program * 16, "touch", "started", config=config)  # Landlock stacks 16 deep
    assert done.returncode == 126
    assert done.stderr == "autoexp: cannot confine: [Errno 7] Argument list too long\n"
    assert not (box.inside / "started").exists()


def test_facts_say_what_holds() -> None:
    told = confine.facts({"network": {"connect": [443]}, "rlimits": {"AS": 5}})
    assert told["files"].startswith("landlock abi ")
    assert told["limits"] == "AS 5"
    assert told["system calls"] == "seccomp"
    assert confine.facts({"landlock": False})["files"] == "not confined"
    assert confine.facts({"landlock": False, "network": {"connect": [443]}})["network"].startswith("off")
    assert confine.facts({})["network"] == "off"
    with pytest.raises(confine.Refused, match="unknown key"):
        confine.facts({"files": []})
