"""Numbers on screens: what they are of, and nothing that contradicts what stands beside it."""

import pytest

from autoexp.api.showing import compared_of
from autoexp.briefs import as_markdown
from autoexp.campaign.drift import FOOTNOTE, any_contrary, is_contrary
from autoexp.campaign.rows import rows
from autoexp.campaign.views import brief_for
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Directive
from autoexp.faces.cli.progress import Plain
from tests.builders import Tape
from tests.end_to_end.conftest import Project, write


def test_call_that_goes_on_counts_its_own_experiments_and_all(project: Project) -> None:
    project.edits(write(90), write(95), write(80), write(70))
    assert project.run("run", "--experiments", "3").splitlines()[-1].startswith("3 experiments, 2 kept, best so far 80")
    assert "\n1 experiment in this call, 4 in all; 3 kept, best so far 70" in project.run("run")


def test_campaign_with_nothing_left_to_propose_foretells_nothing(project: Project) -> None:
    project.edits(write(90), write(95), write(80), write(70))
    contract = (project.path / "autoexp.yaml").read_text()
    project.contract(contract.replace("budget: {", "budget: {experiments: 40, "))
    project.run("run", "--experiments", "3")
    resting = project.run("status")
    assert "more keeps" in resting
    assert "ends by" in resting
    project.run("run")
    ended = project.run("status")
    assert "going on     nothing is left to propose; `autoexp run` asks the proposer again" in ended
    assert "more keeps" not in ended
    assert "ends by" not in ended


def test_experiment_tells_its_checks_and_both_sides_that_its_effect_is_of(project: Project) -> None:
    project.edits(write(90), write(2), write("crash"))
    project.run("run")
    kept, failed, crashed = (project.run("show", str(n)) for n in (1, 2, 3))
    assert "checks       passed\n" in kept
    assert "compared     x: this change 90 (1 run); the best so far by its earlier runs\n" in kept
    assert "checks       failed (checks_failed)\n" in failed
    assert "checks       not run: it ended before, as crash\n" in crashed
    assert project.shown(2)["compared"] is None


def test_effect_is_of_the_runs_of_both_sides_in_turns() -> None:
    tape = Tape().open(values=(95.5, 95.6))
    tape.intent()
    tape.propose()
    for i, (ours, theirs) in enumerate(((95.1, 94.9), (95.3, 95.1))):
        tape.sample(ours, i=i)
        tape.sample(theirs, i=i, side=Side.INCUMBENT)
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.DISCARD, effect=-0.002))
    found = compared_of(tape.state, tape.state.experiments[-1])
    assert found is not None
    assert found["candidate"] == {"mean": pytest.approx(95.2), "runs": 2}
    assert found["incumbent"] == {"mean": pytest.approx(95.0), "runs": 2}


def test_effect_contrary_to_the_plain_difference_has_a_footnote() -> None:
    assert is_contrary(95.2, 95.5, -0.002, lower_is_better=True)
    assert not is_contrary(95.2, 95.5, 0.002, lower_is_better=True)
    assert is_contrary(95.2, 95.5, 0.002, lower_is_better=False)
    for effect, noted in ((-0.01, True), (0.01, False)):
        tape = Tape().open(values=(10.0, 10.0))
        tape.experiment(9.9, effect=effect)
        state = tape.state
        assert any_contrary(state, list(rows(state))) is noted
        told = as_markdown(brief_for(state, Directive(), goal="g", program="", scope=("a",)))
        assert (FOOTNOTE in told) is noted


def test_number_that_names_no_experiment_is_explained(project: Project) -> None:
    project.edits(write(90), write(80))
    project.run("run")
    refused = project.run("show", "3", code=2)
    assert "there is no experiment 3: its number was used up by asking a proposer that had nothing left" in refused
    assert "up to 2" in refused
    assert ", 2 experiments)" in project.run("repair")


def test_long_experiment_says_now_and_then_that_it_goes_on(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    tape = Tape().open()
    tape.intent()
    tape.propose()
    watcher = Plain()
    for i in range(45):
        tape.sample(9.0, i=i)
        watcher.recorded(tape.records[-1], tape.state)
    told = capfdbinary.readouterr().out.decode().splitlines()
    assert told == [f"experiment 1: still measuring, run {run}" for run in (20, 40)]
