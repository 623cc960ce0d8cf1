"""An accepted change goes on top of the best so far only where nothing of the best would be lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.engine.candidates import unfit
from autoexp.workspaces import Change, Entry

OLD, NEW, OTHER = (Entry("100644", letter * 40) for letter in "abc")


@pytest.mark.parametrize(
    ("changes", "now", "moved"),
    [
        ([Change("f", OLD, NEW)], {"f": OLD}, []),
        ([Change("f", OLD, NEW)], {"f": OTHER}, ["f"]),
        ([Change("f", OLD, NEW)], {"f": NEW}, ["f"]),
        ([Change("f", OLD, NEW)], {}, ["f"]),
        ([Change("f", OLD, None)], {"f": OLD, "g": OTHER}, []),
        ([Change("f", None, NEW)], {"g": OTHER}, []),
        ([Change("f", None, NEW)], {"f": OTHER}, ["f"]),
        ([Change("d/f", None, NEW)], {"d": OTHER}, ["d/f"]),
        ([Change("d/f", None, NEW), Change("d", OLD, None)], {"d": OLD}, []),
        ([Change("d", None, NEW)], {"d/f": OTHER}, ["d"]),
        ([Change("d", None, NEW), Change("d/f", OLD, None)], {"d/f": OLD}, []),
        ([Change("d", None, NEW), Change("d/f", OLD, None)], {"d/f": OLD, "d/g": OTHER}, ["d"]),
        ([Change("f", OLD, Entry("100755", OLD.oid))], {"f": Entry("100755", OLD.oid)}, ["f"]),
    ],
)
def test_paths_that_do_not_fit_are_named(changes, now, moved) -> None:
    assert unfit(changes, now) == moved


names = st.sampled_from(["a", "b", "a/x", "a/y", "b/x/y", "c"])


@given(before=st.sets(names), ours=st.sets(names), theirs=st.sets(names))
def test_what_fits_leaves_all_else_as_it_was(before, ours, theirs) -> None:
    """Merge by the changes alone: every other path of the best is still there, and no file is where a folder is."""
    before, ours, theirs = (
        {name for name in tree if not any(name.startswith(f"{other}/") for other in tree)}
        for tree in (before, ours, theirs)
    )
    changes = [
        Change(name, OLD if name in before else None, NEW if name in ours else None) for name in sorted(before ^ ours)
    ]
    best = dict.fromkeys(theirs, OLD)
    if not changes or unfit(changes, best):
        return
    changed = {change.path for change in changes}
    merged = (set(best) - changed) | {change.path for change in changes if change.new is not None}
    assert not any(name.startswith(f"{other}/") for name in merged for other in merged)
    assert set(best) - changed <= merged
