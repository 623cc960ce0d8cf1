"""Laws: a diff gives exactly the second text, a replaced span stands where it stood, and nothing else moves."""

import difflib
import json
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autoexp.proposers.model.protocol import Unusable, changes, read

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "",
                "a",
                "b",
                "  c",
                "\td",
                "-- x",
                "++ y",
                "@@ z",
                "--- a/f",
                "+++ b/f",
                "```",
                "\\ odd",
                "é\u2028",
                "\x0c",
            ]
        ),
        st.text(st.characters(exclude_characters="\n\r….", exclude_categories=["Cs"]), max_size=12),
    ),
    max_size=14,
)
END = st.sampled_from(["\n", "\r\n"])


@st.composite
def contents(draw: st.DrawFn) -> str:
    text = "".join(f"{line}\n" for line in draw(LINES))
    return text.removesuffix("\n") if draw(st.booleans()) and not text.endswith("\n\n") else text


def diff_of(old: str, new: str, context: int) -> str:
    """Give the diff of two texts as git writes it, with the marks of missing line ends."""
    sides = ([line + "\n" for line in text.split("\n")] for text in (old, new))
    before, after = (lines[:-1] if lines[-1] == "\n" else [*lines[:-1], lines[-1][:-1]] for lines in sides)
    parts = difflib.unified_diff(before, after, "a/f", "b/f", n=context)
    return "".join(part if part.endswith("\n") else f"{part}\n\\ No newline at end of file\n" for part in parts)


@given(contents(), contents(), st.integers(1, 4), END)
def test_a_diff_gives_exactly_the_second_text(old: str, new: str, context: int, end: str) -> None:
    assume(old != new and old and new)
    files = {"f": old.replace("\n", end).encode()}
    diff = diff_of(old, new, context)
    # A fence of five marks, as the lines may be fences.
    got = changes(f"`````diff\n{diff}`````", files, may_edit=lambda _: True)
    assert got == {"f": new.replace("\n", end if "\n" in old else "\n").encode()}


@given(contents(), contents())
def test_a_bare_diff_gives_the_same_as_a_fenced_one(old: str, new: str) -> None:
    assume(old != new and old and new)
    diff = diff_of(old, new, 3)
    assert changes(diff, {"f": old.encode()}, may_edit=lambda _: True) == {"f": new.encode()}


@st.composite
def spans(draw: st.DrawFn) -> tuple[list[str], int, int, list[str]]:
    """Give the lines of a file, a span of them that stands there once, and lines for its place."""
    lines = draw(LINES.filter(lambda lines: any(line.strip() for line in lines)))
    start = draw(st.integers(0, len(lines) - 1))
    stop = draw(st.integers(start + 1, len(lines)))
    new = draw(LINES)
    span = lines[start:stop]
    assume(any(line.strip() for line in span) and new != span)
    assume(sum(lines[i : i + len(span)] == span for i in range(len(lines))) == 1)
    return lines, start, stop, new


def text_of(lines: Sequence[str], end: str) -> bytes:
    return "".join(f"{line}{end}" for line in lines).encode()


@given(spans(), END)
def test_a_unique_span_is_replaced_where_it_stands(case: tuple[list[str], int, int, list[str]], end: str) -> None:
    lines, start, stop, new = case
    block = "".join(f"{line}\n" for line in ["<<<<<<< SEARCH", *lines[start:stop], "=======", *new, ">>>>>>> REPLACE"])
    got = changes(f"FILE: f.py\n{block}", {"f.py": text_of(lines, end)}, may_edit=lambda _: True)
    assert got == {"f.py": text_of([*lines[:start], *new, *lines[stop:]], end)}


@given(spans(), END)
def test_json_replaces_the_same_span(case: tuple[list[str], int, int, list[str]], end: str) -> None:
    lines, start, stop, new = case
    old_text, new_text = ("".join(f"{line}\n" for line in part) for part in (lines[start:stop], new))
    answer = json.dumps({"edits": [{"file": "f", "old": old_text, "new": new_text}]})
    files = {"f": text_of(lines, end)}
    whole = "".join(f"{line}\n" for line in lines)
    assume(sum(whole.startswith(old_text, at) for at in range(len(whole))) == 1)  # overlapping places count
    got = changes(read(answer).offers[0].edits, files, may_edit=lambda _: True)
    assert got == {"f": text_of([*lines[:start], *new, *lines[stop:]], end)}


@given(contents(), contents())
def test_a_whole_file_is_taken_as_it_is_written(old: str, new: str) -> None:
    assume(new.strip() and old.split() != new.split())
    answer = f"FILE: f.py\n`````\n{new}{'' if new.endswith(chr(10)) else chr(10)}`````"
    assume("`````" not in new)
    got = changes(read(answer).offers[0].edits, {"f.py": old.encode()}, may_edit=lambda _: True)
    ends = not old or old.endswith("\n")
    assert got == {"f.py": (new if new.endswith("\n") else f"{new}\n")[: None if ends else -1].encode()}


@given(spans())
def test_what_is_read_gives_what_was_written(case: tuple[list[str], int, int, list[str]]) -> None:
    """The text of the edits that is kept in the journal means the same as the answer."""
    lines, start, stop, new = case
    block = "".join(f"{line}\n" for line in ["<<<<<<< SEARCH", *lines[start:stop], "=======", *new, ">>>>>>> REPLACE"])
    files = {"f.py": text_of(lines, "\n")}
    for answer in (
        f"Prose.\n\nf.py\n```python\n{block}```\nMore.",
        f"```\nf.py\n{block}```",
        f"KIND: x\n**f.py**\n{block}",
    ):
        kept = read(answer).offers[0].edits
        assert changes(kept, files, may_edit=lambda _: True) == changes(answer, files, may_edit=lambda _: True)
        assert read(kept).offers[0].edits == kept


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(st.lists(st.sampled_from(["x", "y"]), min_size=2, max_size=8), st.data())
def test_text_that_stands_in_several_places_is_refused(end: str, lines: list[str], data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(lines))
    assume(lines.count(line) > 1)
    block = f"FILE: f.py\n<<<<<<< SEARCH\n{line}\n=======\nz\n>>>>>>> REPLACE\n"
    with pytest.raises(Unusable, match=f"{lines.count(line)} times in f.py"):
        changes(block, {"f.py": text_of(lines, end)}, may_edit=lambda _: True)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", " c"]), st.sampled_from(["\n", "\r\n"])), min_size=1, max_size=8))
def test_lines_that_are_not_edited_keep_their_own_ends(pairs: list[tuple[str, str]]) -> None:
    content = "".join(line + end for line, end in [*pairs, ("here", "\n"), *pairs])
    block = "FILE: f\n<<<<<<< SEARCH\nhere\n=======\nthere\n>>>>>>> REPLACE\n"
    got = changes(block, {"f": content.encode()}, may_edit=lambda _: True)["f"]
    assert got is not None
    half = "".join(line + end for line, end in pairs).encode()
    assert got.startswith(half + b"there")
    assert got.endswith(b"\n" + half)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_bytes_around_an_edit_are_never_touched(before: bytes, after: bytes) -> None:
    content = before + b"\nunique line here\n" + after
    assume(content.count(b"unique line here") == 1)
    block = "FILE: f\n<<<<<<< SEARCH\nunique line here\n=======\nanother\n>>>>>>> REPLACE\n"
    got = changes(block, {"f": content}, may_edit=lambda _: True)["f"]
    assert got is not None
    assert got.replace(b"another\r\n", b"another\n") == before + b"\nanother\n" + after


@given(
    st.lists(st.integers(0, 99), min_size=2, max_size=12, unique=True),
    st.data(),
    st.sampled_from(["f.py\n", "**`f.py`**\n\n", "### f.py\n", "Here is the updated `f.py`:\n", "", "FILE: f.py\n"]),
)
def test_a_part_of_a_file_never_takes_the_place_of_the_file(numbers: list[int], data: st.DataObject, head: str) -> None:
    lines = [f"v{number} = {number}" for number in numbers]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    assume(stop - start < len(lines))
    answer = f"{head}```python\n" + "".join(f"{line}\n" for line in lines[start:stop]) + "```\n"
    with pytest.raises(Unusable, match="part of the file"):
        changes(answer, {"f.py": text_of(lines, "\n")}, may_edit=lambda _: True, only="f.py")
