"""Room on the disk: what is asked for, what is missing, and which errors say that a disk is full."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.engine.disk import LEAST_FILES, LEAST_FREE, Free, Room, is_quota, least_free, says_full, shortage
from autoexp.engine.doctor import disk
from autoexp.errors import AutoexpError, DiskFull, GitError, StorageError
from autoexp.stores.reserve import Reserve

SIZES = st.integers(min_value=0, max_value=10**15)


@pytest.mark.parametrize(
    ("setting", "least"),
    [("", LEAST_FREE), ("0", 0), ("200M", 200_000_000), ("1.5GB", 1_500_000_000), (" 3k ", 3_000), ("2 T", 2 * 10**12)],
)
def test_least_free_space_is_read_as_people_write_it(setting: str, least: int) -> None:
    assert least_free({"AUTOEXP_MIN_FREE": setting}) == least


@pytest.mark.parametrize("setting", ["much", "-1", "10%", "1GiB", "1e9", "nan"])
def test_least_free_space_that_is_none_is_one_error(setting: str) -> None:
    with pytest.raises(AutoexpError, match=r"AUTOEXP_MIN_FREE=.* is not an amount of bytes") as refused:
        least_free({"AUTOEXP_MIN_FREE": setting})
    assert "200M" in refused.value.fix


@given(SIZES, SIZES, SIZES)
def test_there_is_room_exactly_where_neither_rule_is_broken(free: int, before: int, least: int) -> None:
    short = shortage(Free(free, None), Free(before, None), least)
    assert bool(short) == (free < least or free < 3 * (before - free))


@given(SIZES, st.integers(min_value=0, max_value=10**7))
def test_files_that_can_no_longer_be_made_are_a_shortage(free: int, files: int) -> None:
    assert bool(shortage(Free(free, files), None, 1)) == (free < 1 or files < LEAST_FILES)
    assert not shortage(Free(free, files), None, 0)


QUOTA = [
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    GitError("git update-ref failed with exit code 128: fatal: x: Disk quota exceeded"),
]
FULL = [
    *QUOTA,
    OSError(errno.ENOSPC, "No space left on device"),
    GitError("git unpack-objects failed with exit code 128: fatal: x: No space left on device"),
]
OTHER = [OSError(errno.EIO, "Input/output error"), OSError(errno.EFBIG, "File too large"), GitError("git failed")]


@pytest.mark.parametrize("error", [*FULL, *OTHER], ids=str)
def test_errors_that_say_that_a_disk_is_full_are_known(error: Exception) -> None:
    assert says_full(error) == (error in FULL)
    assert is_quota(error) == (error in QUOTA)
    assert (Room().full(error) is not None) == (error in FULL)


def test_record_that_was_not_written_is_never_taken_for_a_pause() -> None:
    assert Room().full(StorageError("record 3 could not be written: [Errno 28] No space left on device")) is None


def test_error_for_want_of_room_tells_what_is_free_where(tmp_path: Path) -> None:
    full = Room({"the journal": tmp_path, "the trees": tmp_path / "not there"}).full(OSError(errno.ENOSPC, "full"))
    assert str(full).startswith("a file: full; free: ")
    assert f"for the journal and the trees ({tmp_path})" in str(full)
    assert full is not None
    assert full.fix


def test_room_that_is_asked_for_beyond_all_disks_is_refused_with_the_mend(tmp_path: Path) -> None:
    Room({"the journal": tmp_path}, least=0).refuse_short()
    with pytest.raises(DiskFull, match=r"the disk of the journal .* are needed") as refused:
        Room({"the journal": tmp_path}, least=10**18).refuse_short()
    assert "AUTOEXP_MIN_FREE" in refused.value.fix


def test_doctor_tells_what_is_asked_for_and_what_is_no_amount(tmp_path: Path) -> None:
    def told(setting: str) -> list[tuple[str, str]]:
        environ = {"AUTOEXP_CACHE_DIR": str(tmp_path), "AUTOEXP_MIN_FREE": setting}
        return [(finding.state, finding.what) for finding in disk.findings(None, environ) if finding.subject == "disk"]

    ((state, words),) = told("1k")
    assert (state, words.partition("free")[1:]) == ("ok", ("free", "; a campaign asks for 0 MB (AUTOEXP_MIN_FREE)"))
    ((state, words),) = told("900T")
    assert state == "warning"
    assert "900000.0 GB are needed" in words
    assert told("much")[0] == ("problem", "AUTOEXP_MIN_FREE=much is not an amount of bytes")


def test_reserve_takes_room_and_gives_it_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", size=64 * 2**20)
    assert reserve.take()
    assert list(tmp_path.iterdir()) == []
    (held,) = (fd for fd, path in _open_files() if str(path).startswith(str(tmp_path)))
    assert os.fstat(held).st_blocks * 512 >= 64 * 2**20
    assert reserve.give_up()
    assert reserve.given_up
    assert not reserve.give_up()
    assert not any(str(path).startswith(str(tmp_path)) for _, path in _open_files())


def test_reserve_is_not_taken_where_that_would_use_up_the_disk(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", size=10**18)
    assert not reserve.take()
    assert not reserve.give_up()
    assert not reserve.given_up


def test_reserve_in_a_folder_that_is_gone_is_none(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "no" / "reserve").take()


def _open_files() -> list[tuple[int, Path]]:
    found = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  the folder of the list itself is gone when it is looked at
        try:
            found.append((int(name), Path(f"/proc/self/fd/{name}").readlink()))
        except OSError:
            continue
    return found
