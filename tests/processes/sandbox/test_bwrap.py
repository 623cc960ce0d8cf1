"""What a command in mounts and namespaces of its own sees, what it can change, and what becomes of it."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.processes.sandbox.conftest import PATH, PYTHON, Inside

from autoexp.processes import Limits
from autoexp.processes.sandbox.etc import etc_in
from autoexp.processes.sandbox.view import Bind

LISTING = "for place in {}; do if [ -e $place ]; then echo $place; fi; done"
ROOTS = pwd.getpwuid(0).pw_dir
DAEMON = "setsid sh -c 'setsid sleep 60 & sleep 60' & "


def test_what_belongs_to_others_is_not_there(inside: Inside) -> None:
    homes = " ".join(str(place) for place in Path("/home").iterdir() if " " not in place.name)
    places = f"{homes} /etc/shadow /etc/ssh /run /var/lib /mnt /srv {ROOTS}/.ssh {ROOTS}/.cache /sys/kernel/debug"
    assert inside.says(LISTING.format(places)) == ""


def test_the_folder_around_the_tree_is_not_there(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    assert inside.says(LISTING.format(f"{tmp_path} {tmp_path}/secret {inside.tree}")) == ""


def test_the_tree_stands_at_a_constant_place(inside: Inside) -> None:
    assert inside.says("pwd; echo $PWD; cat file") == "/w\n/w\nof the tree\n"


def test_a_command_can_start_below_the_tree(inside: Inside) -> None:
    (inside.tree / "below").mkdir()
    assert inside.says("pwd", cwd="below") == "/w/below\n"


def test_a_folder_to_start_in_that_is_not_there_is_named(inside: Inside) -> None:
    finished = inside.run("pwd", cwd="gone")
    assert finished.how == "not_found"
    assert "/w/gone" in finished.detail


@pytest.mark.parametrize(
    "place",
    [
        "/w/new",
        "/w/file",
        "/usr/new",
        "/new",
        "/etc/new",
        "/sys/fs/cgroup/new",
        "/.autoexp/new",
        f"{ROOTS}/new",
        "/dev/new",
    ],
)
def test_nothing_outside_of_the_private_folders_can_be_written(inside: Inside, place: str) -> None:
    finished = inside.run(f"echo x > {place}")
    assert finished.returncode not in {0, None}
    assert "Read-only file system" in inside.err or "Permission denied" in inside.err


SETTINGS = """\
import os
import pwd
for place, folders, files in os.walk("/proc"):
    folders[:] = [name for name in folders if not name.isdigit() and name not in ("self", "thread-self")]
    for name in files:
        try:
            os.close(os.open(f"{place}/{name}", os.O_WRONLY))
            print(f"{place}/{name}")
        except OSError:
            pass
"""


def test_no_setting_of_the_kernel_can_be_written_also_not_by_root(inside: Inside) -> None:
    assert inside.says((PYTHON, "-c", SETTINGS)) == ""


KEYRING = """\
import ctypes
libc, text = ctypes.CDLL(None), ctypes.create_string_buffer(9)
search, add, session = (250, 248, -3) if __import__("os").uname().machine == "x86_64" else (219, 217, -3)
found = libc.syscall(search, 10, session, b"user", b"autoexp-test", 0)
added = libc.syscall(add, b"user", b"autoexp-test", b"remember", 8, session)
print(found > 0, added > 0)
"""


def test_a_command_finds_nothing_that_another_left_on_a_keyring(inside: Inside) -> None:
    def login() -> None:  # as who logs in gets it, with a keyring that commands would share
        ctypes.CDLL(None).syscall(250 if os.uname().machine == "x86_64" else 219, 1, None)
        said.extend(inside.says((PYTHON, "-c", KEYRING)) for _ in range(2))

    said: list[str] = []
    thread = threading.Thread(target=login)  # a keyring is a thread's
    thread.start()
    thread.join()
    assert [line.split()[0] for line in said] == ["False"] * 2


def test_the_tree_can_be_written_when_that_is_the_task(inside: Inside) -> None:
    inside.says("echo new > file; echo more > other", editable=True)
    assert (inside.tree / "file").read_text() == "new\n"
    assert (inside.tree / "other").read_text() == "more\n"


def test_private_folders_are_empty_at_each_start(inside: Inside) -> None:
    (inside.tree / "build").mkdir()
    command = 'for place in build "$HOME" "$TMPDIR" /dev/shm; do ls -A "$place"; echo kept > "$place/trace"; done'
    for _ in range(2):
        assert inside.says(command, scratch=("build",)) == ""
    assert list((inside.tree / "build").iterdir()) == []


def test_home_and_temporary_folder_belong_to_the_command(inside: Inside) -> None:
    assert inside.says('echo "$HOME $TMPDIR"; test -O "$HOME" && test -w "$TMPDIR" && echo mine') == (
        "/home/run /tmp\nmine\n"
    )


def test_the_other_temporary_folder_is_private_too(inside: Inside) -> None:
    assert inside.says("echo mine > /var/tmp/autoexp-test && ls /var/tmp") == "autoexp-test\n"
    assert not Path("/var/tmp/autoexp-test").exists()


def test_the_machines_own_name_can_be_looked_up(inside: Inside) -> None:
    assert (
        inside.says([PYTHON, "-c", "import socket; print(socket.gethostbyname(socket.gethostname()))"]) == "127.0.0.1\n"
    )


def test_private_folders_have_a_bound(inside: Inside) -> None:
    (inside.tree / "build").mkdir()
    sizes = inside.says("df -k --output=size /tmp /home/run /dev/shm /w/build | tail -n 4", scratch=("build",)).split()
    assert [int(size) << 10 for size in sizes] == [4 << 30, 1 << 30, 4 << 30, 4 << 30]


def test_a_bind_is_read_only_unless_it_is_to_be_written(inside: Inside, tmp_path: Path) -> None:
    for name in ("seen", "open"):
        (tmp_path / name).mkdir()
    binds = (Bind(tmp_path / "seen"), Bind(tmp_path / "open", writable=True))
    inside.run(f"touch {tmp_path}/seen/a; touch {tmp_path}/open/a", binds=binds)
    assert sorted(path.name for path in tmp_path.glob("*/a")) == ["a"]
    assert (tmp_path / "open/a").exists()


def test_a_bind_can_stand_at_another_place(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_text("data")
    assert inside.says("cat /w/file", binds=(Bind(tmp_path / "data.bin", "/w/file"),)) == "data"


def test_of_nested_binds_the_inner_one_counts_in_any_order(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "data/sealed").mkdir(parents=True)
    (tmp_path / "data/sealed/file").write_text("sealed")
    binds = (Bind(tmp_path / "data", writable=True), Bind(tmp_path / "data/sealed"))
    for order in (binds, binds[::-1]):
        inside.run(f"echo x > {tmp_path}/data/sealed/file; echo x > {tmp_path}/data/free", binds=order)
        assert (tmp_path / "data/sealed/file").read_text() == "sealed"
        assert (tmp_path / "data/free").read_text() == "x\n"
        (tmp_path / "data/free").unlink()


def test_a_closed_folder_is_empty_wherever_it_is_seen(inside: Inside, tmp_path: Path) -> None:
    for name in ("around/closed/seen", "around/open"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("x")
    (tmp_path / "link").symlink_to("around")
    binds = (Bind(tmp_path / "around"), Bind(tmp_path / "link"), Bind(tmp_path / "around/closed/seen"))
    found = inside.says(
        f"cd {tmp_path} && find -L . /usr/share/doc; touch around/closed/x /usr/share/doc/x || true",
        binds=binds,
        closed=(f"{tmp_path}/around/closed", "/usr/share/doc"),
    ).split()
    assert sorted(found) == [
        ".", "./around", "./around/closed", "./around/closed/seen", "./around/closed/seen/file", "./around/open",
        "./around/open/file", "./link", "./link/closed", "./link/open", "./link/open/file", "/usr/share/doc",
    ]  # fmt: skip
    assert inside.err.count("Read-only file system") == 2


def test_a_tool_of_a_closed_folder_is_seen_all_the_same(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "repo/.venv/bin").mkdir(parents=True)
    (tmp_path / "repo/.venv/pyvenv.cfg").touch()
    (tmp_path / "repo/.venv/bin/tool").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "repo/.venv/bin/tool").chmod(0o755)
    path = f"{tmp_path}/repo/.venv/bin:{PATH}"
    for binds in ((), (Bind(tmp_path),)):
        told = inside.says(f"tool; ls -A {tmp_path}/repo", path=path, binds=binds, closed=(f"{tmp_path}/repo",))
        assert told == "here\n.venv\n"


def test_a_file_of_etc_can_be_bound_beside_the_copy(inside: Inside, tmp_path: Path) -> None:
    inside.sandbox = replace(inside.sandbox, etc=etc_in(tmp_path / "cache"))
    (tmp_path / "conf").write_text("mine")
    assert inside.says("cat /etc/hosts") == Path("/etc/hosts").read_text()
    assert (
        inside.says("cat /etc/autoexp-test.conf", binds=(Bind(tmp_path / "conf", "/etc/autoexp-test.conf"),)) == "mine"
    )


@pytest.mark.parametrize("name", ["with space", "ümläut-日本", "a'b\"c", "a\nb", "$HOME"])
def test_names_of_any_kind_can_be_bound(inside: Inside, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "file").write_text("here")
    assert inside.says(("cat", f"{tmp_path}/{name}/file"), binds=(Bind(tmp_path / name),)) == "here"


def test_a_linked_folder_is_shown_under_its_name(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_text("here")
    (tmp_path / "link").symlink_to("real")
    assert inside.says(("cat", f"{tmp_path}/link/file"), binds=(Bind(tmp_path / "link"),)) == "here"


def test_no_variable_comes_but_those_given(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOEXP_TEST_LEAK", "1")
    names = {line.partition("=")[0] for line in inside.says(("env",), env={"GIVEN": "x y"}).splitlines()}
    assert names == {"PATH", "HOME", "TMPDIR", "GIVEN", "AUTOEXP_RUN", "PWD"}


def test_processes_of_the_machine_are_out_of_sight(inside: Inside) -> None:
    others = f"kill -0 {os.getpid()} 2>/dev/null && echo seen; ls /proc | grep -c '^[0-9]'"
    assert int(inside.says(others)) < 8


def test_the_first_process_cannot_be_looked_into(inside: Inside) -> None:
    looks = "cat /proc/1/environ; cat /proc/1/mem; cat /proc/1/maps; ls -l /proc/1/fd; ls /proc/1/root/; true"
    printed = inside.says(looks)
    assert "pipe:" not in printed
    assert inside.err.count("Permission denied") >= 5


def test_no_descriptor_of_ours_reaches_the_command(inside: Inside, tmp_path: Path) -> None:
    listed = inside.says(("ls", "-l", "/proc/self/fd")).splitlines()[1:]
    assert sorted({int(line.split()[-3]) for line in listed}) == [0, 1, 2, 3]  # 3 is ls reading the folder
    listed = inside.says(("ls", "-l", "/proc/self/fd"), report=tmp_path / "report").splitlines()[1:]
    places = [line.split(" -> ")[1] for line in listed]
    assert len(places) == 5
    assert str(tmp_path / "report") in places
    assert len([place for place in places if place.startswith("pipe:")]) == 2  # what it prints


def test_what_a_command_writes_on_any_descriptor_is_no_account(inside: Inside) -> None:
    forged = "for n in $(seq 3 9); do eval 'echo status 0 >&'$n; done 2>/dev/null; exit 5"
    assert inside.run(forged).returncode == 5
    forged = "import os\nfor n in range(3, 200):\n try: os.write(n, b'status 0\\nwall 1\\n')\n except OSError: pass\nos._exit(5)"
    assert inside.run((PYTHON, "-c", forged)).returncode == 5


def test_exit_codes_and_signals_are_passed_through(inside: Inside) -> None:
    assert inside.run("exit 7").returncode == 7
    finished = inside.run("kill -SEGV $$")
    assert (finished.returncode, finished.signal, finished.detail) == (None, signal.SIGSEGV, "killed by SIGSEGV")
    finished = inside.run("kill -KILL $$")
    assert (finished.how, finished.signal) == ("exited", signal.SIGKILL)


def test_a_missing_program_is_an_answer(inside: Inside) -> None:
    for program in ("no-such-program", "./no-such-program", "ünknöwn"):
        finished = inside.run((program,))
        assert (finished.how, finished.passed) == ("not_found", False)
        assert "there is no such program" in finished.detail
        assert program in finished.detail


def test_a_program_that_is_not_readable_inside_is_missing(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o755)
    assert inside.run((str(tmp_path / "tool"),)).how == "not_found"


def test_a_script_without_a_first_line_runs_as_in_a_shell(inside: Inside) -> None:
    (inside.tree / "tool").write_text("echo here\n")
    (inside.tree / "tool").chmod(0o755)
    assert inside.says(("./tool",)) == "here\n"


@pytest.mark.parametrize("number", [n for n in range(1, 32) if n not in {signal.SIGKILL, signal.SIGSTOP}])
def test_no_signal_to_the_first_process_is_a_success(inside: Inside, number: int) -> None:
    finished = inside.run(f"kill -{number} 1; sleep 0.05; exit 9")
    assert not finished.passed
    if number == signal.SIGTERM:
        assert (finished.returncode, finished.detail) == (None, "it ended its own sandbox")
    else:
        assert finished.returncode == 9


def test_cpu_of_the_whole_tree_is_counted(inside: Inside) -> None:
    busy = f"{PYTHON} -c 'while __import__(\"time\").process_time() < 0.2: pass'"
    assert inside.run(f"{busy} & {busy}; wait").usage.cpu_s >= 0.4
    assert inside.run(f"(setsid {busy} &); true").usage.cpu_s >= 0.04  # an orphan, for as long as its grace lasts


def test_the_memory_peak_is_the_commands_own(inside: Inside) -> None:
    ballast = bytearray(b"x" * 200_000_000)
    assert inside.run(("true",)).usage.peak_rss_mb < 8
    assert len(ballast) == 200_000_000
    eats = (PYTHON, "-c", "x = bytearray(b'x' * 100_000_000)")
    assert inside.run(("sh", "-c", f"{PYTHON} -c '{eats[2].replace(chr(39), chr(34))}'; true")).usage.peak_rss_mb > 100


def test_the_time_of_starting_a_sandbox_is_not_the_commands(inside: Inside) -> None:
    began = time.monotonic()
    used = inside.run(("true",)).usage
    assert 0 < used.wall_s < time.monotonic() - began


def test_leftovers_are_counted_and_dead(inside: Inside) -> None:
    finished = inside.run(DAEMON + "sleep 0.2")
    assert finished.passed
    assert finished.leftovers >= 3
    assert inside.alive() == []


def test_children_that_end_by_themselves_at_once_are_no_leftovers(inside: Inside) -> None:
    assert inside.run("(sleep 0.01 &)").leftovers == 0


def test_a_sleeper_is_ended_at_its_limit_and_what_it_used_is_told(inside: Inside) -> None:
    busy = f"{PYTHON} -c 'while __import__(\"time\").process_time() < 0.1: pass'"
    finished = inside.run(DAEMON + f"trap '' TERM INT; {busy}; sleep 60", limits=Limits(1.0))
    assert (finished.how, finished.returncode) == ("timeout", None)
    assert "1 s" in finished.detail
    assert finished.usage.cpu_s > 0.1
    assert inside.alive() == []


def test_a_stop_from_outside_ends_everything(inside: Inside) -> None:
    asked: list[int] = []
    finished = inside.run(DAEMON + "sleep 60", stop=lambda: bool(asked.append(1)) or len(asked) > 2)
    assert finished.how == "stopped"
    assert inside.alive() == []


def test_a_flood_is_stopped_and_named(inside: Inside) -> None:
    assert inside.run("yes", limits=Limits(20.0, output_bytes=100_000)).how == "flood"
    assert inside.run("head -c 5000 /dev/zero", limits=Limits(20.0, output_bytes=1000)).how == "flood"
    assert inside.alive() == []


def test_a_flood_of_the_private_report_is_one_too(inside: Inside, tmp_path: Path) -> None:
    command = 'while true; do echo line >&"$AUTOEXP_REPORT_FD"; done'
    limits = Limits(20.0, 100_000)
    assert inside.run(("bash", "-c", command), limits=limits, report=tmp_path / "report").how == "flood"


def test_memory_beyond_its_limit_is_named(inside: Inside) -> None:
    eats = (PYTHON, "-c", "import time; x = bytearray(b'x' * 200_000_000); time.sleep(60)")
    finished = inside.run(eats, limits=Limits(20.0, memory=100_000_000))
    assert finished.how == "memory"
    assert "100 MB allowed" in finished.detail
    assert inside.alive() == []


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/dev/shm", "$HOME", "build"])
def test_files_in_private_folders_count_as_memory(inside: Inside, place: str) -> None:
    (inside.tree / "build").mkdir()
    limits = Limits(20.0, memory=200_000_000)
    fill = f"head -c {{}}M /dev/zero > {place}/a; sleep {{}}"
    assert inside.run(fill.format(300, 10), limits=limits, scratch=("build",)).how == "memory"
    assert inside.run(fill.format(100, 0.5), limits=limits, scratch=("build",)).passed


def test_a_mapped_file_in_memory_counts_once(inside: Inside) -> None:
    mapped = (
        "import mmap, time; f = open('/dev/shm/a', 'w+b'); f.truncate(140 << 20); m = mmap.mmap(f.fileno(), 0);"
        " [m.write(b'x' * 2**20) for _ in range(140)]; time.sleep(0.5)"
    )
    assert inside.run((PYTHON, "-c", mapped), limits=Limits(20.0, memory=250_000_000)).passed


def test_processes_beyond_their_limit_are_named(inside: Inside) -> None:
    forks = "for i in 1 2 3 4 5 6; do sleep 60 & done; wait"
    finished = inside.run(forks, limits=Limits(20.0, processes=6))
    assert finished.how == "processes"
    assert "6 processes" in finished.detail
    assert inside.alive() == []


def test_the_processes_of_the_sandbox_itself_are_not_counted(inside: Inside) -> None:
    assert inside.run("sleep 0.3 & sleep 0.3; wait", limits=Limits(20.0, processes=3)).passed


def test_a_file_beyond_its_limit_cannot_be_written(inside: Inside) -> None:
    limits = Limits(20.0, file_size=10_000)
    assert inside.run("head -c 9000 /dev/zero > /tmp/a", limits=limits).passed
    assert not inside.run("head -c 11000 /dev/zero > /tmp/a; test $(stat -c %s /tmp/a) -gt 10000", limits=limits).passed


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor only")
def test_a_command_runs_on_the_processors_given(inside: Inside) -> None:
    before = os.sched_getaffinity(0)
    one = frozenset([max(before)])
    print_them = (PYTHON, "-c", "import os; print(*os.sched_getaffinity(0))")
    assert inside.says(print_them, limits=Limits(20.0, processors=one)).split() == [str(max(before))]
    assert os.sched_getaffinity(0) == before


def test_no_namespace_can_be_made_inside(inside: Inside) -> None:
    assert not inside.run(("unshare", "--user", "--map-root-user", "true")).passed


def test_without_a_network_nothing_can_be_reached(inside: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"
        assert "refused" in _fails(inside, connect)
        assert "etwork is unreachable" in _fails(
            inside, "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
        )
        inside.says((PYTHON, "-c", connect), network="host")


def test_servers_of_a_command_can_be_reached_by_it(inside: Inside) -> None:
    own = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()).close()"
    inside.says((PYTHON, "-c", own))


def test_names_can_be_looked_up_only_with_the_network_of_the_machine(inside: Inside) -> None:
    looks = "if [ -e /etc/resolv.conf ]; then echo there; fi"
    assert inside.says(looks) == ""
    if Path("/etc/resolv.conf").exists():
        assert inside.says(looks, network="host") == "there\n"


def test_a_command_that_is_started_from_any_thread_runs_to_its_end(inside: Inside) -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(inside.run("sleep 0.1").passed))
    thread.start()
    thread.join()
    assert found == [True]


def test_killing_the_engine_leaves_nothing(inside: Inside, tmp_path: Path) -> None:
    (inside.tree / "started").touch()
    program = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from tests.processes.sandbox.conftest import Inside, sandbox
inside = Inside(Path({str(tmp_path)!r}), sandbox("bwrap"), marker={inside.marker!r})
inside.run("setsid sleep 60 & echo go > started; sleep 60", editable=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], env={"PATH": PATH}) as engine:
        while (inside.tree / "started").read_text() != "go\n":
            assert engine.poll() is None
            time.sleep(0.01)
        assert len(inside.alive()) >= 3
        engine.kill()
    deadline = time.monotonic() + 20
    while inside.alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert inside.alive() == []


def _fails(inside: Inside, code: str) -> str:
    assert not inside.run((PYTHON, "-c", code)).passed
    return inside.err
