"""The account that comes out of a sandbox: read as it is meant, or not at all."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.processes.account import ask_to_end, high_file, read_account, report_pipe


def told(text: bytes):
    with report_pipe() as (ours, theirs):
        if text:
            os.write(theirs, text)
        return read_account(ours)


def test_an_account_is_read_as_it_is_meant() -> None:
    account = told(b"status 1792\nwall 1.5\ncpu 0.25\nrss 2000\nleft 3\n")
    assert account is not None
    assert os.waitstatus_to_exitcode(account.status) == 7
    assert (account.usage.wall_s, account.usage.cpu_s, account.leftovers, account.missing) == (1.5, 0.25, 3, "")
    assert account.usage.peak_rss_mb == pytest.approx(2.048)


def test_a_command_that_was_stopped_has_no_status() -> None:
    account = told(b"stopped 1\ncpu 0.25\nrss 2000\nleft 3\n")
    assert account is not None
    assert (account.status, account.usage.cpu_s) == (None, 0.25)


def test_a_missing_program_is_named() -> None:
    account = told("missing ein Prögramm\n".encode())
    assert account is not None
    assert (account.status, account.missing) == (None, "ein Prögramm")


@pytest.mark.parametrize(
    "text",
    [b"", b"\n", b"status\n", b"status x\n", b"status 1.5\n", b"wall 1\n", b"status 0\nwall x\n", b"status 0\nleft x\n",
     b"status 0\nrss 1e3\n", b"status 0\nwall nan\n", b"\xff\xfe", b"\0" * 5000],
)  # fmt: skip
def test_what_is_not_whole_is_no_account(text: bytes) -> None:
    assert told(text) is None


@given(st.binary(max_size=300) | st.text(st.sampled_from("status wallcpursleft019.\n-")).map(str.encode))
def test_any_bytes_are_an_account_or_none(text: bytes) -> None:
    account = told(text)
    assert account is None or account.status is None or isinstance(account.status, int)


def test_an_account_that_is_not_there_is_not_waited_for() -> None:
    with report_pipe() as (ours, _):
        assert read_account(ours) is None


def test_descriptors_that_go_through_a_shell_are_beyond_its_own(tmp_path: Path) -> None:
    with report_pipe() as (_, theirs):
        own = high_file(tmp_path / "report")
        assert min(theirs, own) >= 64
        assert not os.get_inheritable(theirs)
        assert not os.get_inheritable(own)
        os.close(own)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o600


def test_a_report_of_before_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("old")
    own = high_file(tmp_path / "report")
    os.write(own, b"new")
    os.lseek(own, 0, os.SEEK_SET)
    os.write(own, b" end")
    os.close(own)
    assert (tmp_path / "report").read_text() == "new end"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sh", "-c", "sleep 60; exit 3"]) as process:
        yield process
        process.kill()


def test_the_first_process_below_is_asked_to_end_and_not_what_started_it(sleeper: subprocess.Popen[bytes]) -> None:
    while not (children := Path(f"/proc/{sleeper.pid}/task/{sleeper.pid}/children").read_text()):
        pass
    assert children
    ask_to_end(sleeper.pid)
    assert sleeper.wait(20) == 3


def test_nobody_is_asked_where_nothing_runs_below() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        ask_to_end(process.pid)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
