"""What belongs to a harness beside its tree: a digest that any change moves, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autoexp.harness.sealed import content_of, digest_of, fingerprint_of

FIRST = 1_700_000_000_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    (made / "below").mkdir(parents=True)
    (made / "below/file").write_text("one")
    (made / "ümläut \udcff").write_text("two")
    (made / "link").symlink_to("below")
    for place in (made / "below/file", made / "ümläut \udcff"):
        os.utime(place, ns=(FIRST, FIRST))
    return made


def _times(folder: Path) -> None:
    os.utime(folder / "below/file", ns=(FIRST, FIRST + 1))


def _rewrite(folder: Path) -> None:
    (folder / "below/file").write_text("two")
    os.utime(folder / "below/file", ns=(FIRST, FIRST))


def _relink(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("/")


CHANGES: dict[str, Callable[[Path], object]] = {
    "name": lambda folder: (folder / "below/file").rename(folder / "below/other"),
    "place": lambda folder: (folder / "below/file").rename(folder / "file"),
    "length": lambda folder: (folder / "below/file").write_text("longer"),
    "mode": lambda folder: (folder / "below/file").chmod(0o755),
    "new": lambda folder: (folder / "below/new").touch(),
    "gone": lambda folder: (folder / "below/file").unlink(),
    "target of a link": _relink,
    "kind": lambda folder: [(folder / "link").unlink(), (folder / "link").mkdir(), (folder / "link/file").touch()],
}


@pytest.mark.parametrize("digest", [fingerprint_of, content_of])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_moves_both_digests(folder: Path, digest: Callable[[list[Path]], str], change: str) -> None:
    before = digest([folder])
    assert digest([folder]) == before
    CHANGES[change](folder)
    assert digest([folder]) != before


def test_bytes_alone_move_the_content_only(folder: Path) -> None:
    fingerprint, content = fingerprint_of([folder]), content_of([folder])
    _rewrite(folder)
    assert fingerprint_of([folder]) == fingerprint
    assert content_of([folder]) != content


def test_times_alone_move_the_fingerprint_only(folder: Path) -> None:
    fingerprint, content = fingerprint_of([folder]), content_of([folder])
    _times(folder)
    assert fingerprint_of([folder]) != fingerprint
    assert content_of([folder]) == content


def test_caches_of_interpreters_do_not_count(folder: Path) -> None:
    before = (fingerprint_of([folder]), content_of([folder]), digest_of(folder))
    (folder / "below/__pycache__").mkdir()
    (folder / "below/__pycache__/file.pyc").touch()
    assert (fingerprint_of([folder]), content_of([folder]), digest_of(folder)) == before


def test_a_linked_folder_is_hashed_through_its_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(folder)
    before = content_of([tmp_path / "alias"])
    _rewrite(folder)
    assert content_of([tmp_path / "alias"]) != before


def test_a_single_file_can_be_sealed(folder: Path) -> None:
    before = content_of([folder / "below/file"])
    _rewrite(folder)
    assert content_of([folder / "below/file"]) != before


@pytest.mark.parametrize("digest", [fingerprint_of, content_of])
def test_what_is_not_there_is_an_error(tmp_path: Path, digest: Callable[[list[Path]], str]) -> None:
    with pytest.raises(FileNotFoundError):
        digest([tmp_path / "gone"])


def test_odd_files_are_no_trap(folder: Path) -> None:
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    assert content_of([folder])
    assert fingerprint_of([folder])


def test_a_digest_of_a_folder_does_not_depend_on_where_it_stands(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    assert digest_of(tmp_path / "a") == digest_of(tmp_path / "b")
    assert digest_of(tmp_path / "gone") == digest_of(tmp_path / "gone too")
