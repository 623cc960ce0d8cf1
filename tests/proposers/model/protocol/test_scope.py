"""Nothing that may not be edited is ever among the changes, whatever an answer holds."""

import json
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexp.proposers.model.protocol import OutsideScope, Unusable, changes, read

INSIDE = ("app.py", "src/app.py", "src/deep/b.py", "docs/new.md")
FILES = {
    "app.py": b"a = 1\nb = 2\n",
    "src/app.py": b"a = 1\r\nb = 2\r\n",
    "src/deep/b.py": b"",
    "bench.py": b"a = 1\nb = 2\n",
    ".git/config": b"a = 1\n",
    "secret/app.py": b"a = 1\n",
    "latin.txt": b"caf\xe9\na = 1\n",
}
HOSTILE = (
    "bench.py", "./bench.py", "src/../bench.py", "../x", "/etc/passwd", "//x/y", ".git/config", ".GIT/config", "src/.git/hooks/x",
    ".git./config", ".git /config", "git~1/config", "\uff0egit/config", ".g\u200cit/config", "src\\..\\..\\x", "..\\x", "C:\\x", "C:x",
    "\\\\host\\x", "a\0b", "app.py\0", "", " ", ".", "..", "...", "./", "src/", "src", "~/x", "$HOME/x", "%2e%2e/x", "app.py\n../x", "x" * 300,
    "a/" * 1200 + "x", "app.py:stream", "NUL", "-rf", "--- a", "\u202epy.x", "secret/app.py", "latin.txt", "src/app.py/x", "b/../../x",
    "a/bench.py", "b/bench.py", "repo/bench.py", "`bench.py`", "**bench.py**", '"bench.py"', "file:///etc/passwd", "/dev/null",
)  # fmt: skip
NAMES = st.sampled_from(HOSTILE) | st.sampled_from(INSIDE) | st.text(max_size=12)
BODIES = st.sampled_from(
    ["a = 1\n", "b = 2\n", "x\n", "", "a = 1\nb = 2\n", "```\n", "=======\n", "--- a/bench.py\n+++ b/bench.py\n"]
)


def block(name: str, old: str, new: str) -> str:
    return f"{name}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def diff(name: str, old: str, new: str) -> str:
    lines = [*(f"-{line}\n" for line in old.split("\n")[:-1]), *(f"+{line}\n" for line in new.split("\n")[:-1])]
    return f"--- a/{name}\n+++ b/{name}\n@@ -1,1 +1,1 @@\n{''.join(lines)}"


def moved(name: str, old: str, new: str) -> str:
    return f"diff --git a/app.py b/{name}\nrename from app.py\nrename to {name}\n"


def created(name: str, old: str, new: str) -> str:
    return f"--- /dev/null\n+++ {name}\n@@ -0,0 +1 @@\n+x\n"


def deleted(name: str, old: str, new: str) -> str:
    return f"--- {name}\n+++ /dev/null\n@@ -1 +0,0 @@\n-a = 1\n"


def envelope(name: str, old: str, new: str) -> str:
    return (
        f"*** Begin Patch\n*** Update File: {name}\n@@\n-a = 1\n+a = 2\n*** Add File: {name}\n+x\n*** Update File: app.py\n"
        f"*** Move to: {name}\n*** Delete File: {name}\n*** End Patch\n"
    )


WAYS = (
    block,
    lambda name, old, new: block(f"FILE: {name}", old, new),
    lambda name, old, new: f"```python {name}\n{new}```\n",
    lambda name, old, new: f"FILE: {name}\n````\n{new}````\n",
    lambda name, old, new: f'```python title="{name}"\n{new}```\n',
    lambda name, old, new: f"### File: `{name}`\n```\n{block('', old, new)}```\n",
    lambda name, old, new: f"```diff\n{diff(name, old, new)}```\n",
    diff,
    moved,
    created,
    deleted,
    envelope,
    lambda name, old, new: f"DELETE: {name}\n",
    lambda name, old, new: json.dumps({"edits": [{"file": name, "old": old, "new": new}]}) + "\n",
    lambda name, old, new: json.dumps({"file": name, "content": new}) + "\n",
    lambda name, old, new: json.dumps({"files": {name: new}}) + "\n",
    lambda name, old, new: json.dumps({"path": name, "delete": True}) + "\n",
    lambda name, old, new: json.dumps({"file": "app.py", "diff": diff(name, old, new)}) + "\n",
    lambda name, old, new: f'<file path="{name}">\n{new}</file>\n',
    lambda name, old, new: f'<file path="app.py">\n{diff(name, old, new)}</file>\n',
    lambda name, old, new: f"<edit><path>{name}</path><search>{old}</search><replace>{new}</replace></edit>\n",
    lambda name, old, new: f'<delete path="{name}"/>\n',
)


@st.composite
def fragments(draw: st.DrawFn) -> str:
    way = draw(st.sampled_from(WAYS))
    return str(way(draw(NAMES), draw(BODIES), draw(BODIES)))


NOISE = st.sampled_from(
    ["\n", "```\n", "```python\n", "<think>\n", "</think>\n", "HYPOTHESIS: x\n", "=== PROPOSAL 2 ===\n", "@@ -1 +1 @@\n", "{\n", "bench.py\n"]
) | st.text(max_size=30)  # fmt: skip
ANSWERS = st.lists(fragments() | NOISE, max_size=6).map("".join)


def may_edit(path: str) -> bool:
    return path in INSIDE


def check(text: str, only: str | None) -> None:
    """Take an answer in both ways; only what may be edited is ever given, with no more than a refusal as error."""
    texts = [text]
    try:
        answer = read(text, several=3)
    except Unusable:
        pass
    else:
        assert answer.offers or answer.nothing_left
        assert [offer.rank for offer in answer.offers] == list(range(1, len(answer.offers) + 1))
        texts += [offer.edits for offer in answer.offers]
    for edits in texts:
        got = changes_or_none(edits, only)
        assert set(got) <= set(INSIDE)
        assert all(content != FILES.get(path) for path, content in got.items())


def changes_or_none(edits: str, only: str | None) -> dict[str, bytes | None]:
    try:
        return changes(edits, FILES, may_edit=may_edit, only=only)
    except Unusable:
        return {}


@settings(max_examples=400)
@given(ANSWERS, st.sampled_from([None, "app.py", "bench.py"]))
def test_no_answer_of_known_fragments_writes_outside_the_scope(text: str, only: str | None) -> None:
    check(text, only)


@given(st.text(), st.sampled_from([None, "app.py"]))
def test_no_random_text_writes_outside_the_scope(text: str, only: str | None) -> None:
    check(text, only)


@given(ANSWERS, st.data())
def test_no_answer_that_is_cut_somewhere_writes_outside_the_scope(text: str, data: st.DataObject) -> None:
    check(text[: data.draw(st.integers(0, len(text)))], None)


@given(NAMES, st.sampled_from(WAYS))
def test_even_a_scope_of_everything_holds_no_place_outside_of_the_tree(name: str, way) -> None:
    text = way(name, "a = 1\n", "a = 2\n")
    try:
        got = changes(text, FILES, may_edit=lambda _: True)
    except Unusable:
        return
    for path in got:
        parts = PurePosixPath(path).parts
        assert path == "/".join(parts)
        assert not {"..", ".", "/"} & set(parts)
        assert ".git" not in path.lower()
        assert not set("\\\0\n\r") & set(path)


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if name.strip("./ ") and "bench" not in name and name != "--- a"]
)
def test_a_hostile_name_is_refused_as_outside(name: str) -> None:
    with pytest.raises(OutsideScope) as caught:
        changes(json.dumps({"file": name, "content": "x"}), {"app.py": b""}, may_edit=lambda path: path == "app.py")
    assert caught.value.paths
    assert len(caught.value.reason) < 400


@pytest.mark.parametrize("way", WAYS)
def test_every_format_is_refused_outside_of_the_scope(way) -> None:
    with pytest.raises(OutsideScope, match=r"bench\.py"):
        changes(way("bench.py", "a = 1\n", "a = 2\n"), FILES, may_edit=may_edit)


@pytest.mark.parametrize("way", WAYS)
def test_every_format_is_taken_inside_of_the_scope(way) -> None:
    files = {"src/x.py": b"a = 1\n"} if way not in {moved, envelope} else {"app.py": b"a = 1\n", "src/x.py": b"a = 1\n"}
    wanted = {"src/x.py", "app.py"} if way in {moved, envelope} else {"src/x.py"}
    assert set(changes(way("src/x.py", "a = 1\n", "a = 2\n"), files, may_edit=lambda path: path in wanted)) <= wanted
