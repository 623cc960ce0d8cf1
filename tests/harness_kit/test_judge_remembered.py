"""Scores are remembered by all that they depend on; what is stray, forged or elsewhere counts for nothing."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from autoexp.harness_kit import judge
from autoexp.harness_kit.remembered import Remembered, digest_of
from autoexp.testing.fake_model import FakeModel, in_order
from tests.harness_kit.judged import judged, rubric_in, scoring

TEXT = {"a": "hello"}
DIGEST = digest_of("one")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def test_a_text_that_was_judged_costs_no_request(tmp_path: Path, folder: Path, capsys) -> None:
    with FakeModel(handler=in_order(["SCORE: 4", "SCORE: 6", "SCORE: 8"]), cost=0.5) as model:
        first = judged(model, TEXT, rubric_in(tmp_path), cache=folder, parallel=1)
        assert capsys.readouterr().out == "COST usd=1.5\n"
        again = judged(model, TEXT, rubric_in(tmp_path), cache=folder)
        assert (again.mean, again.items, again.spread) == (first.mean, first.items, first.spread)
        assert (again.requests, again.reused, again.cost_usd, model.requests) == (0, 3, 0, 3)
        assert capsys.readouterr().out == ""


def test_items_of_the_same_text_share_what_is_remembered(tmp_path: Path, folder: Path) -> None:
    with FakeModel(handler=scoring(4)) as model:
        judged(model, {"a": "same"}, rubric_in(tmp_path), cache=folder)
        assert judged(model, {"b": "same"}, rubric_in(tmp_path), cache=folder).reused == 3


def test_more_repeats_ask_for_the_new_ones_only(tmp_path: Path, folder: Path) -> None:
    with FakeModel(handler=scoring(4)) as model:
        judged(model, TEXT, rubric_in(tmp_path), cache=folder, repeats=2)
        more = judged(model, TEXT, rubric_in(tmp_path), cache=folder, repeats=5)
        assert (more.reused, more.requests) == (2, 3)


def test_fresh_reads_nothing_and_writes_what_it_hears(tmp_path: Path, folder: Path) -> None:
    with FakeModel(handler=in_order(["SCORE: 4", "SCORE: 9"])) as model:
        rubric = rubric_in(tmp_path)
        judged(model, TEXT, rubric, cache=folder, repeats=1)
        assert judged(model, TEXT, rubric, cache=folder, repeats=1, fresh=True).mean == 9
        assert judged(model, TEXT, rubric, cache=folder, repeats=1).mean == 9
        assert model.requests == 2


OTHER: dict[str, Any] = {
    "text": {"answers": {"a": "hello!"}},
    "context": {"context": {"a": "hello?"}},
    "model": {"model": "n"},
    "scale": {"scale": (0, 11)},
    "options": {"options": {"temperature": 1}},
    "draw": {"draw": "2"},
    "length": {"longest": 3},
    "address": {"known_as": "another server"},
}


@pytest.mark.parametrize("part", [*OTHER, "rubric", "api"])
def test_every_part_that_a_score_depends_on_is_part_of_its_memory(part: str, tmp_path: Path, folder: Path) -> None:
    with FakeModel(handler=scoring(4)) as model:
        plain = {"rubric": rubric_in(tmp_path), "model": "m", "base_url": f"{model.url}/v1", "cache": folder}
        assert judge(**{"answers": TEXT, **plain}).requests == 3
        if part == "rubric":
            rubric_in(tmp_path, "A good reply does not greet.")
        more = {"api": "anthropic"} if part == "api" else OTHER.get(part, {})
        assert judge(**{"answers": TEXT, **plain, **more}).requests == 3
        assert judge(**{"answers": TEXT, **plain, **more}).requests == 0


def test_a_server_with_a_name_may_change_its_port(tmp_path: Path, folder: Path) -> None:
    for requests in (3, 0):
        with FakeModel(handler=scoring(4)) as model:
            scores = judged(model, TEXT, rubric_in(tmp_path), cache=folder, known_as="our server")
            assert scores.requests == requests


def test_another_key_does_not_trust_what_the_first_has_signed(tmp_path: Path, folder: Path, monkeypatch) -> None:
    with FakeModel(handler=scoring(4)) as model:
        for key, requests in (("one", 3), ("two", 3), ("two", 0)):
            monkeypatch.setenv("JUDGE_KEY", key)
            assert judged(model, TEXT, rubric_in(tmp_path), cache=folder, key_env="JUDGE_KEY").requests == requests


def test_no_text_and_no_key_lie_in_the_folder(tmp_path: Path, folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-secret")
    with FakeModel(handler=scoring(4)) as model:
        judged(model, {"a": "hello there"}, rubric_in(tmp_path), cache=folder, key_env="JUDGE_KEY")
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert len(list(folder.iterdir())) == 3
    assert b"hello" not in stored
    assert b"sk-secret" not in stored


def remember(folder: Path, score: float = 5.0, digest: str = DIGEST) -> Path:
    Remembered(str(folder), "key").write(digest, score)
    return folder / f"{digest}.json"


def test_what_was_written_is_read(folder: Path) -> None:
    remember(folder, 7.25)
    assert Remembered(str(folder), "key").read(DIGEST) == 7.25
    assert Remembered(str(folder), "key").read(digest_of("two")) is None
    assert Remembered(str(folder), "").read(DIGEST) is None


def changed(entry: Path, **more: Any) -> None:
    entry.write_text(json.dumps({**json.loads(entry.read_text()), **more}))


FORGERIES = {
    "another score": lambda entry: changed(entry, score=10.0),
    "no sign": lambda entry: entry.write_text('{"score": 10.0}'),
    "an empty sign": lambda entry: changed(entry, sign=""),
    "a sign of other letters": lambda entry: changed(entry, sign="é" * 64),
    "a score that is no number": lambda entry: changed(entry, score="5.0"),
    "an entry of another text": lambda entry: remember(entry.parent, 10.0, digest_of("two")).replace(entry),
    "no JSON": lambda entry: entry.write_bytes(b"\xff{"),
    "a list": lambda entry: entry.write_text("[]"),
    "nothing": lambda entry: entry.write_text(""),
    "half": lambda entry: entry.write_text(entry.read_text()[:30]),
    "far too much": lambda entry: entry.write_text("[" * 10_000_000),
    "a folder": lambda entry: (entry.unlink(), entry.mkdir()),
    "a link to nowhere": lambda entry: (entry.unlink(), entry.symlink_to("nowhere")),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_or_broken_entry_counts_for_nothing_and_is_written_anew(name: str, folder: Path) -> None:
    entry = remember(folder)
    FORGERIES[name](entry)
    remembered = Remembered(str(folder), "key")
    assert remembered.read(DIGEST) is None
    remembered.write(DIGEST, 3.0)
    assert remembered.read(DIGEST) == (None if name == "a folder" else 3.0)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_link_is_replaced_and_not_written_through(folder: Path, tmp_path: Path) -> None:
    entry, mine = remember(folder), tmp_path / "mine"
    mine.write_text("mine")
    entry.unlink()
    entry.symlink_to(mine)
    remember(folder)
    assert (mine.read_text(), entry.is_symlink()) == ("mine", False)


def test_a_pipe_in_the_place_of_an_entry_does_not_hold_the_judge_up(folder: Path) -> None:
    entry = remember(folder)
    entry.unlink()
    os.mkfifo(entry)
    assert Remembered(str(folder), "key").read(DIGEST) is None
