"""The tar of a bundle: what is written is read back, by tar as well; whatever is not a file of ours is refused."""

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.exchange import archive
from autoexp.exchange.manifest import MANIFEST, Manifest, read_manifest

NAMES = st.text("abc.-_0/", min_size=1, max_size=archive.LONGEST_NAME).filter(lambda name: not name.endswith("/"))


def made(contents: dict[str, bytes]) -> tuple[io.BytesIO, dict[str, str]]:
    file = io.BytesIO()
    digests = {}
    for name, data in contents.items():
        size, digests[name] = archive.add(file, name, lambda out, data=data: out.write(data))
        assert size == len(data)
    archive.finish(file)
    return file, digests


@given(st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5))
def test_what_is_written_is_read_back(contents: dict[str, bytes]) -> None:
    file, digests = made(contents)
    parts = archive.parts_of(file)
    assert {n: b"".join(archive.chunks(file, p, digest=digests[n])) for n, p in parts.items()} == contents
    file.seek(0)
    with tarfile.open(fileobj=file) as opened:
        assert {m.name: opened.extractfile(m).read() for m in opened} == contents


@given(st.data())
def test_archive_that_was_cut_is_refused(data: st.DataObject) -> None:
    file, _ = made({"a": b"x" * 700, "b": b""})
    whole = file.getvalue()
    cut = whole[: data.draw(st.integers(0, len(whole) - 2 * tarfile.BLOCKSIZE - 1))]
    with pytest.raises(ValueError, match=r"ends too early|no bundle"):
        archive.parts_of(io.BytesIO(cut))


@given(st.integers(0, 699), st.integers(1, 255))
def test_byte_that_was_changed_is_seen(at: int, flip: int) -> None:
    file, digests = made({"a": b"x" * 700})
    part = archive.parts_of(file)["a"]
    file.getbuffer()[part.offset + at] ^= flip
    with pytest.raises(ValueError, match="a is not what it was"):
        list(archive.chunks(file, part, digest=digests["a"]))


def test_file_that_fails_while_it_is_added_leaves_no_trace() -> None:
    file, _ = io.BytesIO(), archive.add
    archive.add(file, "a", lambda out: out.write(b"1"))
    before = file.getvalue()

    def fail(out: object) -> None:
        out.write(b"half")
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        archive.add(file, "b", fail)
    with pytest.raises(ValueError, match="longer than"):
        archive.add(file, "b" * (archive.LONGEST_NAME + 1), lambda _: None)
    assert file.getvalue() == before


def member(**facts: object) -> bytes:
    info = tarfile.TarInfo("output/1/a")
    for name, value in facts.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "block",
    [
        member(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member(type=tarfile.LNKTYPE, linkname="../../.git/config"),
        member(type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        member(type=tarfile.BLKTYPE),
        member(type=tarfile.FIFOTYPE),
        member(type=tarfile.DIRTYPE),
        member(type=tarfile.GNUTYPE_SPARSE, size=5),
        member(type=tarfile.GNUTYPE_LONGNAME, size=200),
        member(type=tarfile.XHDTYPE, size=1 << 40),
        member(size=1 << 62),
        member(size=-1),
        member(size=513),
        b"\xff" * 512,
        member()[:-1] + b"x",
    ],
)
def test_what_is_no_whole_regular_file_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"^its? "):
        archive.parts_of(io.BytesIO(block + bytes(1024)))


def test_name_that_stands_there_twice_is_refused() -> None:
    file, _ = made({"a": b"1"})
    twice = file.getvalue()[:1024]
    with pytest.raises(ValueError, match="twice"):
        archive.parts_of(io.BytesIO(twice + file.getvalue()))


ZEROS = "0" * 64


def manifest(**facts: object) -> bytes:
    parts = {name: {"size": 1, "sha256": ZEROS} for name in ("journal.jsonl", "repository.bundle")}
    known = {"version": "1", "tag": "demo", "object_format": "sha1", "base": "1" * 40, "records": 1, "chain": ZEROS}
    return Manifest.model_validate({**known, "refs": {}, "parts": parts, **facts}).model_dump_json().encode()


def without(name: str) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(f'"{name}"'.encode(), b'"output/1/x"')


def test_manifest_is_read_back() -> None:
    assert read_manifest(manifest()).tag == "demo"
    assert read_manifest(manifest()[:-1] + b',"of a newer version":1}').tag == "demo"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[" * 100_000,
        b'{"tag":1}',
        manifest(format=2),
        without("journal.jsonl")(manifest()),
        without("repository.bundle")(manifest()),
        *(
            manifest(refs={name: "1" * 40})
            for name in ("../heads/main", "a/../b", "", "/a", "a//b", "a.lock", "a/.b", "a b", "best\n", "a/", "-x")
        ),
        manifest(refs={"best": "main"}),
        *(
            manifest()[:-2] + f',"{name}":{{"size":1,"sha256":"{ZEROS}"}}}}}}'.encode()
            for name in (
                "../x",
                "output/../../x",
                "/output/x",
                "output//x",
                "output/.",
                "output/",
                "output",
                "inbox/x",
                "lock",
                "output/a\\\\b",
                "output/a\\nb",
                MANIFEST,
            )
        ),
        manifest()[:-2]
        + b"".join(b',"%s":{"size":1,"sha256":"%s"}' % (n, ZEROS.encode()) for n in (b"output/a", b"output/a/b"))
        + b"}}",
    ],
)
def test_manifest_that_is_not_ours_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"^its? "):
        read_manifest(text)
