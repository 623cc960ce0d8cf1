"""What is put on record of a change."""

from tests.engine.conftest import Bench

from autoexp.campaign.state import CampaignState
from autoexp.ports import Desk


def longer(desk: Desk) -> None:
    (desk.workspace / "value.txt").write_text("90\n\n\n")


def changes(state: CampaignState) -> list[tuple[int, int, int, int]]:
    found = [experiment.candidate for experiment in state.experiments]
    return [(c.lines_added, c.lines_removed, c.net_lines, c.diff_lines) for c in found if c is not None]


def test_lines_of_a_change_are_counted_against_its_parent(bench: Bench) -> None:
    bench.values = (longer, 95, 80)
    assert changes(bench.session()) == [(3, 1, 2, 4), (1, 3, -2, 4), (1, 3, -2, 4)]
