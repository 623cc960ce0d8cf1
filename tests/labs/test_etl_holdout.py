"""The holdout of the lab `etl`: other data than the benchmark's, kept nowhere, and a wrong answer has no value."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.labs import gallery
from autoexp.spec import load

np = pytest.importorskip("numpy")
pytest.importorskip("pandas")
pytest.importorskip("pyarrow")

LAB = Path(gallery.__file__).parent / "etl"


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    gallery.write("etl", tmp_path / "lab")
    return tmp_path / "lab"


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(LAB / "harness"))
    monkeypatch.syspath_prepend(str(LAB / "holdout"))
    import other

    yield other
    for name in ("other", "generate", "judge", "writers", "period"):
        sys.modules.pop(name, None)


def held_out(lab: Path, seed: int = 0) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "ETL_ROWS": "4000", "ETL_CACHE": str(lab / "no")}
    environment |= {"AUTOEXP_SEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "holdout/run.py"]
    return subprocess.run(command, cwd=lab, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_holdout_gives_one_number_and_leaves_nothing_behind(lab: Path) -> None:
    ended = held_out(lab)
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(r"METRIC query_cpu_ms=[\d.]+\n", ended.stdout)
    assert not (lab / "no").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    return frame.dropna(subset=KEYS)", "    return frame.head(30).dropna(subset=KEYS)"),
        ("    return frame.dropna(subset=KEYS)", '    return frame[frame["category"] != "E"].dropna(subset=KEYS)'),
        ("def source():\n", "def source():\n    1 / 0\n"),
    ],
)
def test_a_wrong_answer_or_none_has_no_value(lab: Path, old: str, new: str) -> None:
    source = (lab / "pipeline.py").read_text()
    assert old in source
    (lab / "pipeline.py").write_text(source.replace(old, new))
    ended = held_out(lab)
    assert (ended.returncode, ended.stdout) == (1, "")


def test_its_data_are_drawn_by_seed_and_of_another_kind(other) -> None:
    import generate

    one, same, next_seed = (other.deliveries(seed, 2, 3_000)[0].numbers for seed in (4, 4, 5))
    assert all(np.array_equal(one[name], same[name], equal_nan=one[name].dtype.kind == "f") for name in one)
    assert not np.array_equal(one["user_id"], next_seed["user_id"])
    published = generate.columns(3_000, 4)
    for name in ("category", "event_type"):
        shares = [np.bincount(drawn[name][drawn[name] >= 0], minlength=5) / 3_000 for drawn in (one, published)]
        assert np.abs(shares[0] - shares[1]).max() > 0.1
    assert (one["user_id"] == generate.NULL_INT).any()


def test_the_contract_hides_it_from_proposers_and_measurements() -> None:
    spec = load(gallery.filled((LAB / "autoexp.yaml").read_text(), {"CACHE": "/c"}, {}))
    assert spec.scope.hidden == ("holdout/**",)
    assert str(spec.harness.holdout) == "python holdout/run.py"
