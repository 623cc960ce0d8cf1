"""Journals that real campaigns wrote before the record could be repaired fold for ever to the same numbers. They are never made again."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.rows import rows
from autoexp.campaign.summary import summary
from autoexp.stores.reading import Torn, read_from

FOLDER = Path(__file__).parent / "fixtures" / "journals"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def records(name: str) -> list[ev.Record]:
    found = list(read_from(FOLDER / f"{name}.jsonl"))
    assert not any(isinstance(item, Torn) for item in found)
    return [item[0] for item in found if not isinstance(item, Torn)]


def holds(found: Any, expected: Any, where: str = "") -> None:
    """Hold everything that is expected; keys that later versions add may stand beside it."""
    if isinstance(expected, dict):
        assert expected.keys() <= found.keys(), where
        for key, value in expected.items():
            holds(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        assert len(found) == len(expected), where
        for i, (one, other) in enumerate(zip(found, expected, strict=True)):
            holds(one, other, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected), where
    else:
        assert found == expected, where


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_journal_still_gives_the_same_rows_and_status(name: str) -> None:
    state = fold_all(records(name))
    plain = json.loads(json.dumps({"rows": list(rows(state)), "status": summary(state, running=False)}))
    holds(plain, EXPECTED[name], name)


def test_journals_hold_events_of_every_kind() -> None:
    held = {type(record.event) for name in EXPECTED for record in records(name)}
    v1 = {ev.CampaignOpened, ev.SessionOpened, ev.SegmentOpened, ev.BaselineMeasured, ev.Intent, ev.Proposed}
    assert held >= v1 | {
        ev.Waiting,
        ev.MendAsked,
        ev.Captured,
        ev.SampleTaken,
        ev.ChecksRun,
        ev.HoldoutRun,
        ev.Decided,
        ev.Done,
        ev.Withdrawn,
        ev.Noted,
        ev.Answered,
        ev.Reviewed,
        ev.Hinted,
        ev.HintsCleared,
        ev.IdeaAdded,
        ev.IdeaDropped,
        ev.SessionClosed,
        ev.Stopped,
    }
