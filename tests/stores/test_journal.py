"""The journal file: what was appended is there for good, once, in order, and has one writer."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from autoexp.campaign import events as ev
from autoexp.errors import CampaignError, StorageError
from autoexp.experiment.outcome import Outcome
from autoexp.stores.journal import FileJournal, is_locked
from autoexp.stores.lines import Stamp
from autoexp.stores.reading import read_from


def texts(records):
    return [record.event.text for record in records]


def read(path):
    return [item[0] for item in read_from(path)]


def test_records_read_back_in_order_as_written(opened):
    with opened() as journal:
        written = [journal.append(ev.Noted(text=str(i))) for i in range(5)]
        assert list(journal.read()) == written == read(journal.path)


def test_reading_begins_at_the_number_asked_for(opened):
    with opened() as journal:
        for i in range(5):
            journal.append(ev.Noted(text=str(i)))
        assert texts(journal.read(3)) == ["3", "4"]


def test_journal_goes_on_where_it_ended(opened):
    with opened() as journal:
        journal.append(ev.Noted(text="a"))
    with opened() as journal:
        assert journal.append(ev.Noted(text="b")).number == 1
        assert (texts(journal.read()), journal.torn) == (["a", "b"], None)


def test_second_writer_is_refused_with_the_process_of_the_first(opened):
    with opened(), pytest.raises(CampaignError, match=rf"process {os.getpid()}\b"):
        opened()


def test_second_process_is_refused(opened, folder):
    program = "import sys; from pathlib import Path; from autoexp.stores.journal import FileJournal as J; J(Path(sys.argv[1]), None)"
    with opened():
        done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    assert f"another autoexp (process {os.getpid()}) is working on this campaign" in done.stderr


def test_lock_is_free_after_closing(opened, folder):
    assert not is_locked(folder)
    with opened():
        assert is_locked(folder)
    assert not is_locked(folder)
    opened().close()


def test_looking_at_the_lock_does_not_take_it(opened, folder):
    opened().close()
    assert not is_locked(folder)
    with opened():
        assert is_locked(folder)


def open_files():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_failed_opening_leaves_no_lock_and_no_open_file(opened, folder):
    with opened() as journal:
        journal.append(ev.Noted(text="a"))
        journal.append(ev.Noted(text="b"))
    journal.path.write_bytes(journal.path.read_bytes().replace(b'"a"', b'"z"'))
    before = open_files()
    with pytest.raises(CampaignError, match="damaged"):
        opened()
    assert open_files() == before
    assert not is_locked(folder)


def test_reader_sees_whole_records_while_the_writer_goes_on(opened):
    with opened() as journal:
        for i in range(20):
            journal.append(ev.Noted(text=str(i)))
            assert texts(read(journal.path)) == [str(j) for j in range(i + 1)]


def test_reader_that_meets_a_writer_in_the_midst_of_a_line_sees_what_was_whole(opened):
    with opened() as journal:
        journal.append(ev.Noted(text="a"))
        whole = journal.path.stat().st_size
        journal.append(ev.Noted(text="b"))
    line = journal.path.read_bytes()[whole:]
    with journal.path.open("r+b") as file:
        file.truncate(whole + 10)
    reading = read_from(journal.path)
    assert next(reading)[0].event.text == "a"
    with journal.path.open("ab") as file:
        file.write(line[10:])
    (torn,) = list(reading)
    assert torn.offset == whole
    assert texts(read(journal.path)) == ["a", "b"]


def test_number_that_is_not_finite_is_refused_and_nothing_is_written(opened):
    with opened() as journal:
        journal.append(ev.Noted(text="a"))
        size = journal.path.stat().st_size
        bad = ev.BaselineMeasured.model_construct(event="baseline", k=0, outcome=Outcome.MEASURED, noise=float("nan"))
        with pytest.raises(ValueError, match=r"record 1 \(baseline\) holds a number that is not finite"):
            journal.append(bad)
        assert journal.path.stat().st_size == size
        assert journal.append(ev.Noted(text="b")).number == 1


FULL = textwrap.dedent("""\
    import os, resource, sys
    from pathlib import Path
    from autoexp.campaign.events import Noted
    from autoexp.errors import StorageError
    from autoexp.stores.journal import FileJournal
    from autoexp.stores.lines import Stamp

    journal = FileJournal(Path(sys.argv[1]), lambda: Stamp(1.0, 1.0, "b"))
    journal.append(Noted(text="before"))
    size = journal.path.stat().st_size
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), hard))
    try:
        journal.append(Noted(text="x" * 500))
    except StorageError as error:
        print(error)
    print(journal.path.stat().st_size == size)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    print(journal.append(Noted(text="after")).number)
    """)


@pytest.mark.parametrize("room", [0, 1, 100, 500])
def test_write_that_finds_no_room_leaves_the_old_end(folder, room):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(room)], capture_output=True, text=True, check=True
    )
    message, restored, number = done.stdout.splitlines()
    assert "record 1 could not be written" in message
    assert (restored, number) == ("True", "1")
    assert texts(read(folder / "journal.jsonl")) == ["before", "after"]


def test_journal_that_could_not_be_cut_back_is_not_written_any_more(opened):
    journal = opened()
    journal.append(ev.Noted(text="a"))
    before = journal.path.read_bytes()
    reader = os.open(journal.path, os.O_RDONLY)
    os.dup2(reader, journal._fd)  # the descriptor can be written no more, and not be cut either
    os.close(reader)
    with pytest.raises(StorageError, match="could not be written"):
        journal.append(ev.Noted(text="b"))
    with pytest.raises(StorageError, match="not written any more"):
        journal.append(ev.Noted(text="c"))
    journal.close()
    assert journal.path.read_bytes() == before


def test_sync_that_fails_is_not_tried_again_and_nothing_is_written_after_it(opened, folder):
    journal = opened()
    journal.append(ev.Noted(text="a"))
    pipe, end = os.pipe()
    os.dup2(end, journal._fd)  # takes every write, and knows neither a sync nor a cut
    with pytest.raises(StorageError, match="record 1 could not be synced") as raised:
        journal.append(ev.Noted(text="b"))
    assert "errors of this disk" in raised.value.fix
    assert os.read(pipe, 10_000).count(b"\n") == 1
    with pytest.raises(StorageError, match="not written any more, because a sync failed"):
        journal.append(ev.Noted(text="c"))
    os.set_blocking(pipe, False)
    with pytest.raises(BlockingIOError):
        os.read(pipe, 1)
    journal.close()
    os.close(end)
    os.close(pipe)
    with opened() as journal:
        assert texts(journal.read()) == ["a"]


def test_device_that_is_full_raises_and_the_record_does_not_count(opened):
    journal = opened()
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._fd)
    os.close(full)
    with pytest.raises(StorageError, match="No space left"):
        journal.append(ev.Noted(text="a"))
    journal.close()


def test_record_that_was_written_is_the_record_that_is_read(folder):
    stamp = Stamp(1_700_000_000.123456789, 12.000000499, "boot-1")
    with FileJournal(folder, lambda: stamp) as journal:
        assert [journal.append(ev.Noted(text="a"))] == list(journal.read())
