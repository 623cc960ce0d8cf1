import os
import subprocess
import sys

import pytest

from autoexp.processes import sweep

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
