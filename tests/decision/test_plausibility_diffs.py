"""Plausibility: what a diff adds is read as it is."""

import difflib
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decision.oddities import changed

from autoexp.decision.plausibility import BINARY, AddedLine, added_lines


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def test_added_line_has_path_number_and_text():
    diff = "--- a/x.py\n+++ b/x.py\n@@ -3,2 +3,3 @@ def f():\n one\n+two\n three\n@@ -9 +10 @@\n-old\n+new\n"
    assert added_lines(diff) == (AddedLine("x.py", 4, "two"), AddedLine("x.py", 10, "new"))


def test_content_that_looks_like_a_head_is_content():
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n--- a/y\n-@@ -1 +1 @@\n+++ b/z.py\n+@@ -5 +5 @@\n+--- a/q\n"
    assert [line.text for line in added_lines(diff)] == ["++ b/z.py", "@@ -5 +5 @@", "--- a/q"]
    assert {line.path for line in added_lines(diff)} == {"x"}


def test_moved_or_indented_line_is_not_added():
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n-time.time()\n+if a:\n+    time.time()\n+    time.time()\n b\n"
    assert [line.text for line in added_lines(diff)] == ["if a:", "    time.time()"]


def test_file_that_git_calls_binary_has_one_line():
    diff = "diff --git a/x.py b/x.py\nindex 1..2 100644\nBinary files a/x.py and b/x.py differ\n"
    assert added_lines(diff) == (AddedLine("x.py", 0, BINARY),)
    assert added_lines("Binary files a/x.py and /dev/null differ\n") == ()


def test_real_diffs_of_odd_names_ends_and_kinds_are_read(repository):
    before = {"b/old name.py": b"1\n2\n3\n4\n5\n", "gone.py": b"x\n", "cr.py": b"a\r\nb\r\n", "nul.sh": b"#\0\n"}
    after = {
        "b/new name.py": b"1\n2\n3\n4\n5\nsix",
        'hé "q".py': b"+++ b/fake.py\n",
        "cr.py": b"a\r\nc\r\n",
        "nul.sh": b"#\0\nkill -9 1\n",
    }  # fmt: skip
    plain = added_lines(changed(repository, before, after))
    assert {(line.path, line.number, line.text) for line in plain} == {
        ("b/new name.py", 6, "six"),
        ('hé "q".py', 1, "+++ b/fake.py"),
        ("cr.py", 2, "c"),
        ("nul.sh", 0, BINARY),
    }
    as_text = added_lines(changed(repository, before, after, "--text", "--no-renames", "-U0"))
    assert AddedLine("nul.sh", 2, "kill -9 1") in as_text
    assert len([line for line in as_text if line.path == "b/new name.py"]) == 1  # the rest only moved


PIECES = [
    "@@ -1 +1,9 @@",
    "@@ -1,99999999999999999999 +1 @@",
    "--- a/x",
    "+++ b/x",
    "+++ ",
    '+++ "b/\\777"',
    "+a",
    "-a",
    " a",
    "\\",
    "",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30))
def test_any_text_is_read_without_error(lines):
    for line in added_lines("\n".join(lines)):
        assert line.number >= 0


contents = st.lists(
    st.sampled_from([b"+++ b/x", b"--- a/x", b"@@ -1 +1 @@", b"", b"a", b"\tb ", b"+", b"-"]), max_size=8
)


@given(contents, contents)
def test_unified_diff_gives_back_what_was_added(old, new):
    before, after = ([line.decode() for line in lines] for lines in (old, new))
    diff = "\n".join(difflib.unified_diff(before, after, "a/x", "b/x", lineterm="", n=1))
    added = added_lines(diff)
    for line in added:
        assert after[line.number - 1] == line.text
    fresh = Counter(filter(None, map(str.strip, after))) - Counter(filter(None, map(str.strip, before)))
    assert Counter(line.text.strip() for line in added if line.text.strip()) >= fresh
