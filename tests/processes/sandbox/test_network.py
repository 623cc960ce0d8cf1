"""The way out of mounts of its own: a proxy outside, a forwarder inside, and nothing else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.processes.sandbox.conftest import PATH, PYTHON, Inside
from tests.processes.tunnels import echo, server

from autoexp.processes import Limits
from autoexp.processes.confine import seccomp_works
from autoexp.processes.proxy import Proxy, variables
from autoexp.processes.sandbox.bwrap import PROXY_PORT, SOCKET, Bubblewrapped

ASK = """
import socket, sys
link = socket.create_connection(("127.0.0.1", 3128), 10)
link.sendall(f"CONNECT {sys.argv[1]} HTTP/1.1\\r\\n\\r\\n".encode())
head = link.recv(4096).split(b" ")[1]
if head == b"200":
    link.sendall(b"hello")
    print(link.recv(5).decode())
else:
    print(head.decode())
"""
TALK = """
import socket, sys
link = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
link.sendall(b"hello")
print(link.recv(5).decode())
"""


@contextmanager
def way_out(tmp_path: Path, *allow: str) -> Iterator[dict[str, Any]]:
    """Open a proxy; give what a view needs for it."""
    folder = tmp_path / "px"
    folder.mkdir()
    with Proxy(allow=allow, socket=folder / SOCKET) as proxy:
        yield {"network": allow, "proxy": folder, "local": proxy.local, "env": variables(PROXY_PORT)}


@pytest.fixture
def echoing() -> Iterator[int]:
    with server(echo) as port:
        yield port


def test_listed_servers_are_reached_and_no_others(inside: Inside, tmp_path: Path, echoing: int) -> None:
    with server(echo) as other, way_out(tmp_path, f"127.0.0.1:{echoing}") as view:
        assert inside.says((PYTHON, "-c", ASK, f"127.0.0.1:{echoing}"), **view) == "hello\n"
        assert inside.says((PYTHON, "-c", ASK, f"127.0.0.1:{other}"), **view) == "403\n"
        assert not inside.run((PYTHON, "-c", TALK, str(other)), **view).passed


def test_a_listed_server_of_this_machine_appears_inside_at_its_place(
    inside: Inside, tmp_path: Path, echoing: int
) -> None:
    with way_out(tmp_path, f"127.0.0.1:{echoing}") as view:
        assert inside.says((PYTHON, "-c", TALK, str(echoing)), **view) == "hello\n"


def test_the_forwarder_is_no_leftover_and_no_process_of_the_command(inside: Inside, tmp_path: Path) -> None:
    with way_out(tmp_path, "127.0.0.1:9") as view:
        finished = inside.run(("sleep", "0.3"), limits=Limits(20.0, processes=1), **view)
        assert (finished.detail, finished.leftovers) == ("", 0)
        assert finished.usage.peak_rss_mb < 8
        assert inside.run("setsid sleep 60 & true", **view).leftovers == 1
        assert inside.run("sleep 60", limits=Limits(0.5), **view).how == "timeout"
    assert inside.alive() == []


def test_killing_the_forwarder_harms_the_command_only(inside: Inside, tmp_path: Path, echoing: int) -> None:
    with way_out(tmp_path, f"127.0.0.1:{echoing}") as view:
        kill = "for pid in $(ls /proc | grep '^[0-9]'); do [ $pid = 1 ] || [ $pid = $$ ] || kill -9 $pid; done 2>/dev/null; exit 5"
        finished = inside.run(kill, **view)
        assert (finished.returncode, finished.leftovers) == (5, 0)


def test_a_harness_report_is_in_no_other_process(inside: Inside, tmp_path: Path) -> None:
    look = """
import os
found = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    if pid == str(os.getpid()):
        continue
    try:
        found += [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]
        found += [e for e in open(f"/proc/{pid}/environ").read().split(chr(0)) if "REPORT" in e]
    except OSError:
        pass
print(sum(place.endswith("/report") or "REPORT" in place for place in found), len(found) > 3)
"""
    with way_out(tmp_path, "127.0.0.1:9") as view:
        assert inside.says((PYTHON, "-c", look), report=tmp_path / "report", **view) == "0 True\n"


def test_without_network_namespaces_a_filter_refuses_sockets(inside: Inside) -> None:
    if not seccomp_works():
        pytest.skip("system calls cannot be filtered on this machine")
    assert isinstance(inside.sandbox, Bubblewrapped)
    inside.sandbox = replace(inside.sandbox, network_space=False)
    with server(echo) as port:
        assert not inside.run((PYTHON, "-c", TALK, str(port))).passed
        assert "Permission denied" in inside.err
        assert inside.says((PYTHON, "-c", TALK, str(port)), network="host") == "hello\n"
    assert inside.says("env | cut -d= -f1 | sort | tr '\\n' ' '") == "AUTOEXP_RUN HOME PATH PWD TMPDIR "
    assert inside.run("exit 7").returncode == 7
    assert inside.run("setsid sleep 60 & true").leftovers == 1


def test_the_ladder_takes_the_filter_where_the_system_refuses_network_namespaces(inside: Inside) -> None:
    program = """
import os
from autoexp.processes.sandbox import ladder
rung = next(rung for rung in ladder.rungs(os.environ["PATH"]) if rung.level == "bwrap")
print(rung.holds, rung.sandbox.network_space)
"""
    refuse = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", refuse, "sh", sys.executable, "-c", program],
        env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr:
        pytest.skip("no user namespaces here")
    assert done.stdout == "True False\n", done.stderr
