"""Merging trees without a checkout: what goes together does, what does not is named, and nothing is lost on the way."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.workspaces.conftest import User

from autoexp.workspaces import Repository
from autoexp.workspaces.changes import EXECUTABLE, LINK, PLAIN, Change, Entry
from autoexp.workspaces.merging import Draft, Merged, merged

Content = bytes | tuple[str, bytes] | None
NO_FIXTURE = [HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A repository in which trees are made by the hundred."""
    user = User(tmp_path_factory.mktemp("merging"))
    user.git("init", "-q", "-b", "main")
    user.commit("empty")
    opened = Repository.open(user.path)
    yield opened
    opened.close()


def grown(repository: Repository, parent: str, files: Mapping[str, Content]) -> str:
    """Commit files on top of a parent: bytes, bytes with a mode, or None to remove one."""
    changes = []
    for path, content in files.items():
        mode, data = content if isinstance(content, tuple) else (PLAIN, content)
        changes.append(Change(path, None, None if data is None else Entry(mode, repository.write_blob(data))))
    return repository.commit(parent, changes, "work\n", when=1_700_000_000)


def tree(repository: Repository, parent: str, found: Merged) -> str:
    return repository.tree_of(repository.commit(parent, found.changes, "merged\n", when=1_700_000_000))


def lines(*texts: object) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


@pytest.fixture
def three(repository: Repository) -> Callable[..., tuple[str, str, str]]:
    """Give the commits of a base and of two sides that begin at it."""

    def make(base: Mapping[str, Content], ours: Mapping[str, Content], theirs: Mapping[str, Content]):
        begun = grown(repository, repository.head(), base)
        return begun, grown(repository, begun, ours), grown(repository, begun, theirs)

    return make


def test_lines_that_do_not_touch_are_merged(repository: Repository, three) -> None:
    base, ours, theirs = three(
        {"a": lines(*range(9))}, {"a": lines("x", *range(1, 9))}, {"a": lines(*range(8), "y"), "b": b"new\n"}
    )
    found = merged(repository, base=base, ours=ours, theirs=theirs)
    assert not found.conflicts
    made = repository.commit(ours, found.changes, "m\n", when=0)
    assert repository.read_blob(f"{made}:a") == lines("x", *range(1, 8), "y")
    assert repository.read_blob(f"{made}:b") == b"new\n"


def test_a_conflict_names_path_line_and_text_of_our_side(repository: Repository, three) -> None:
    base, ours, theirs = three(
        {"src/a": lines(*range(9))},
        {"src/a": lines("new", *range(5), "ours", *range(6, 9))},
        {"src/a": lines(*range(5), "theirs", *range(6, 9))},
    )
    found = merged(repository, base=base, ours=ours, theirs=theirs)
    assert found.changes == ()
    (conflict,) = found.conflicts
    assert (conflict.place, conflict.count, conflict.text) == ("src/a:7", 1, "ours")


@pytest.mark.parametrize("style", ["diff3", "nonsense"])
def test_the_users_style_of_conflicts_has_no_say(repository: Repository, three, style: str) -> None:
    repository.git.run("config", "merge.conflictStyle", style)
    try:
        base, ours, theirs = three({"a": b"1\n"}, {"a": b"2\n"}, {"a": b"3\n"})
        found = merged(repository, base=base, ours=ours, theirs=theirs)
        assert [one.place for one in found.conflicts] == ["a:1"]
    finally:
        repository.git.run("config", "--unset", "merge.conflictStyle")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        pytest.param(b"1\n", None, None, None, id="both removed it"),
        pytest.param(b"1\n", b"1\n", None, None, id="they removed it"),
        pytest.param(b"1\n", None, b"1\n", None, id="we removed it"),
        pytest.param(None, b"1\n", b"1\n", b"1\n", id="both added the same"),
        pytest.param(b"\0a", b"\0a", b"\0b", b"\0b", id="binary, theirs"),
        pytest.param(b"\0a", b"\0c", b"\0a", b"\0c", id="binary, ours"),
        pytest.param((LINK, b"x"), (LINK, b"x"), (LINK, b"y"), (LINK, b"y"), id="a link, theirs"),
        pytest.param((LINK, b"x"), (LINK, b"x"), b"file\n", b"file\n", id="a link becomes a file"),
        pytest.param(b"1\n", (EXECUTABLE, b"1\n"), b"2\n", (EXECUTABLE, b"2\n"), id="mode here, content there"),
        pytest.param(b"a\nb\nc", b"a\nb\nc", b"a\nb\nc\n", b"a\nb\nc\n", id="the end of the last line"),
        pytest.param(b"a\r\nb\r\nc\r\n", b"A\r\nb\r\nc\r\n", b"a\r\nb\r\nC\r\n", b"A\r\nb\r\nC\r\n", id="crlf"),
    ],
)
def test_what_one_side_changed_is_taken(repository: Repository, three, base, ours, theirs, result) -> None:
    names = [{"keep": b"k\n", "f": content} for content in (base, ours, theirs)]
    a, b, c = three(*names)
    found = merged(repository, base=a, ours=b, theirs=c)
    assert not found.conflicts
    assert tree(repository, b, found) == repository.tree_of(grown(repository, b, {"f": result}))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "words"),
    [
        pytest.param(b"1\n", None, b"2\n", "one side removed it", id="removed and changed"),
        pytest.param(b"1\n", b"2\n", None, "one side removed it", id="changed and removed"),
        pytest.param(None, b"1\n", b"2\n", "both sides added it", id="both added"),
        pytest.param(b"\0a", b"\0b", b"\0c", "no text", id="binary"),
        pytest.param((LINK, b"x"), (LINK, b"y"), (LINK, b"z"), "no plain file", id="links"),
        pytest.param(b"x\n", b"y\n", (LINK, b"z"), "no plain file", id="a file and a link"),
    ],
)
def test_what_cannot_be_merged_by_lines_is_a_conflict(repository: Repository, three, base, ours, theirs, words) -> None:
    a, b, c = three(*({"keep": b"k\n", "f": content} for content in (base, ours, theirs)))
    found = merged(repository, base=a, ours=b, theirs=c)
    assert found.changes == ()
    (conflict,) = found.conflicts
    assert conflict.place == "f"
    assert words in conflict.why


def test_a_file_where_a_folder_has_to_be_is_a_conflict(repository: Repository, three) -> None:
    for ours, theirs in (({"d": b"file\n"}, {"d/x": b"1\n"}), ({"d/x": b"1\n"}, {"d": b"file\n"})):
        a, b, c = three({"keep": b"k\n"}, ours, theirs)
        found = merged(repository, base=a, ours=b, theirs=c)
        assert [one.why for one in found.conflicts] == ["a file stands where a folder has to be"]


def test_nothing_is_stored_where_a_merge_fails(repository: Repository, three) -> None:
    base, ours, theirs = three(
        {"a": lines(*range(9)), "b": b"1\n"},
        {"a": lines("o", *range(1, 9)), "b": b"2\n"},
        {"a": lines(*range(8), "t"), "b": b"3\n"},
    )
    draft = Draft(repository, ours)
    assert draft.merge(base=base, theirs=theirs)
    assert draft.changes() == ()
    assert repository.resolve(repository.object_id("blob", lines("o", *range(1, 8), "t"))) is None


def test_a_failed_merge_leaves_a_draft_as_it_was(repository: Repository) -> None:
    base = grown(repository, repository.head(), {"a": lines(*range(9))})
    first = grown(repository, base, {"a": lines("1st", *range(1, 9))})
    second = grown(repository, base, {"a": lines("other", *range(1, 9)), "new": b"n\n"})
    draft = Draft(repository, base)
    assert draft.merge(base=base, theirs=first) == ()
    before = draft.changes()
    assert draft.merge(base=base, theirs=second)
    assert draft.changes() == before != ()


def test_names_of_every_kind_are_merged(repository: Repository, three) -> None:
    names = ["a\nb", "-p", "ü/ö", "a b", ":(glob)*", '"', "\udcff"]
    base, ours, theirs = three(
        {name: lines(*range(9)) for name in names},
        {name: lines("o", *range(1, 9)) for name in names},
        {name: lines(*range(8), "t") for name in names},
    )
    made = repository.commit(ours, merged(repository, base=base, ours=ours, theirs=theirs).changes, "m\n", when=0)
    assert {repository.read_blob(entry.oid) for path, entry in repository.entries(made).items()} == {
        lines("o", *range(1, 8), "t")
    }


texts = st.lists(st.sampled_from(["a", "b", "c", "", "}"]), max_size=12).map(lambda found: lines(*found))
trees = st.dictionaries(st.sampled_from(["a", "b", "d/x", "d/y"]), texts | st.just(b"\0\1") | st.just(b"no end"))
few = settings(max_examples=8, deadline=None, suppress_health_check=NO_FIXTURE)


def rooted(repository: Repository, files: Mapping[str, bytes], parent: str | None = None) -> str:
    """Commit a tree of just these files."""
    gone = dict.fromkeys(repository.paths(parent)) if parent else {}
    return grown(repository, parent or repository.head(), {**gone, **files})


@few
@given(before=trees, after=trees)
def test_taking_the_last_change_out_gives_its_parents_tree(repository: Repository, before, after) -> None:
    parent = rooted(repository, before)
    keep = rooted(repository, after, parent)
    found = merged(repository, base=keep, ours=keep, theirs=parent)
    assert not found.conflicts
    assert tree(repository, keep, found) == repository.tree_of(parent)


@few
@given(base=trees, ours=trees, theirs=trees)
def test_sides_may_be_swapped(repository: Repository, base, ours, theirs) -> None:
    a = rooted(repository, base)
    b, c = rooted(repository, ours, a), rooted(repository, theirs, a)
    one, other = merged(repository, base=a, ours=b, theirs=c), merged(repository, base=a, ours=c, theirs=b)
    assert {conflict.path for conflict in one.conflicts} == {conflict.path for conflict in other.conflicts}
    if not one.conflicts:
        assert tree(repository, b, one) == tree(repository, c, other)


@few
@given(order=st.permutations(range(5)), out=st.sets(st.integers(0, 4), max_size=4))
def test_taking_changes_out_that_touch_nothing_else_is_as_if_they_had_never_been(
    repository: Repository, order, out
) -> None:
    begun = [f"line {i}" for i in range(17)]

    def edited(numbers) -> bytes:
        return lines(*(f"keep {i // 3}" if i % 3 == 1 and i // 3 in numbers else text for i, text in enumerate(begun)))

    line = [grown(repository, repository.head(), {"f": edited([])})]
    for i in range(len(order)):
        line.append(grown(repository, line[-1], {"f": edited(order[: i + 1])}))
    draft = Draft(repository, line[-1])
    for i in reversed(range(len(order))):
        if order[i] in out:
            assert draft.merge(base=line[i + 1], theirs=line[i]) == ()
    made = repository.commit(line[-1], draft.store(), "left\n", when=0)
    assert repository.read_blob(f"{made}:f") == edited(set(order) - out)


def test_git_takes_what_was_merged(repository: Repository, three, tmp_path: Path) -> None:
    base, ours, theirs = three(
        {"a": lines(*range(9))}, {"a": lines("o", *range(1, 9))}, {"a": lines(*range(8), "t"), "x/y": b"1\n"}
    )
    found = merged(repository, base=base, ours=ours, theirs=theirs)
    commit = repository.commit(ours, found.changes, "m\n", when=0)
    code, _, errors = repository.git.ask("fsck", "--strict", commit)
    assert code == 0, errors
    assert not list(tmp_path.iterdir())
