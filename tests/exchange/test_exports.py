"""The export files: appended while a campaign runs, the same bytes as written whole."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from tests.builders import Tape, tapes

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
