"""Nothing comes of any attack where the strongest sandbox is there, and honest work goes on after them."""

import subprocess
from pathlib import Path

import pytest

from tests.attacks.attack import CLASSES
from tests.attacks.campaign import attacked
from tests.attacks.catalogue import ATTACKS


def _bwrap_works() -> str:
    """Say why there is no bwrap; empty when there is."""
    try:
        done = subprocess.run(
            ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "bwrap is not installed"
    return done.stderr.strip()


needs_bwrap = pytest.mark.skipif(bool(_bwrap_works()), reason=f"no bwrap: {_bwrap_works()}")
CASES = [
    *((room, "importing") for room in CLASSES),
    ("forge", "kit"),
    *(pytest.param(room, "kit", marks=pytest.mark.long) for room in ("cache", "detect")),
]


@needs_bwrap
@pytest.mark.parametrize(("room", "kind"), CASES)
def test_no_attack_of_a_class_is_kept_or_persists_or_escapes(room: str, kind: str, tmp_path: Path) -> None:
    chosen = [attack for attack in ATTACKS if attack.room == room]
    report = attacked(tmp_path, chosen, kind=kind, level="bwrap")
    assert sorted(report.findings) == sorted(attack.id for attack in chosen)
    assert {name: found for name, found in report.findings.items() if not found.held} == {}
    assert report.broken == []


def test_there_are_attacks_of_every_class_and_their_ids_are_their_own() -> None:
    ids = [attack.id for attack in ATTACKS]
    assert len(ids) == len(set(ids)) >= 45
    assert {attack.room for attack in ATTACKS} == set(CLASSES)
