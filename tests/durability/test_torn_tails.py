"""The end of a real campaign's journal cut at every byte, as a power loss does, and damage anywhere before it."""

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from autoexp.campaign.events import Noted
from autoexp.errors import JournalError
from autoexp.stores.journal import FileJournal
from autoexp.stores.lines import Stamp
from autoexp.stores.reading import verify
from tests.durability.laws import decided, lawful
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made, write

EDITS = [write(90), write(95), write(80), write("crash"), write(70)]
DECIDED = ["keep", "keep", "discard", "keep", "crash", "keep"]
JOURNAL = ".git/autoexp/demo/journal.jsonl"


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> bytes:
    """Give the journal of a campaign that died while it worked."""
    project = made(tmp_path_factory.mktemp("torn"), helper)
    project.edits(*EDITS)
    project.killed("after-sample:2")
    return (project.path / JOURNAL).read_bytes()


def opened(folder: Path) -> FileJournal:
    clock = count(100)
    return FileJournal(folder, lambda: Stamp(1.0, float(next(clock)), "boot"))


def tails(last: bytes, rng: random.Random, step: int) -> Iterator[bytes]:
    """Give what a power loss may leave of the last record: a beginning, followed by nothing, zeros or something else."""
    for length in range(1, len(last)):
        yield last[:length]
        if length % step == 0:
            yield last[:length] + bytes(len(last) - length)
            if length < len(last) - 1:  # a whole record with something else for its new line was promised once
                yield last[:length] + rng.randbytes(len(last) - length + 1)  # bytes of anything, new lines too
            yield last[:length] + bytes(4096 - length % 4096)
    yield bytes(len(last))


@pytest.mark.parametrize("step", [pytest.param(40, id="short"), pytest.param(1, id="long", marks=pytest.mark.long)])
def test_end_of_a_journal_cut_at_any_byte_costs_the_last_record_alone(tmp_path: Path, torn: bytes, step: int) -> None:
    *whole, last = torn.splitlines(keepends=True)
    for tail in tails(last, random.Random(1), step):
        (tmp_path / "journal.jsonl").write_bytes(b"".join(whole) + tail)
        with opened(tmp_path) as journal:
            assert journal.torn
            assert journal.position.number == len(whole)
            assert (tmp_path / "journal.jsonl").read_bytes() == b"".join(whole) + tail
            journal.append(Noted(text="gone on"))
        lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
        assert lines[:-1] == whole
        assert b"gone on" in lines[-1]


def test_whole_record_whose_new_line_is_another_byte_is_not_cut(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "journal.jsonl").write_bytes(torn[:-1] + b"x")
    with pytest.raises(JournalError, match="damaged"):
        opened(tmp_path)


CUTS = {
    "one byte": lambda last: last[:1],
    "half": lambda last: last[: len(last) // 2],
    "no new line": lambda last: last[:-1],
    "zeros": lambda last: last[: len(last) // 2] + bytes(len(last)),
    "garbage": lambda last: last[: len(last) // 2] + b"\xff\n\x00garbage\n",
    "nothing but zeros": lambda last: bytes(4096),
}
SHORT = {"half", "zeros"}


@pytest.mark.parametrize("cut", [pytest.param(c, marks=() if c in SHORT else pytest.mark.long) for c in CUTS])
def test_run_goes_on_behind_a_torn_tail_with_one_note(project: Project, cut: str) -> None:
    project.edits(*EDITS)
    project.killed("after-sample:2")
    journal = project.path / JOURNAL
    *whole, last = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(whole) + CUTS[cut](last))
    for command in ("status", "log"):
        project.run(command)
    assert journal.read_bytes() == b"".join(whole) + CUTS[cut](last), "looking has changed the journal"
    project.run("run")
    assert [status for _, status, _ in decided(lawful(project))] == DECIDED
    assert journal.read_bytes().startswith(b"".join(whole))
    notes = [event["text"] for event in project.journal() if event["event"] == "note"]
    assert sum("last line" in text for text in notes) == 1


# --- damage before the end


def spoilt(text: bytes, how: str, rng: random.Random) -> bytes:
    """Damage a journal before its last line, at a random place."""
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines) - 1)
    match how:
        case "bit":
            place, spoilt = rng.randrange(len(text) - len(lines[-1])), bytearray(text)
            spoilt[place] ^= 1 << rng.randrange(8)
            return bytes(spoilt)
        case "dropped":
            del lines[at]
        case "doubled":
            lines.insert(at, lines[at])
        case "swapped":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case "zeros":
            start = sum(map(len, lines[:at]))
            return text[:start] + bytes(len(lines[at])) + text[start + len(lines[at]) :]
        case _:
            cut = rng.randrange(1, len(lines[at]))
            lines[at] = lines[at][:cut]
    return b"".join(lines)


WAYS = ("bit", "dropped", "doubled", "swapped", "zeros", "cut")


@pytest.mark.parametrize("times", [pytest.param(40, id="short"), pytest.param(400, id="long", marks=pytest.mark.long)])
def test_damage_before_the_end_is_always_recognised_and_never_touched(tmp_path: Path, torn: bytes, times: int) -> None:
    rng, path = random.Random(5), tmp_path / "journal.jsonl"
    for i in range(times):
        damaged = spoilt(torn, WAYS[i % len(WAYS)], rng)
        path.write_bytes(damaged)
        with pytest.raises(JournalError, match="damaged"):
            verify(path)
        with pytest.raises(JournalError, match="damaged"):
            opened(tmp_path)
        assert path.read_bytes() == damaged


@pytest.mark.parametrize("how", [pytest.param(w, marks=() if w == "bit" else pytest.mark.long) for w in WAYS])
def test_commands_say_that_a_journal_is_damaged_and_leave_it(project: Project, how: str) -> None:
    project.edits(*EDITS)
    project.run("run")
    journal = project.path / JOURNAL
    journal.write_bytes(damaged := spoilt(journal.read_bytes(), how, random.Random(how)))
    refs = project.refs()
    for command in ("run", "status", "log", "export"):
        out, err = project.ran(command, code=2)
        assert "damaged" in err
        assert "autoexp repair" in err
        assert "Traceback" not in out + err
    assert journal.read_bytes() == damaged
    assert project.refs() == refs
