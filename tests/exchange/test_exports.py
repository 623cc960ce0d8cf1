"""The export files: appended while a campaign runs, the same bytes as written whole."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.builders import Tape, tapes
from tests.campaign.test_knowledge import campaigns

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold
from autoexp.campaign.state import CampaignState
from autoexp.exchange.exports import Exports, exports_home, text_of
from autoexp.experiment.records import Proposal

NAMES = ("results.tsv", "experiments.jsonl")


def follow(tape, exports, state=None, start=0):
    """Do what a session does: write whole at a baseline, append at each end."""
    state = state or CampaignState()
    for record in tape.records[start:]:
        state = fold(state, record)
        if isinstance(record.event, ev.BaselineMeasured):
            exports.rewrite(state)
        elif isinstance(record.event, ev.Done):
            exports.append_last(state)
    return state


@given(tapes())
def test_appended_file_is_the_file_written_whole(tape):
    with tempfile.TemporaryDirectory() as home:
        exports = Exports(Path(home), "demo", NAMES)
        state = follow(tape, exports)
        for name in NAMES:
            assert (exports.folder / name).read_bytes() == text_of(name, state).encode()


@pytest.fixture
def exports(tmp_path):
    return Exports(tmp_path / ".autoexp", "demo", NAMES)


@pytest.fixture
def tape():
    tape = Tape().open()
    tape.experiment(proposal=Proposal(description="caf\udce9 \ud83d"))
    return tape


def test_equal_file_is_left_alone(exports, tape):
    state = follow(tape, exports)
    before = [(exports.folder / name).stat().st_ino for name in NAMES]
    exports.rewrite(state)
    assert [(exports.folder / name).stat().st_ino for name in NAMES] == before


def test_changed_file_is_written_again_whole(exports, tape):
    state = follow(tape, exports)
    (exports.folder / "results.tsv").write_bytes(b"\xff spoilt")
    exports.rewrite(state)
    assert (exports.folder / "results.tsv").read_bytes() == text_of("results.tsv", state).encode()


def test_nothing_is_left_beside_the_files(exports, tape):
    exports.rewrite(follow(tape, exports))
    assert sorted(path.name for path in exports.folder.iterdir()) == sorted(NAMES)


def test_removed_file_is_made_again_at_the_next_experiment(exports, tape):
    state = follow(tape, exports)
    (exports.folder / "experiments.jsonl").unlink()
    length = len(tape.records)
    tape.experiment()
    state = follow(tape, exports, state, length)
    for name in NAMES:
        assert (exports.folder / name).read_bytes() == text_of(name, state).encode()


def test_file_named_twice_is_written_once(tmp_path, tape):
    exports = Exports(tmp_path, "demo", ("results.tsv", "results.tsv"))
    state = follow(tape, exports)
    assert (exports.folder / "results.tsv").read_text() == text_of("results.tsv", state)


def test_folder_keeps_itself_out_of_the_repository(exports, tape):
    follow(tape, exports)
    assert (exports.folder.parent / ".gitignore").read_text().endswith("\n*\n")


def test_gitignore_of_the_user_is_left_alone(exports, tape):
    exports.folder.parent.mkdir()
    (exports.folder.parent / ".gitignore").write_text("mine\n")
    follow(tape, exports)
    assert (exports.folder.parent / ".gitignore").read_text() == "mine\n"


def test_campaign_without_exports_writes_nothing(tmp_path, tape):
    follow(tape, Exports(tmp_path / ".autoexp", "demo", ()))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_before_the_first_baseline(exports):
    assert exports.rewrite(CampaignState()) == []
    exports.append_last(CampaignState())
    assert not exports.folder.exists()


def test_exports_lie_at_the_root_of_the_checkout_or_inside_a_bare_repository(tmp_path):
    assert exports_home(tmp_path, tmp_path / ".git") == tmp_path / ".autoexp"
    assert exports_home(None, tmp_path) == tmp_path / "autoexp" / "exports"


# --- going on with files that a session before has left


def step(exports, state, record):
    """Do what a session does with one record."""
    state = fold(state, record)
    match record.event:
        case ev.SegmentOpened() | ev.CampaignOpened():
            exports.forget()
        case ev.BaselineMeasured():
            exports.rewrite(state)
        case ev.Reviewed(n=n):
            exports.rewrite(state, since=state.experiments.place_of(n) or 0)
        case ev.Done() if state.experiments[-1].tests:
            exports.rewrite(state, since=state.experiments.place_of(state.experiments[-1].tests[0]))
        case ev.Done():
            exports.append_last(state)
    return state


@settings(deadline=None, max_examples=15)
@given(tapes() | campaigns())
def test_file_written_anew_from_some_row_on_is_the_file_written_whole(tape):
    with tempfile.TemporaryDirectory() as home:
        exports, state = Exports(Path(home), "demo", NAMES), CampaignState()
        for record in tape.records:
            state = step(exports, state, record)
            if isinstance(record.event, ev.BaselineMeasured | ev.Reviewed | ev.Done):
                for name in NAMES:
                    assert (exports.folder / name).read_bytes() == text_of(name, state).encode()


def again(exports, state, marks, since):
    """Begin another session."""
    later = Exports(exports.folder.parent, "demo", NAMES)
    later.go_on(marks, state, since=since)
    return later


def whole(exports, state):
    return all((exports.folder / name).read_bytes() == text_of(name, state).encode() for name in NAMES)


def test_file_in_step_is_taken_up_without_looking_at_old_experiments(exports, tape, monkeypatch):
    state = follow(tape, exports)
    later = again(exports, state, exports.marks, len(state.experiments))
    monkeypatch.setattr("autoexp.exchange.exports.rows", None)
    later.keep(state)
    assert later.marks == exports.marks


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_rows_that_a_killed_session_did_not_write_are_added(exports, tape, missing):
    state = follow(tape, exports)
    marks, since, length = exports.marks, len(state.experiments), len(tape.records)
    for _ in range(2):
        tape.experiment()
    full = follow(tape, exports, state, length)
    for name in NAMES:
        lines = (exports.folder / name).read_bytes().splitlines(keepends=True)
        (exports.folder / name).write_bytes(b"".join(lines[: len(lines) - missing]))
    later = again(exports, full, marks, since)
    assert set(later.marks) == set(NAMES)
    assert whole(later, full)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-3]),
        lambda path: path.write_bytes(path.read_bytes() + b"more\n"),
        lambda path: path.write_bytes(path.read_bytes().replace(b"e", b"E", 1)),
    ],
)
def test_file_that_somebody_changed_while_nothing_ran_is_written_whole(exports, tape, damage):
    state = follow(tape, exports)
    damage(exports.folder / "results.tsv")
    later = again(exports, state, exports.marks, len(state.experiments))
    assert set(later.marks) == {"experiments.jsonl"}
    later.keep(state)
    assert whole(later, state)


def test_file_that_somebody_changed_while_a_session_ran_is_written_whole_at_its_end(exports, tape):
    state = follow(tape, exports)
    (exports.folder / "results.tsv").write_bytes(b"mine\n")
    exports.keep(state)
    assert whole(exports, state)


@pytest.mark.parametrize("marks", [{}, {"results.tsv": [0, ""]}, {"results.tsv": [10**9, "x"]}])
def test_file_without_its_mark_is_not_taken_up(exports, tape, marks):
    state = follow(tape, exports)
    assert again(exports, state, marks, len(state.experiments)).marks == {}
