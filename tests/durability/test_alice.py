"""A power loss at any call: the journal holds every record that was promised, and nothing else is believed that is not true."""

import os
import random
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold, fold_all
from autoexp.engine.keeping import Keeper
from autoexp.engine.watching import Silent, Watched, write_exports
from autoexp.exchange.exports import IGNORE, Exports, text_of
from autoexp.stores.inbox import Request, leave, remove, take
from autoexp.stores.journal import FileJournal
from autoexp.stores.lines import BadLine, CutLine, Stamp, decode
from autoexp.stores.reading import Torn, read_from
from autoexp.stores.replacing import put_in_place, set_aside
from autoexp.stores.reserve import Reserve
from autoexp.stores.snapshots import Snapshots
from tests.durability.disk import Crash, Disk, Write, crashes
from tests.durability.recording import recording

FIXTURE = Path(__file__).parents[1] / "campaign/fixtures/journal-v1.jsonl"
SHORT, LONG = 100, 1500
JOURNAL = "git/autoexp/demo/journal.jsonl"
NAMES = ("results.tsv", "experiments.jsonl")


def states(disk: Disk, most: int) -> list[Crash]:
    return list(crashes(disk, seed=1, most=most))


def opened(root: Path, *, reserve: bool = False) -> FileJournal:
    clock = count(100)

    def stamp() -> Stamp:
        return Stamp(1_700_000_000.0, float(next(clock)), "boot-1")

    folder = root / "git/autoexp/demo"
    return FileJournal(folder, stamp, reserve=Reserve(folder / "reserve", size=4096) if reserve else None)


def events() -> list[ev.Event]:
    """Give the events of a real campaign."""
    return [item[0].event for item in read_from(FIXTURE) if not isinstance(item, Torn)]


def length(request: pytest.FixtureRequest) -> int:
    return int(request.param)


most = pytest.fixture(params=[pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.long)])(
    length
)
"""How many states of a disk are tried."""


# --- the machinery itself


def test_what_was_not_synced_may_be_lost_and_what_was_is_not(tmp_path: Path) -> None:
    """A replay that loses nothing proves nothing."""
    with recording(tmp_path) as disk:
        (tmp_path / "a").write_text("unsynced")
        with (tmp_path / "b").open("w") as file:
            file.write("synced")
            file.flush()
            os.fsync(file.fileno())
            folder = os.open(tmp_path, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        (tmp_path / "b").rename(tmp_path / "c")
    found = states(disk, LONG)
    assert sum(isinstance(call, Write) for call in disk.calls) == 2
    whole = [state.files for state in found if state.upto == len(disk.calls)]
    assert {"a": b"unsynced", "c": b"synced"} in whole
    assert {"a": b"", "b": b"synced"} in whole
    assert {"a": bytes(8), "c": b"synced"} in whole
    assert all(set(files.values()) >= {b"synced"} for files in whole)


# --- the journal


def appended(root: Path, disk: Disk, told: list[ev.Event], *, reserve: bool = False) -> None:
    """Append events; each is promised when its append has returned."""
    with opened(root, reserve=reserve) as journal:
        for event in told:
            journal.append(event)
            disk.said(event)


def holds(root: Path, promised: tuple[Any, ...], told: list[ev.Event]) -> int:
    """Open the journal after a power loss: it holds what was promised, nothing that was never written, and goes on. Gives how many it held."""
    with opened(root) as journal:
        found = [record.event for record in journal.read()]
        assert found == told[: len(found)], "something was invented"
        assert found[: len(promised)] == list(promised), "something that was promised is lost"
        journal.append(ev.Noted(text="on"))
    with opened(root) as journal:
        assert journal.torn is None
        assert [record.event for record in journal.read()] == [*found, ev.Noted(text="on")]
    return len(found)


def test_every_promised_record_survives_a_power_loss(tmp_path: Path, most: int) -> None:
    root, told = tmp_path / "disk", events()[:12]
    (root / "git").mkdir(parents=True)
    with recording(root) as disk:
        appended(root, disk, told[:6], reserve=True)
        appended(root, disk, told[6:])
    held = [holds(state.lay_out(tmp_path / str(i)), state.said, told) for i, state in enumerate(states(disk, most))]
    assert min(held) == 0
    assert max(held) == len(told)


def test_power_loss_while_a_torn_tail_is_cut_loses_nothing_either(tmp_path: Path, most: int) -> None:
    told = events()[:8]
    (tmp_path / "disk/git").mkdir(parents=True)
    with recording(tmp_path / "disk") as disk:
        appended(tmp_path / "disk", disk, told[:7])
    torn = [state for state in states(disk, LONG) if 0 < len(state.said) < 7 and _is_torn(state)]
    rng = random.Random(2)
    for i, first in enumerate(rng.sample(torn, min(len(torn), 5))):
        root, known = first.lay_out(tmp_path / f"first-{i}"), len(first.said)
        assert sum(not isinstance(item, Torn) for item in read_from(root / JOURNAL)) == known
        with recording(root) as again:
            appended(root, again, [told[-1]])
        for j, second in enumerate(states(again, max(most // 10, 10))):
            holds(second.lay_out(tmp_path / f"{i}-{j}"), (*first.said, *second.said), [*told[:known], told[-1]])
    assert torn


def _is_torn(state: Crash) -> bool:
    lines = state.files.get(JOURNAL, b"").splitlines(keepends=True)
    return len(lines) == len(state.said) + 1 and CutLine in {type(_wrong(line)) for line in lines[-1:]}


def _wrong(line: bytes) -> BadLine | None:
    try:
        decode(line, number=-1, previous="")
    except BadLine as bad:
        return bad
    return None


# --- what is kept beside it


def test_snapshot_and_exports_tell_what_the_journal_tells_after_a_power_loss(tmp_path: Path, most: int) -> None:
    """Both may be lost or spoilt; a snapshot that is not true is not believed, and exports are whole after the next start."""
    root, told = tmp_path / "disk", events()
    (root / "git").mkdir(parents=True)
    with recording(root) as disk, opened(root) as journal:
        keeper, exports = _kept(root, journal)
        state, watched = keeper.begin(), Watched(exports, Silent(), keeper)
        write_exports(exports, state)
        for event in told:
            record = journal.append(event)
            disk.said(event)
            state = fold(state, record)
            watched.recorded(record, state)
            if isinstance(event, ev.Done):
                keeper.keep(state)
        write_exports(exports, state)
        keeper.keep(state)
    believed = 0
    for i, crash in enumerate(states(disk, most // 3)):
        place = crash.lay_out(tmp_path / str(i))
        believed += _snapshots(place).load() is not None if (place / JOURNAL).exists() else 0
        with opened(place) as journal:
            keeper, exports = _kept(place, journal)
            state = keeper.begin()
            assert state == fold_all(journal.read())
            write_exports(exports, state)
        for name in NAMES if state.segments else ():
            assert (exports.folder / name).read_text(encoding="utf-8") == text_of(name, state)
        assert (place / "home/.gitignore").read_text() == IGNORE
        holds(place, crash.said, told)
    assert believed


def _kept(root: Path, journal: FileJournal) -> tuple[Keeper, Exports]:
    exports = Exports(root / "home", "demo", NAMES)
    return Keeper(_snapshots(root), journal, exports), exports


def _snapshots(root: Path) -> Snapshots:
    folder = root / "git/autoexp/demo"
    return Snapshots(folder / "snapshot", folder / "journal.jsonl")


# --- the inbox


def test_request_that_a_person_left_survives_a_power_loss(tmp_path: Path, most: int) -> None:
    root = tmp_path / "disk"
    inbox = root / "autoexp/demo/inbox"
    inbox.parent.mkdir(parents=True)
    requests = [Request("hint", "smaller"), Request("accept", "fine", n=3), Request("idea", "x", why="y")]
    with recording(root) as disk:
        for request in requests:
            leave(inbox, request, stamp="20260101T000000")
            disk.said(request)
    for i, crash in enumerate(states(disk, most)):
        found = [request for _, request in take(crash.lay_out(tmp_path / str(i)) / "autoexp/demo/inbox")]
        assert found[: len(crash.said)] == list(crash.said)
        assert found == requests[: len(found)]


def test_request_that_was_answered_does_not_come_back(tmp_path: Path, most: int) -> None:
    root = tmp_path / "disk"
    inbox = root / "autoexp/demo/inbox"
    inbox.parent.mkdir(parents=True)
    path = leave(inbox, Request("hint", "smaller"), stamp="20260101T000000")
    with recording(root) as disk:
        remove(path)
        disk.said("answered")
    found = {
        (bool(crash.said), bool([name for name in crash.files if name.endswith(".json")]))
        for crash in states(disk, most)
    }
    assert (True, False) in found
    assert (True, True) not in found


# --- another journal in the place of a damaged one


def test_journal_is_replaced_whole_or_not_at_all(tmp_path: Path, most: int) -> None:
    root, lines = tmp_path / "disk", FIXTURE.read_bytes().splitlines(keepends=True)
    journal = root / JOURNAL
    journal.parent.mkdir(parents=True)
    old, new = b"".join(lines)[:-9].replace(b"demo", b"DEMO", 1), b"".join(lines)
    journal.write_bytes(old)
    with recording(root) as disk:
        set_aside(journal)
        put_in_place(journal, lines)
        disk.said("replaced")
    seen = set()
    for crash in states(disk, most):
        found = crash.files[JOURNAL]
        assert found == new or (found == old and not crash.said)
        if found == new:
            assert crash.files["git/autoexp/demo/journal.jsonl.damaged"] == old
        seen.add(found)
    assert seen == {old, new}
