"""A probe leaves nothing behind, also where it was killed."""

import tempfile
from pathlib import Path

import pytest

from autoexp.processes.sandbox import probe


def test_folder_of_a_killed_probe_is_removed_by_the_next_and_that_of_another_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "autoexp-probe-killed/tree").mkdir(parents=True)
    with probe._folder() as first, probe._folder() as second:
        assert set(tmp_path.iterdir()) == {first, second}
    assert list(tmp_path.iterdir()) == []
