"""The best so far without a keep: what goes with it is what was built on it, no more, and the rest is as if it had never been."""

import subprocess
from collections.abc import Collection, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoexp.campaign.members import Keep
from autoexp.engine.leaving import leave_out, leave_out_all
from autoexp.workspaces import Repository
from autoexp.workspaces.changes import PLAIN, Change, Entry

PLACES = 5


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    root = tmp_path_factory.mktemp("leaving")
    who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
    for arguments in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "empty"]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    opened = Repository.open(root)
    yield opened
    opened.close()


def grown(repository: Repository, parent: str, files: dict[str, str]) -> str:
    changes = [Change(path, None, Entry(PLAIN, repository.write_blob(data.encode()))) for path, data in files.items()]
    return repository.commit(parent, changes, "work\n", when=1_700_000_000)


def kept(repository: Repository, texts: Sequence[dict[str, str]]) -> tuple[Keep, ...]:
    """Commit one tree after the other, and give all but the first as the kept line."""
    at, found = grown(repository, repository.head(), texts[0]), []
    for n, files in enumerate(texts[1:], 1):
        commit = grown(repository, at, files)
        found.append(Keep(n, commit, at, when=1_700_000_000 + n))
        at = commit
    return tuple(found)


def written(edits: Sequence[frozenset[int]], *, out: Collection[int] = ()) -> str:
    """Give a file after some edits, each of some places that lie apart, without those with certain numbers."""
    lines = [f"line {i}" for i in range(3 * PLACES)]
    for n, places in enumerate(edits, 1):
        for place in places if n not in out else ():
            lines[3 * place + 1] = f"keep {n}"
    return "".join(f"{line}\n" for line in lines)


def built_on(edits: Sequence[frozenset[int]], n: int) -> set[int]:
    """Give the later edits of a place of edit `n`, or of one that is built on it."""
    found = {n}
    for later in range(n + 1, len(edits) + 1):
        if any(edits[one - 1] & edits[later - 1] for one in found):
            found.add(later)
    return found - {n}


edits = st.lists(st.frozensets(st.integers(0, PLACES - 1), min_size=1, max_size=2), min_size=1, max_size=5)


@settings(max_examples=6, deadline=None)
@given(edits=edits, data=st.data())
def test_what_is_built_on_a_keep_goes_with_it_and_nothing_else(repository: Repository, edits, data) -> None:
    line = kept(repository, [{"f": written(edits[:i])} for i in range(len(edits) + 1)])
    n = data.draw(st.integers(1, len(edits)))
    found = leave_out(repository, line[-1].commit, line, n)
    together = built_on(edits, n)
    assert set(found.together) == together
    assert bool(found.hunks) == bool(together)
    assert found.commit is not None
    left = repository.read_blob(f"{found.commit}:f").decode()
    assert left == written(edits, out={n, *together})


def test_files_that_were_added_removed_and_moved_come_back(repository: Repository) -> None:
    line = kept(repository, [{"a": "1\n"}, {"a": "1\n", "new": "n\n"}, {"a": "2\n"}])
    gone = repository.commit(line[-1].commit, [Change("new", None, None)], "remove\n", when=0)
    line = (*line, Keep(3, gone, line[-1].commit))
    found = leave_out(repository, gone, line, 3)
    assert found.commit is not None
    assert repository.paths(found.commit) == repository.paths(line[1].commit)
    first = leave_out(repository, gone, line, 1)
    assert (first.commit, first.detail) == (None, "nothing of it is left in the best so far")


def test_a_file_that_a_later_keep_removed_is_named_with_it(repository: Repository) -> None:
    line = kept(repository, [{"a": "1\n", "b": "1\n"}, {"a": "2\n"}])
    gone = repository.commit(line[-1].commit, [Change("a", None, None)], "remove\n", when=0)
    line = (*line, Keep(2, gone, line[-1].commit))
    found = leave_out(repository, gone, line, 1)
    assert (found.together, found.hunks) == ((2,), ("a, which was changed by experiment 2",))


def test_a_keep_under_one_that_was_taken_out_can_be_left_out(repository: Repository) -> None:
    """A prune is a commit of the line as well; what it took out is in nobody's way."""
    base = [f"line {i}" for i in range(9)]
    one, two = [*base], [*base]
    one[1] = two[1] = "keep 1"
    two[4] = "keep 2"
    back = [*base]
    back[1] = "keep 1"
    texts = [{"f": "".join(f"{text}\n" for text in lines)} for lines in (base, one, two, back)]
    line = kept(repository, texts)
    line = (line[0], *(Keep(one.n, one.commit, one.parent, stands=False) for one in line[1:]))
    found = leave_out(repository, line[-1].commit, line, 1)
    assert found.commit is not None
    assert repository.tree_of(found.commit) == repository.tree_of(line[0].parent)


def test_what_a_prune_wrote_over_a_keep_makes_it_entangled(repository: Repository) -> None:
    line = kept(repository, [{"f": "0\n"}, {"f": "1\n"}, {"f": "2\n"}])
    line = (line[0], Keep(2, line[1].commit, line[1].parent, stands=False))
    found = leave_out(repository, line[-1].commit, line, 1)
    assert (found.commit, found.together) == (None, ())
    assert found.hunks == ("f:1, in the hunk of experiment 2",)
    assert "built on it" in found.detail


def test_several_at_once_are_the_same_as_one_after_the_other(repository: Repository) -> None:
    edits = [frozenset({0}), frozenset({1}), frozenset({0, 2}), frozenset({3})]
    line = kept(repository, [{"f": written(edits[:i])} for i in range(len(edits) + 1)])
    found = leave_out_all(repository, line[-1].commit, line, (2, 3))
    assert (found.together, found.detail) == ((), "")
    assert found.commit is not None
    assert repository.read_blob(f"{found.commit}:f").decode() == written(edits, out={2, 3})


def test_lines_are_followed_to_the_keep_that_put_them_there(repository: Repository) -> None:
    """Later ones have moved them."""
    base = [f"line {i}" for i in range(12)]
    one, two = [*base[:6], "keep 1", *base[7:]], [*base[:6], "keep 2", *base[7:]]
    moved = ["new", "new", *two[1:]]
    last = [*moved[:-1], "end"]
    line = kept(repository, [{"f": "".join(f"{text}\n" for text in lines)} for lines in (base, one, two, moved, last)])
    found = leave_out(repository, line[-1].commit, line, 1)
    assert (found.together, found.hunks) == ((2,), ("f:8, in the hunk of experiment 2",))


def test_all_keeps_left_out_is_the_untouched_baseline(repository: Repository) -> None:
    line = kept(repository, [{"a": "1\n"}, {"a": "2\n"}, {"b": "\0\n"}, {"a": "3\n", "b": "\0\1"}])
    found = leave_out_all(repository, line[-1].commit, line, (1, 2, 3))
    assert found.commit is not None
    assert repository.tree_of(found.commit) == repository.tree_of(line[0].parent)


def test_what_is_no_keep_cannot_be_left_out(repository: Repository) -> None:
    line = kept(repository, [{"a": "1\n"}, {"a": "2\n"}])
    assert leave_out(repository, line[-1].commit, line, 7).detail == "experiment 7 is not in the best so far"
