"""Laws over any edits: what is captured is what was done, what is shown is what was committed."""

import shutil
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoexp.workspaces import MeasurementTrees, ProposalCopy, Scope
from autoexp.workspaces.changes import Entry
from autoexp.workspaces.objects import read_tree, write_tree

NAMES = st.sampled_from(["a", "b", "b-c", "b.c", "model.py", "src", "d d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["write", "delete", "mode", "folder", "rename"]), PATHS, PATHS, st.sampled_from(["x", "y\n"])
    ),
    max_size=6,
)
KEPT = st.booleans()


def apply(work, edit):
    """Do an edit as a careless proposer would: what cannot be done is not done."""
    kind, name, other, text = edit
    path, target = work / name, work / other
    try:
        if kind == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif kind == "delete":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        elif kind == "mode" and path.is_file():
            path.chmod(path.stat().st_mode ^ 0o111)
        elif kind == "folder":
            path.mkdir(parents=True)
        elif kind == "rename":
            path.rename(target)
    except OSError:
        return


def regular_files(folder):
    return {
        path.relative_to(folder).as_posix(): (bool(path.stat().st_mode & 0o100), path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and ".git" not in path.relative_to(folder).parts[:1]
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(EDITS, KEPT), min_size=1, max_size=4))
def test_any_edits_in_scope_become_the_candidate_and_any_candidate_is_shown(repository, tmp_path, rounds):
    cache = Path(tmp_path) / "laws"
    copy, trees = ProposalCopy(repository, cache / "copy"), MeasurementTrees(repository, cache / "trees")
    parent = repository.head()
    for edits, kept in rounds:
        work = copy.reset(parent)
        for edit in edits:
            apply(work, edit)
        left = regular_files(work)
        capture = copy.capture(Scope(["*"]))
        commit = repository.commit(parent, capture.changes, "x", when=1)
        assert capture.outside == ()
        assert regular_files(trees.place("candidate", commit)) == left
        assert trees.clean() == ()
        if kept:
            parent = commit
    trees.release()


ENTRIES = st.dictionaries(
    st.binary(min_size=1, max_size=6).filter(lambda name: b"\0" not in name and b"/" not in name),
    st.builds(Entry, st.sampled_from(["100644", "40000", "120000", "160000"]), st.just("ab" * 20)),
)


@given(entries=ENTRIES)
def test_tree_comes_back_as_written(entries):
    assert read_tree(write_tree(entries), "sha1") == entries
