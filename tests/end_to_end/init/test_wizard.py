"""init on a terminal asks with what it found, asks again on a mistake, shows the contract, and leaves nothing when given up."""

import os

import pytest

from autoexp.spec import load
from tests.end_to_end.conftest import Project
from tests.end_to_end.init.terminals import Terminal


def at_terminal(project: Project, *arguments: str) -> Terminal:
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
    return Terminal(["init", "--allow-unsandboxed", *arguments], project.path, environ)


def test_mistakes_are_asked_again_and_the_contract_is_shown_before_it_is_written(sorting: Project) -> None:
    with at_terminal(sorting) as terminal:
        terminal.answers("What should get better?", "Sort faster")
        terminal.answers("Which command measures it? [scripts/bench.sh]", "scripts/bnch.sh")
        terminal.sees("did you mean scripts/bench.sh?")
        terminal.answers("Which command measures it?")
        terminal.answers("Run it once now")
        terminal.sees("printed one number")
        terminal.answers("Which metric decides? [value]", "two words")
        terminal.sees("a name has letters")
        terminal.answers("Which metric decides?", "sort_us")
        terminal.answers("Is lower or higher better? [lower]", "down")
        terminal.sees("write lower or higher")
        terminal.answers("Is lower or higher better?", "lower")
        terminal.answers("Which paths may be changed?", "scr/sorting.py")
        terminal.sees("no file of HEAD matches scr/sorting.py")
        terminal.answers("Which paths may be changed?")
        terminal.sees("1 file may change: src/sorting.py")
        terminal.answers("Which command checks that it is still right?", "scripts/tset.sh")
        terminal.sees("there is no file scripts/tset.sh")
        terminal.answers("Which command checks that it is still right? (none: no checks) [sh scripts/test.sh]")
        terminal.answers("Who proposes changes?", "agent clod")
        terminal.sees("there is no agent clod")
        terminal.answers("Who proposes changes?", "sh propose.sh")
        terminal.sees("command: sh propose.sh")
        assert not (sorting.path / "autoexp.yaml").exists()
        terminal.answers("Write this to")
        terminal.sees("next: autoexp check")
        assert terminal.ends() == 0
    spec = load((sorting.path / "autoexp.yaml").read_text())
    assert (spec.goal, spec.harness.measure, spec.harness.checks) == (
        "Sort faster",
        "scripts/bench.sh",
        "sh scripts/test.sh",
    )
    assert (spec.primary, spec.lower_is_better, spec.scope.edit) == ("sort_us", True, ("src/sorting.py",))
    assert spec.harness.metrics == "number"
    assert spec.proposer is not None
    assert spec.proposer.options == {"command": "sh propose.sh"}


def test_no_at_the_end_writes_nothing(sorting: Project) -> None:
    said = ("Sort faster", "--measure", "scripts/bench.sh", "--metric", "t", "--direction", "lower", "--no-try")
    with at_terminal(sorting, *said, "--edit", "src/sorting.py", "--checks", "true", "--propose", "true") as terminal:
        terminal.answers("Write this to", "n")
        assert terminal.ends() == 130
    assert sorting.git("status", "--porcelain") == ""


@pytest.mark.parametrize("how", ["interrupts", pytest.param("closes", marks=pytest.mark.long)])
def test_interrupt_and_end_of_input_leave_nothing(sorting: Project, how: str) -> None:
    with at_terminal(sorting) as terminal:
        terminal.sees("What should get better?")
        getattr(terminal, how)()
        assert terminal.ends() == 130
        assert "Traceback" not in terminal.shown
    assert sorting.git("status", "--porcelain") == ""
