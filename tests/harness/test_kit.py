"""The kit as a package of its own: whole, alone, and put right when something was added or lost."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from autoexp.harness.kit import kit_in


def files(home: Path) -> dict[str, bytes]:
    found = (place for place in home.rglob("*") if place.is_file() and "__pycache__" not in place.parts)
    return {str(place.relative_to(home)): place.read_bytes() for place in found}


def test_the_kit_is_all_that_a_harness_can_import_of_autoexp(tmp_path: Path) -> None:
    home = kit_in(tmp_path)
    code = "import autoexp, autoexp.harness_kit as kit; print(autoexp.__file__, kit.report); import autoexp.errors"
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code],
        env={"PYTHONPATH": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(str(home))
    assert "No module named 'autoexp.errors'" in done.stderr


def test_the_same_kit_is_laid_out_once(tmp_path: Path) -> None:
    home = kit_in(tmp_path)
    before = {place: place.stat().st_ino for place in home.rglob("*")}
    assert kit_in(tmp_path) == home
    assert {place: place.stat().st_ino for place in home.rglob("*")} == before
    assert list(tmp_path.iterdir()) == [home]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "changed": lambda home: (home / "autoexp/harness_kit/channel.py").write_text(""),
    "lost": lambda home: (home / "autoexp/harness_kit/channel.py").unlink(),
    "added": lambda home: (home / "autoexp/harness_kit/json.py").write_text("x"),
    "added beside": lambda home: (home / "sitecustomize.py").write_text("x"),
    "added above": lambda home: (home / "autoexp/errors.py").touch(),
    "package changed": lambda home: (home / "autoexp/__init__.py").write_text("x"),
    "package lost": lambda home: (home / "autoexp/__init__.py").unlink(),
    "all lost": lambda home: shutil.rmtree(home / "autoexp"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_kit_is_made_again(tmp_path: Path, damage: str) -> None:
    home = kit_in(tmp_path)
    whole = files(home)
    DAMAGE[damage](home)
    assert files(home) != whole
    assert kit_in(tmp_path) == home
    assert files(home) == whole


def test_engines_that_start_at_once_get_the_same_whole_kit(tmp_path: Path) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(kit_in(tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == set(tmp_path.iterdir())
    assert len(found) == 4
    assert "autoexp/harness_kit/__init__.py" in files(found[0])
