import os
import signal
import subprocess
import sys
import threading

import pytest

from autoexp.processes import Limits, run
from autoexp.processes.children import become_subreaper, children, children_by_parent, wait_for

linux = pytest.mark.skipif(sys.platform != "linux", reason="found through /proc")

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("daemon", "w").write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
os.wait()
while not os.path.exists("daemon"):
    time.sleep(0.01)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_ends_well_has_passed(start):
    finished = start("true")
    assert finished.passed
    assert (finished.how, finished.returncode, finished.leftovers, finished.detail) == ("exited", 0, 0, "")


def test_the_exit_code_is_told(start):
    finished = start("exit 7")
    assert not finished.passed
    assert (finished.returncode, finished.detail) == (7, "exit code 7")


def test_a_tuple_is_argv_and_no_shell_reads_it(start, tmp_path):
    start(("printf", "%s", "$HOME; a 'b' *"))
    assert (tmp_path / "out").read_text() == "$HOME; a 'b' *"


def test_both_streams_go_to_their_files(start, tmp_path):
    start("echo one; echo two >&2")
    assert ((tmp_path / "out").read_text(), (tmp_path / "err").read_text()) == ("one\n", "two\n")


def test_outputs_are_private_files(start, tmp_path):
    start("echo one")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


def test_stdin_is_empty(start, tmp_path):
    start("cat; echo end")
    assert (tmp_path / "out").read_text() == "end\n"


def test_stdin_can_be_a_file(start, tmp_path):
    (tmp_path / "in").write_text("hello")
    start("cat", stdin=tmp_path / "in")
    assert (tmp_path / "out").read_text() == "hello"


def test_the_command_runs_in_the_folder_given(start, tmp_path):
    (tmp_path / "below").mkdir()
    start("pwd", cwd=tmp_path / "below")
    assert (tmp_path / "out").read_text().strip().endswith("/below")


def test_nothing_of_our_environment_is_inherited(start, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOEXP_TEST_LEAK", "1")
    start(("env",), env={"GIVEN": "x y"})
    printed = (tmp_path / "out").read_text()
    assert "AUTOEXP_TEST_LEAK" not in printed
    assert "GIVEN=x y\n" in printed


def test_ctrl_c_is_not_ignored_by_inheritance(start, tmp_path):
    start((sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"))
    assert (tmp_path / "out").read_text() == "True\n"


def test_a_missing_program_is_an_answer(start):
    finished = start(("no-such-program-anywhere",))
    assert finished.how == "not_found"
    assert "there is no such program" in finished.detail


def test_a_program_that_is_not_executable_is_an_answer(start, tmp_path):
    (tmp_path / "tool").write_text("echo")
    finished = start(("./tool",))
    assert finished.how == "not_found"
    assert "not executable" in finished.detail


def test_a_missing_folder_is_an_answer(start, tmp_path):
    finished = start("true", cwd=tmp_path / "gone")
    assert finished.how == "not_found"
    assert "folder" in finished.detail


def test_a_relative_program_is_found_below_the_folder(start, tmp_path):
    (tmp_path / "tool").write_text("#!/bin/sh\necho here")
    (tmp_path / "tool").chmod(0o755)
    assert start(("./tool",)).passed


def test_a_nul_in_a_command_is_an_answer(start):
    assert start(("echo", "a\0b")).how == "not_found"


def test_a_sleeper_is_killed_at_its_limit(start, alive):
    finished = start("sleep 60", wall_s=0.3)
    assert finished.how == "timeout"
    assert finished.returncode is None
    assert "0.3 s" in finished.detail
    assert finished.usage.wall_s < 30
    assert alive() == []


def test_a_child_that_ignores_sigterm_is_killed_at_its_limit(start, alive):
    finished = start("trap '' TERM INT HUP; while true; do sleep 1; done", wall_s=0.3)
    assert finished.how == "timeout"
    assert alive() == []


def test_a_flood_is_stopped_and_named(start, alive):
    finished = start("yes", output_bytes=100_000)
    assert finished.how == "flood"
    assert alive() == []


def test_a_flood_is_named_also_when_the_command_ended_first(start):
    assert start("head -c 5000 /dev/zero", output_bytes=1000).how == "flood"


def test_a_stop_from_outside_kills_the_tree(start, alive):
    asked = []
    finished = start("sleep 60 & sleep 60", stop=lambda: bool(asked.append(1)) or len(asked) > 2)
    assert finished.how == "stopped"
    assert alive() == []


@linux
def test_a_background_child_does_not_outlive_its_command(start, alive):
    finished = start("sleep 60 & echo done")
    assert finished.passed
    assert finished.leftovers == 1
    assert alive() == []


@linux
def test_a_daemon_that_left_its_session_is_killed(start, tmp_path):
    finished = start((sys.executable, "-c", DAEMON))
    assert finished.leftovers == 1
    assert not is_alive(int((tmp_path / "daemon").read_text()))


@linux
def test_a_daemon_that_cleared_its_environment_is_killed(start, tmp_path):
    finished = start(("env", "-i", sys.executable, "-c", DAEMON))
    assert finished.leftovers == 1
    assert not is_alive(int((tmp_path / "daemon").read_text()))


@linux
def test_a_daemon_is_killed_at_the_limit_too(start, tmp_path):
    assert start((sys.executable, "-c", DAEMON + "time.sleep(60)"), wall_s=2).how == "timeout"
    assert not is_alive(int((tmp_path / "daemon").read_text()))


@linux
def test_all_generations_of_leftovers_are_killed(start, alive):
    finished = start("setsid sh -c 'setsid sh -c \"sleep 60 & sleep 60\" & sleep 60' & sleep 0.3")
    assert finished.leftovers >= 4
    assert alive() == []


@linux
def test_nothing_is_left_as_a_zombie(start):
    before = children()
    start((sys.executable, "-c", DAEMON))
    assert children() <= before


@linux
def test_children_of_other_parts_of_the_program_are_left_alone(start):
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        start("sleep 60 & true")
        assert other.poll() is None
        other.kill()


@linux
def test_commands_at_the_same_time_do_not_kill_each_other(tmp_path):
    def one(name: str, found: dict) -> None:
        found[name] = run(
            ("/bin/sh", "-c", f"(setsid sleep 60 &); sleep {0.4 if name == 'slow' else 0.1}; echo {name}"),
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            limits=Limits(20),
            stdout=tmp_path / f"{name}.out",
            stderr=tmp_path / f"{name}.err",
            marker="both:",
        )

    found: dict = {}
    threads = [threading.Thread(target=one, args=(name, found)) for name in ("slow", "fast")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: finished.passed for name, finished in found.items()} == {"slow": True, "fast": True}
    assert {name: finished.leftovers for name, finished in found.items()} == {"slow": 1, "fast": 1}


def test_death_by_a_signal_names_it(start):
    finished = start("kill -SEGV $$")
    assert (finished.returncode, finished.signal) == (None, signal.SIGSEGV)
    assert finished.detail == "killed by SIGSEGV"


def test_cpu_of_the_whole_tree_is_counted(start):
    busy = f"{sys.executable} -c 'while __import__(\"time\").process_time() < 0.3: pass'"
    assert start(f"{busy} & {busy}; wait").usage.cpu_s >= 0.6


@linux
def test_the_memory_peak_is_the_commands_own(start):
    ballast = bytearray(b"x" * 200_000_000)
    finished = start("true")
    assert len(ballast) == 200_000_000
    assert finished.usage.peak_rss_mb < 50


def test_the_memory_peak_of_a_child_is_seen(start):
    assert start((sys.executable, "-c", "x = bytearray(b'x' * 100_000_000)")).usage.peak_rss_mb > 100


def test_waiting_without_pidfds_notices_the_end_and_does_not_reap():
    with subprocess.Popen(["sleep", "0.1"]) as process:
        assert not wait_for(process.pid, 0.0)
        assert wait_for(process.pid, 20)
        assert process.wait() == 0


@linux
def test_linux_can_adopt_orphans():
    assert become_subreaper()


@linux
def test_children_that_end_by_themselves_at_once_are_no_leftovers(start):
    assert start("(sleep 0.01 &)").leftovers == 0


@linux
def test_both_ways_to_list_children_agree():
    with subprocess.Popen(["sleep", "60"]) as process:
        assert process.pid in children()
        assert children() == children_by_parent()
        process.kill()


def test_an_exception_in_a_stop_leaves_nothing_alive(start, alive):
    def stop() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start("sleep 60 & sleep 60", stop=stop)
    assert alive() == []


def test_no_descriptor_but_the_three_is_inherited(start, tmp_path):
    start(("ls", "/proc/self/fd"))
    assert (tmp_path / "out").read_text().split() in (["0", "1", "2", "3"], [])  # 3 is ls reading the folder


@linux
def test_a_whole_group_left_behind_is_counted(start):
    assert start("sh -c 'sleep 60; :' & sleep 60 & true").leftovers >= 2


@linux
def test_children_that_the_command_killed_itself_are_no_leftovers(start):
    assert start("sleep 60 & kill -9 $!; true").leftovers == 0


def test_what_was_printed_cannot_be_taken_back(start, tmp_path):
    ended = start("echo first; (sleep 0.05; : >/proc/self/fd/1; echo late) & sleep 0.2")
    assert ended.passed
    assert (tmp_path / "out").read_text() == "first\nlate\n"


def test_long_output_arrives_whole_and_in_order(start, tmp_path):
    ended = start("seq 1 900000; seq 900001 1000000 >&2")
    assert ended.passed
    assert (tmp_path / "out").read_text().split() == [str(n) for n in range(1, 900001)]
    assert (tmp_path / "err").read_text().split()[-1] == "1000000"
