"""The snapshot beside a journal: it makes looking quick, and never changes what is seen."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import Tape, commit, tapes
from tests.campaign.test_knowledge import campaigns

from autoexp.campaign import closed, events
from autoexp.campaign.fold import fold_all
from autoexp.campaign.replacing import replace
from autoexp.campaign.rows import rows
from autoexp.campaign.state import CampaignState
from autoexp.campaign.summary import summary
from autoexp.errors import JournalError
from autoexp.experiment.outcome import Verdict
from autoexp.stores import parts, snapshots
from autoexp.stores.folding import fold_journal
from autoexp.stores.lines import GENESIS, Stamp, encode
from autoexp.stores.reading import Position
from autoexp.stores.snapshots import HEAD, Snapshot, Snapshots


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few experiments fill a part, so that short campaigns have some."""
    for module in (closed, parts):
        monkeypatch.setattr(module, "PART", 3)


def journal(folder: Path, records: list[events.Record]) -> Path:
    """Write a journal."""
    lines, previous = [], GENESIS
    for record in records:
        stamp = Stamp(record.wall, record.monotonic, record.boot)
        line, previous = encode(record.event, number=record.number, previous=previous, stamp=stamp)
        lines.append(line)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def of(folder: Path) -> Snapshots:
    return Snapshots(folder / "state", folder / "journal.jsonl")


def keep(folder: Path, *, at: int | None = None) -> None:
    """Write the snapshot of a journal, as it was before some record."""
    found = fold_journal(folder / "journal.jsonl", end=at)
    of(folder).save(Snapshot(found.state, found.position, {"mark": [1]}))


def slow(folder: Path) -> CampaignState:
    """Fold the whole journal."""
    return fold_journal(folder / "journal.jsonl").state


def campaign(experiments: int = 8) -> Tape:
    """Make a campaign that fills some parts."""
    tape = Tape().open()
    for i in range(experiments):
        tape.experiment(9.0 - i, Verdict.KEEP if i % 2 else Verdict.DISCARD, effect=0.1)
    return tape


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a campaign with a journal and its snapshot."""
    journal(tmp_path / "demo", campaign().records)
    keep(tmp_path / "demo")
    return tmp_path / "demo"


# --- laws


@settings(deadline=None, max_examples=25)
@given(tapes() | campaigns(), st.data())
def test_snapshot_and_what_came_later_are_the_whole_journal(tape: Tape, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            journal(folder, tape.records)
        except ValueError:
            return  # a number that no journal takes
        at = data.draw(st.integers(1, len(tape.records)))
        keep(folder, at=at)
        for folded in (len(tape.records) - at, 0):
            found, whole = of(folder).look(), slow(folder)
            assert found.snapshot is not None
            assert (found.folded, found.state) == (folded, whole)
            assert summary(found.state, running=False) == summary(whole, running=False)
            assert list(rows(found.state)) == list(rows(whole))
            of(folder).save(Snapshot(found.state, found.position))


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_cut_or_changed_snapshot_is_as_good_as_none(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal(folder, campaign().records)
        keep(folder, at=data.draw(st.sampled_from([20, 30, 44])))
        path = data.draw(st.sampled_from(sorted((folder / "state").iterdir())))
        content = path.read_bytes()
        at = data.draw(st.integers(0, len(content) - 1))
        flipped = bytes([content[at] ^ data.draw(st.integers(1, 255))])
        path.write_bytes(data.draw(st.sampled_from([content[:at], content[:at] + flipped + content[at + 1 :]])))
        found = of(folder).look()
        assert (found.snapshot is None) == (path.name == HEAD)
        assert found.state == slow(folder)


# --- what it is for


def test_look_folds_only_what_came_later(folder: Path) -> None:
    found = of(folder).look()
    assert found.snapshot is not None
    assert (found.folded, found.snapshot.marks) == (0, {"mark": [1]})
    tape = campaign()
    tape.experiment()
    journal(folder, tape.records)
    later = of(folder).look()
    assert (later.folded, len(of(folder).behind(later))) == (6, 6)
    assert later.state == slow(folder)


def test_part_is_written_once_and_read_when_it_is_looked_at(folder: Path) -> None:
    before = {path: path.stat().st_ino for path in (folder / "state").iterdir() if path.name != HEAD}
    assert len(before) == 2
    journal(folder, campaign(14).records)
    kept, found = of(folder), of(folder).look()
    kept.save(Snapshot(found.state, found.position))
    kept.save(Snapshot(found.state, found.position))
    after = {path: path.stat().st_ino for path in (folder / "state").iterdir() if path.name != HEAD}
    assert before.items() <= after.items()
    assert len(after) == 4
    again = of(folder).look().state.experiments
    assert again[-1].n == 14
    assert [bool(part.found) for part in again.parts if isinstance(part, parts.Part)] == [False] * 4
    assert again[4].n == 5
    assert [bool(part.found) for part in again.parts if isinstance(part, parts.Part)] == [False, True, False, False]


def test_part_that_changed_is_written_anew_and_the_old_one_goes(folder: Path) -> None:
    state = slow(folder)
    changed = state.experiments.changed(replace(state.experiments[1], status="other"))
    names = {path.name for path in (folder / "state").iterdir()}
    found = of(folder).look()
    of(folder).save(Snapshot(replace(state, experiments=changed), found.position))
    now = {path.name for path in (folder / "state").iterdir()}
    assert len(now) == len(names)
    assert len(names - now) == 1
    assert of(folder).look().state.experiments[1].status == "other"


# --- what does not count


def test_snapshot_of_other_code_does_not_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "made_by", lambda: "another")
    assert of(folder).look().snapshot is None


def test_code_that_cannot_be_read_keeps_no_snapshot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "made_by", lambda: None)
    shutil.rmtree(folder / "state")
    keep(folder)
    assert not (folder / "state").exists()


def test_snapshot_of_a_journal_that_went_another_way_does_not_count(folder: Path) -> None:
    tape = campaign(7)
    tape.experiment(1.0)
    tape.experiment(2.0)
    journal(folder, tape.records)
    found = of(folder).look()
    assert found.snapshot is None
    assert found.state == slow(folder)


def test_snapshot_of_a_longer_journal_does_not_count(folder: Path) -> None:
    journal(folder, campaign(3).records)
    assert of(folder).look().snapshot is None


def test_snapshot_of_another_campaign_does_not_count(folder: Path, tmp_path: Path) -> None:
    journal(tmp_path / "other", Tape().open(values=(3.0,)).records)
    shutil.copytree(folder / "state", tmp_path / "other/state")
    assert of(tmp_path / "other").look().snapshot is None


def forge(folder: Path, **changes: object) -> None:
    """Change the head of a snapshot, so that it is whole all the same."""
    head, body = (folder / "state" / HEAD).read_bytes().split(b"\n", 1)[1].split(b"\n", 1)
    body = changes.pop("body", body)  # type: ignore[assignment]
    rest = json.dumps({**json.loads(head), **changes}).encode() + b"\n" + body
    (folder / "state" / HEAD).write_bytes(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 3},
        {"number": 10**6},
        {"offset": 10**9},
        {"offset": -1},
        {"previous": "x"},
        {"parts": [["../journal.jsonl", 1]]},
        {"parts": 7},
        {"parts": [["gone", 1]]},
        {"marks": 3},
        {"format": 2},
        {"body": b""},
        {"body": b"\x80\x05N."},
    ],
)
def test_head_that_was_changed_by_hand_never_shows(folder: Path, changes: dict[str, object]) -> None:
    tape = campaign()
    tape.experiment()
    journal(folder, tape.records)
    forge(folder, **changes)
    assert of(folder).look().state == slow(folder)


def test_part_that_is_gone_or_spoilt_when_it_is_looked_at_is_folded_anew(folder: Path) -> None:
    found = of(folder).look()
    for path in (folder / "state").iterdir():
        path.write_bytes(b"")
    assert found.state == slow(folder)


def test_damage_of_a_small_journal_is_told_as_before(folder: Path) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(commit(1).encode(), commit(2).encode(), 1))
    with pytest.raises(JournalError, match="damaged"):
        of(folder).look()


def test_damage_behind_the_snapshot_is_told(folder: Path) -> None:
    path = folder / "journal.jsonl"
    number = len(path.read_bytes().splitlines()) + 1
    later, _ = encode(events.Noted(text="later"), number=number, previous=GENESIS, stamp=Stamp(1.0, 1.0, "boot-1"))
    with path.open("ab") as file:
        file.write(b"nonsense\n" + later)
    with pytest.raises(JournalError, match="damaged"):
        of(folder).fold()


def test_torn_tail_behind_the_snapshot_is_told(folder: Path) -> None:
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"v":1,')
    found = of(folder).look()
    assert (found.torn, found.state) == ("the line is cut", slow(folder))


def test_record_is_damaged_wherever_a_snapshot_ends(folder: Path) -> None:
    assert fold_all(()) == CampaignState()
    assert fold_journal(folder / "journal.jsonl", end=3).position.number == 3
    assert snapshots.fits(folder / "journal.jsonl", fold_journal(folder / "journal.jsonl", end=3).position)
    assert not snapshots.fits(folder / "journal.jsonl", Position())
