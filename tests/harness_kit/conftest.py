import shutil
import subprocess

import pytest

from tests.harness_kit.deployed import BWRAP, Desk, deploy


@pytest.fixture
def desk(tmp_path) -> Desk:
    return deploy(tmp_path)


@pytest.fixture(scope="session")
def bwrap() -> str:
    """Skips where no box can be made: bubblewrap is missing, or the system refuses namespaces."""
    probe = ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", shutil.which("true") or "true"]
    if BWRAP is None or subprocess.run([BWRAP, *probe], capture_output=True, check=False).returncode:
        pytest.skip("bubblewrap cannot make a sandbox here")
    return BWRAP
