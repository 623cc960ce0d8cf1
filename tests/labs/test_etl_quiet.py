"""The lab `etl` puts each question on a core at full speed, where the system lets it, and asks all the same where not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.labs import gallery

HARNESS = Path(gallery.__file__).parent / "etl" / "harness"
pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux puts processes on cores")


def said(script: str) -> list[str]:
    """Run a script of its own, for it moves itself; give the lines that it prints."""
    command = [sys.executable, "-c", f"import os, subprocess, sys\nfrom quiet import Cores\n{script}"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HARNESS), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2 if hasattr(os, "sched_getaffinity") else True, reason="one core")
def test_a_process_gets_one_core_and_the_judge_stays_off_it() -> None:
    theirs, ours, all_ = said(
        "child = subprocess.Popen(['sleep', '60'])\ncores = Cores()\ncores.give_quiet(child.pid)\n"
        "for seen in (os.sched_getaffinity(child.pid), os.sched_getaffinity(0), cores.all):\n    print(*sorted(seen))\n"
        "child.kill()"
    )
    assert len(theirs.split()) == 1
    assert {*theirs.split()} | {*ours.split()} == {*all_.split()}
    assert not {*theirs.split()} & {*ours.split()}


def test_every_thread_of_a_process_moves() -> None:
    sleeper = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); print(flush=True)"
    assert said(
        f"child = subprocess.Popen([sys.executable, '-c', {sleeper!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nCores().give_quiet(child.pid)\n"
        "threads = os.listdir(f'/proc/{child.pid}/task')\n"
        "print(len(threads), len(set().union(*(os.sched_getaffinity(int(one)) for one in threads))))\nchild.kill()"
    ) == ["2 1"]


def test_with_one_core_the_judge_shares_it() -> None:
    assert said(
        "core = min(os.sched_getaffinity(0))\nos.sched_setaffinity(0, {core})\nCores().give_quiet(os.getpid())\n"
        "print(os.sched_getaffinity(0) == {core})"
    ) == ["True"]


def test_a_process_that_has_ended_is_left_alone() -> None:
    assert said(
        "child = subprocess.Popen(['true'])\nos.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)\n"
        "Cores().give_quiet(child.pid)\nprint('went on')"
    ) == ["went on"]


def test_no_core_is_left_out_of_the_measure_of_full_speed() -> None:
    looked, shortest = said(
        "cores = Cores()\nseen = cores.look()\nprint(len(seen) == min(4, len(cores.all)))\n"
        "print(cores.shortest_s == min(seen.values()) > 0)"
    )
    assert (looked, shortest) == ("True", "True")
