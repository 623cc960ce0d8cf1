"""The folder in which a proposer remembers its work: as long as one experiment, and for nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.engine.conftest import Bench

from autoexp.campaign.views import Brief
from autoexp.experiment.records import Proposal
from autoexp.ports import Desk, NothingLeft, Unavailable

Said = int | str | Exception


@dataclass
class Remembering:
    """Proposes values in the order of its calls, and notes what it finds in its home before it leaves something there."""

    values: Sequence[Said]
    repairs: int = 1
    patience_s: float = 60.0
    found: list[list[str]] = field(default_factory=list)
    homes: list[Path] = field(default_factory=list)

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        asked = len(self.found)
        if asked >= len(self.values):
            raise NothingLeft
        assert desk.home is not None
        self.homes.append(desk.home)
        self.found.append(sorted(path.name for path in desk.home.iterdir()))
        (desk.home / f"left-{asked}").mkdir(mode=0o500)
        value = self.values[asked]
        if isinstance(value, Exception):
            raise value
        (desk.workspace / "value.txt").write_text(f"{value}\n")
        return Proposal(description=f"value {value}")


def test_each_experiment_has_a_home_of_its_own_and_none_is_left(bench: Bench) -> None:
    bench.proposer = remembering = Remembering([90, 95, 80])
    bench.session()
    assert remembering.found == [[], [], []]
    bench.proposer = again = Remembering([70])
    bench.session()
    assert again.found == [[]]


def test_home_is_kept_for_the_mend_of_a_change(bench: Bench) -> None:
    bench.proposer = remembering = Remembering(["crash here", 90, 80])
    assert [one.status for one in bench.session().experiments] == ["keep", "keep"]
    assert remembering.found == [[], ["left-0"], []]


def test_home_is_kept_while_a_service_is_waited_for(bench: Bench) -> None:
    away = Unavailable("429", kind="rate_limit", retry_after_s=0.0)
    bench.proposer = remembering = Remembering([away, 90])
    bench.session()
    assert remembering.found == [[], ["left-0"]]


def test_home_that_a_killed_session_left_is_gone_when_the_next_begins(bench: Bench) -> None:
    bench.proposer = Remembering(["crash here", KeyError("killed")])
    with pytest.raises(KeyError):
        bench.session()
    assert (bench.cache / "home").exists()
    bench.proposer = again = Remembering([90])
    bench.session()
    assert again.found == [[]]


def test_home_lies_outside_of_the_copy_the_outputs_and_the_repository(bench: Bench) -> None:
    bench.proposer = remembering = Remembering([90])
    bench.session()
    (home,) = remembering.homes
    assert bench.repository.root is not None
    others = (bench.cache / "propose", bench.cache / "desk", bench.repository.root, bench.repository.common_dir)
    assert not any(home.is_relative_to(place) or place.is_relative_to(home) for place in others)
