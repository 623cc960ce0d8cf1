"""kill -9 at every named point of every kind of experiment and session: the campaign ends as if it had never been killed."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoexp.engine.faults import POINTS, STEPS, points
from autoexp.engine.tidying import AT_END
from autoexp.testing.fake_model import FakeModel
from tests.durability.laws import decided, lawful, left_running
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import CONTRACT, Project, made, write
from tests.end_to_end.modelled import by_model
from tests.end_to_end.test_checkpoints import lucky, one_shot
from tests.end_to_end.test_kill_mended import mending

HOLDOUT = 'read -r x < value.txt\necho "METRIC held=$x"\n'
EDITS = [write(90), write(95), write(80), write("crash"), write(13), write(70)]
FIRST_RUN = 'if [ -n "$name" ] && [ ! -e "$NOTES/$name" ]; then : > "$NOTES/$name"; luck=0.9; fi'
FIRST_SEED = """\
if [ -n "$name" ] && [ ! -e "$NOTES/$name" ]; then echo "$AUTOEXP_SEED" > "$NOTES/$name"; fi
if [ -n "$name" ] && [ "$(cat "$NOTES/$name")" = "$AUTOEXP_SEED" ]; then luck=0.9; fi"""
SCRIPTED = [
    ("baseline", "keep"),
    ("value 90", "keep"),
    ("value 95", "discard"),
    ("value 80", "keep"),
    ("value crash", "crash"),
    ("value 13", "guard_failed"),
    ("value 70", "keep"),
]


@dataclass(frozen=True)
class Situation:
    """Where in a campaign the process is killed, what it cannot reach there, and what is decided in the end.

    `at` is what follows the name of a point: `:3` for experiment 3, nothing for the first time that it is reached.
    """

    make: Callable[[Path, Helper], Project]
    decided: list[tuple[str, str]]
    at: str = ""
    without: tuple[str, ...] = ()
    begin: Callable[[Project], None] = lambda project: None
    code: int = 0


def scripted(folder: Path, helper: Helper) -> Project:
    """Make a project whose experiments are kept, discarded, crashed and refused by a guard, with checks and a holdout."""
    project = made(folder, helper)
    (project.path / "holdout.sh").write_text(HOLDOUT)
    project.git("add", "holdout.sh")
    project.git("commit", "-qm", "a holdout")
    project.contract(CONTRACT.replace("  timeout: 5s", "  timeout: 5s\n  holdout: sh holdout.sh"))
    project.edits(*EDITS)
    return project


def again(project: Project) -> None:
    """End a first session after two experiments, change the contract, and leave a hint."""
    project.run("run", "--experiments", "2")
    text = (project.path / "autoexp.yaml").read_text()
    project.contract(text.replace("timeout: 5s", "timeout: 6s"))
    project.run("hint", "smaller numbers are smaller")


def crowded(project: Project) -> None:
    """End a first session after two experiments, and give the campaign so many refs that they are packed at the end of the next one."""
    project.run("run", "--experiments", "2")
    best = project.refs()["best"]
    lines = "".join(f"create refs/autoexp/demo/attempt/1-try-{i} {best}\n" for i in range(1000, 1000 + AT_END))
    subprocess.run(["git", "-C", project.path, "update-ref", "--stdin"], input=lines, text=True, check=True)


def refuted(folder: Path, helper: Helper) -> Project:
    """Make a project whose only keep is luck, which a checkpoint test takes out. A run that is taken again has the luck of the first."""
    project = one_shot(folder, helper)
    text = (project.path / "bench.sh").read_text()
    (project.path / "bench.sh").write_text(text.replace(FIRST_RUN, FIRST_SEED))
    assert FIRST_SEED in (project.path / "bench.sh").read_text()
    project.git("commit", "-qam", "luck by the seed")
    project.edits(*lucky(1))
    return project


EXPERIMENT = (
    "start",
    "open",
    "session",
    "segment",
    "baseline",
    "mirror",
    "tail",
    "request",
    "withdraw",
    "pack",
    "stopped",
    "close",
)
"""Steps that no experiment goes through."""

SITUATIONS = {
    "kept": Situation(scripted, SCRIPTED, at=":3", without=(*EXPERIMENT, "mend")),
    "discarded": Situation(scripted, SCRIPTED, at=":2", without=(*EXPERIMENT, "mend", "holdout", "branch")),
    "crashed": Situation(scripted, SCRIPTED, at=":4", without=(*EXPERIMENT, "mend", "checks", "holdout", "branch")),
    "first session": Situation(scripted, SCRIPTED, without=("mend", "request", "pack")),
    "later session": Situation(
        scripted, [*SCRIPTED[:3], ("baseline", "keep"), *SCRIPTED[3:]], without=("mend", "open", "pack"), begin=again
    ),
    "recovery": Situation(
        scripted,
        SCRIPTED,
        without=("mend", "open", "segment", "baseline", "mirror", "request", "pack"),
        begin=lambda project: project.killed("after-sample:3"),
    ),
    "many refs": Situation(scripted, SCRIPTED, without=tuple(step for step in STEPS if step != "pack"), begin=crowded),
    "checkpoint test": Situation(
        refuted,
        [("baseline", "keep"), ("luck 1", "discard"), ("checkpoint test of experiment 1", "discard")],
        at=":3",
        without=(*EXPERIMENT, "mend", "propose", "checks", "holdout"),
    ),
    "mended": Situation(
        made,
        [("baseline", "keep"), ("value 90", "keep"), ("value 80", "keep"), ("value 85", "discard")],
        at=":3",
        without=(*EXPERIMENT, "holdout", "branch"),
        code=3,
    ),
}
CASES = [
    (name, point)
    for name, situation in SITUATIONS.items()
    for point in points(step for step in STEPS if step not in situation.without)
]
SHORT = {
    ("first session", "before-open"),
    ("first session", "after-segment"),
    ("first session", "before-mirror"),
    ("kept", "after-sample"),
    ("kept", "before-branch"),
    ("later session", "after-request"),
    ("recovery", "after-keep"),
}


@contextmanager
def campaign(name: str, folder: Path, helper: Helper) -> Iterator[Project]:
    """Give the project of a situation, at the beginning of the session that is killed."""
    situation = SITUATIONS[name]
    project = situation.make(folder, helper)
    if name == "mended":
        with FakeModel(handler=mending, cost=0.5) as model:
            by_model(project, model, budget=", experiments: 3")
            yield project
        return
    situation.begin(project)
    yield project


def settled(name: str, project: Project) -> None:
    """Hold what must be true in the end."""
    found = decided(lawful(project))
    assert [(description, status) for description, status, _ in found] == SITUATIONS[name].decided
    assert left_running(project) == []
    assert project.git("status", "--porcelain", "--untracked-files=no") == ""


def test_every_point_is_reached_in_some_situation() -> None:
    assert {point for _, point in CASES} == set(POINTS)
    assert set(CASES) >= SHORT


@pytest.mark.long
@pytest.mark.parametrize("name", SITUATIONS)
def test_campaign_that_nobody_kills_decides_so(tmp_path: Path, helper: Helper, name: str) -> None:
    with campaign(name, tmp_path, helper) as project:
        project.run("run", code=SITUATIONS[name].code)
        settled(name, project)


@pytest.mark.parametrize(
    ("name", "point"), [pytest.param(*case, marks=() if case in SHORT else pytest.mark.long) for case in CASES]
)
def test_campaign_goes_on_as_if_never_killed(tmp_path: Path, helper: Helper, name: str, point: str) -> None:
    with campaign(name, tmp_path, helper) as project:
        project.killed(f"{point}{SITUATIONS[name].at}")
        project.run("run", code=SITUATIONS[name].code)
        settled(name, project)
