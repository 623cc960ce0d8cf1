"""Refs are packed when their number says so, and what hinders it is told once and harms nothing."""

import json

import pytest
from tests.engine.conftest import Bench

from autoexp.engine import tidying

REFS = "refs/autoexp/main"
VALUES = (90, 95, 80, 85, 70)


def loose(bench: Bench) -> int:
    return sum(path.is_file() for path in (bench.repository.common_dir / REFS).rglob("*"))


def notes(bench: Bench) -> list[str]:
    lines = (bench.repository.common_dir / "autoexp/main/journal.jsonl").read_text().splitlines()
    events = [json.loads(line)["data"] for line in lines]
    return [event["text"] for event in events if event["event"] == "note"]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pack after every second experiment."""
    monkeypatch.setattr(tidying, "EVERY", 2)


def test_refs_are_packed_by_the_number_of_experiments_and_stay_what_they_were(bench: Bench, often) -> None:
    bench.values = VALUES
    state = bench.session(experiments=4)
    packed = (bench.repository.common_dir / "packed-refs").read_text()
    assert [f"{REFS}/attempt/{n}" in packed for n in (1, 2, 3, 4, 5)] == [True] * 4 + [False]
    assert loose(bench) < 4
    state = bench.session()
    assert [e.status for e in state.experiments] == ["keep", "discard", "keep", "discard", "keep"]
    for experiment in state.experiments:
        assert bench.git("rev-parse", f"{REFS}/attempt/{experiment.n}") == experiment.candidate.commit
        assert bench.git("cat-file", "-t", f"{REFS}/record/{experiment.n}") == "blob"
    assert bench.git("rev-parse", f"{REFS}/best") == state.incumbent.commit
    assert notes(bench) == []
    assert not (bench.repository.common_dir / "autoexp/main/packing").exists()


def test_many_refs_are_packed_at_the_end_of_a_session(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "AT_END", 3)
    bench.session()
    assert f"{REFS}/attempt/1" in (bench.repository.common_dir / "packed-refs").read_text()


def test_lock_of_somebody_else_is_told_once_and_costs_nothing(bench: Bench, often) -> None:
    lock = bench.repository.common_dir / "packed-refs.lock"
    lock.touch()
    bench.values = VALUES
    state = bench.session()
    assert [e.status for e in state.experiments] == ["keep", "discard", "keep", "discard", "keep"]
    (told,) = notes(bench)
    assert told.startswith("the refs of this campaign are not packed: ")
    assert f"rm '{lock}'" in told
    assert lock.exists()
