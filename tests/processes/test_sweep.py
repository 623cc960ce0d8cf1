import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoexp.processes import run, strays, sweep
from autoexp.processes.finished import Limits
from autoexp.processes.strays import Strays

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="found through /proc")


def orphan(marker: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["sleep", "60"], env={"PATH": os.environ["PATH"], "AUTOEXP_RUN": f"{marker}7:00000001"}, start_new_session=True
    )


def test_orphans_of_a_killed_engine_are_killed(marker, tmp_path):
    with orphan(marker) as process:
        assert sweep(marker, scratch=tmp_path) == 1
        assert process.wait(20) == -9


def test_processes_of_another_campaign_are_left_alone(marker, tmp_path):
    with orphan(marker) as process:
        assert sweep("another-" + marker, scratch=tmp_path) == 0
        assert process.poll() is None
        process.kill()


def test_an_empty_prefix_kills_nothing(tmp_path):
    assert sweep("", scratch=tmp_path) == 0


def test_private_folders_of_a_killed_engine_go(tmp_path):
    for name in ("autoexp-abc_12-x", "autoexp-abcd_12-x"):
        (tmp_path / name / "home").mkdir(parents=True)
    sweep("abc:", scratch=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["autoexp-abcd_12-x"]


BARE = {"PATH": os.environ["PATH"]}


@pytest.fixture
def stray() -> Iterator[subprocess.Popen]:
    """Let a process run that nothing marks."""
    with subprocess.Popen(["sleep", "60"], env=BARE, start_new_session=True) as process:
        yield process
        process.kill()


def test_stray_that_cleared_its_environment_is_killed_where_it_was_written_down(marker, tmp_path, stray):
    Strays.of(f"{marker}7").note([stray.pid])
    assert sweep(marker, scratch=tmp_path) == 1
    assert stray.wait(20) == -9
    assert list(strays.left(marker)) == []


def test_number_that_another_process_has_now_is_left_alone(marker, tmp_path, stray):
    written = Strays.of(f"{marker}7")
    written.note([stray.pid])
    pid, started, boot = written.path.read_text().split()
    written.path.write_text(f"{pid} {int(started) - 1} {boot}\n{pid} {started} of-another-boot\nnonsense\n")
    assert sweep(marker, scratch=tmp_path) == 0
    assert stray.poll() is None
    assert not written.path.exists()


def test_strays_of_another_campaign_are_left_alone(marker, tmp_path, stray):
    written = Strays.of(f"another-{marker}7")
    written.note([stray.pid])
    assert sweep(marker, scratch=tmp_path) == 0
    written.forget()
    assert (stray.poll(), written.path.exists()) == (None, False)


def test_list_of_strays_that_is_a_link_is_not_believed(marker, tmp_path, stray):
    real = Strays(tmp_path / "list")
    real.note([stray.pid])
    Strays.of(f"{marker}7").path.symlink_to(real.path)
    assert sweep(marker, scratch=tmp_path) == 0
    assert stray.poll() is None
    assert real.path.exists()


def test_child_that_cleared_its_environment_is_killed_with_its_parent(marker, tmp_path):
    script = "env -i sleep 60 & echo $!; wait"
    environ = {**BARE, "AUTOEXP_RUN": f"{marker}7:00000001"}
    with subprocess.Popen(["sh", "-c", script], env=environ, stdout=subprocess.PIPE, text=True) as shell:
        child = int(shell.stdout.readline())
        assert sweep(marker, scratch=tmp_path) == 2
        assert shell.wait(20) == -9
    assert not Path(f"/proc/{child}/exe").exists()


def test_command_without_daemons_writes_no_list(marker, tmp_path):
    done = run(
        "sleep 0.3",
        cwd=tmp_path,
        env=BARE,
        limits=Limits(),
        stdout=tmp_path / "o",
        stderr=tmp_path / "e",
        marker=marker,
    )
    assert done.passed
    assert not Strays.of(marker).path.exists()
