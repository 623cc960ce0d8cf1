"""A journal written by format 1 folds for ever to the same numbers. The file is never made again."""

from pathlib import Path

import pytest

from autoexp.campaign.fold import fold_all
from autoexp.campaign.rows import rows
from autoexp.campaign.summary import summary
from autoexp.experiment.measurement import Side
from autoexp.stores.reading import read_from

JOURNAL = Path(__file__).parent / "fixtures" / "journal-v1.jsonl"


@pytest.fixture(scope="module")
def state():
    return fold_all(item[0] for item in read_from(JOURNAL))


def test_old_file_still_gives_every_experiment_with_its_status(state):
    assert [(row["n"], row["status"], row["metric"]) for row in rows(state)] == [
        (0, "keep", 1000.0),
        (1, "keep", 800.0),
        (2, "discard", 900.0),
        (3, "guard_failed", 10.0),
        (4, "crash", None),
        (5, "timeout", None),
        (6, "checks_failed", 700.0),
        (7, "no_change", None),
        (8, "proposer_error", None),
        (9, "interrupted", None),
        (0, "keep", 800.0),
        (10, "keep", 600.0),
        (11, "inconclusive", 590.0),
        (12, "out_of_scope", None),
        (13, "infra_error", None),
    ]


def test_old_file_still_gives_the_same_summary(state):
    found = summary(state, running=False)
    assert found["in_loop_gain"] == pytest.approx(0.4)
    assert found["cost_usd"] == pytest.approx(1.26)
    numbers = ("experiments", "kept", "samples_used", "tokens", "active_s", "segment", "deterministic", "noise")
    assert [found[key] for key in numbers] == [10, 2, 26, 12600, 210.0, 1, False, 0.0025]
    assert (found["state"], found["stop_reason"]) == ("stopped", "exhausted")
    assert found["incumbent"] == {
        "commit": f"{10:040x}",
        "n": 10,
        "metrics": {"calls": 600.0, "rows": 100.0, "memory_mb": 41.0},
    }


def test_old_file_still_gives_what_was_said_and_measured(state):
    first, unsure = state.experiments[0], state.experiments[10]
    assert first.proposal.asi == {"kind": "cache", "note": ["é", 1, None]}
    assert [sample.values["calls"] for sample in unsure.of_side(Side.INCUMBENT)] == [600.0, 640.0, 560.0]
    assert unsure.decision.flags == ("provisional",)
    assert state.segments[0].spec["harness"]["timeout_s"] == 60.0


def test_old_file_still_counts_no_time_between_its_sessions(state):
    assert [round(experiment.wall_time_s) for experiment in state.experiments[7:10]] == [4, 12, 22]
