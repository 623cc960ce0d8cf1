from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from autoexp.processes.masking import mask, mask_file


def test_secrets_are_replaced_in_text_and_bytes():
    assert mask("key=s3cret!", ["s3cret"]) == "key=***!"
    assert mask(b"key=s3cret!", ["s3cret"]) == b"key=***!"


def test_the_longer_of_two_secrets_wins():
    assert mask("token-abcdef", ["token", "token-abcdef"]) == "***"


def test_a_secret_of_several_lines_is_masked_line_by_line():
    assert mask("BEGIN\n  second line\n", ["first line\nsecond line"]) == "BEGIN\n  ***\n"


def test_values_too_short_to_hide_are_left():
    assert mask("METRIC x=1", ["1", ""]) == "METRIC x=1"


def test_a_file_without_secrets_keeps_its_place_and_content(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"nothing")
    inode = path.stat().st_ino
    mask_file(path, ["s3cret"])
    assert (path.stat().st_ino, path.read_bytes()) == (inode, b"nothing")
    assert list(tmp_path.iterdir()) == [path]


@given(
    text=st.text(alphabet="abc\n", max_size=60),
    secrets=st.lists(st.text(alphabet="abc", min_size=4, max_size=8), max_size=3),
    chunk=st.integers(1, 9),
)
def test_a_file_in_pieces_is_masked_like_the_whole(tmp_path_factory, text: str, secrets: list[str], chunk: int):
    path: Path = tmp_path_factory.mktemp("masking") / "out"
    path.write_bytes(text.encode())
    mask_file(path, secrets, chunk=chunk)
    assert path.read_bytes() == mask(text.encode(), secrets)


@given(
    text=st.text(alphabet="abc\n", max_size=60),
    secrets=st.lists(st.text(alphabet="abc", min_size=4, max_size=8), max_size=3),
    chunk=st.integers(1, 9),
)
def test_where_no_second_file_can_be_written_stars_take_the_place_of_each_letter(
    tmp_path_factory, text: str, secrets: list[str], chunk: int
):
    path: Path = tmp_path_factory.mktemp("masking") / "out"
    path.write_bytes(text.encode())
    path.with_name("out.masked").mkdir()  # in the way of a second file, as a full disk is
    mask_file(path, secrets, chunk=chunk)
    starred, masked = path.read_bytes(), mask(text.encode(), secrets)
    assert len(starred) == len(text)
    assert starred.replace(b"*", b"") == masked.replace(b"*", b"")


@given(st.text(alphabet="abcd", max_size=200), st.lists(st.text(alphabet="abcd", min_size=4, max_size=20), max_size=4))
def test_no_secret_is_left_in_what_is_given(text: str, secrets: list[str]):
    masked = mask(text, secrets)
    assert not [secret for secret in secrets if secret in masked]
