"""kill -9 at random moments of a real campaign: nothing is lost, doubled, left running or decided otherwise."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoexp.engine.cache import campaign_identity
from autoexp.processes.sandbox import ladder
from tests.durability.campaigns import begun, copied, edits, noisy
from tests.durability.killing import Pace, Tally, hunted, paced, scratch_left, tell
from tests.durability.laws import checkout_of, decided, in_cache, lawful, left_running
from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import Project, write

EXPERIMENTS, KILLS, BETWEEN, CAMPAIGNS = 60, 10, 5, 5
"""Of the long form: experiments of a campaign, kills of each, experiments between two of them, and campaigns of a kind."""


def bubblewrapped() -> str:
    """Give the level bwrap, or none where it does not hold."""
    return next(("bwrap" for rung in ladder.rungs(os.environ["PATH"]) if rung.level == "bwrap" and rung.holds), "none")


@dataclass(frozen=True)
class Undisturbed:
    """A campaign that nobody killed: what was decided, what it left in the cache, and how long it took."""

    decided: list[tuple[str, str, float | None]]
    tree: str
    cache: set[str]
    pace: Pace


def undisturbed(project: Project, folder: Path) -> Undisturbed:
    """Run a copy of a campaign in peace; `project` itself stays as it is."""
    calm = copied(project, folder)
    pace = paced(calm)
    rows = lawful(calm)
    assert left_running(calm) == []
    assert scratch_left(calm) == []
    return Undisturbed(decided(rows), calm.git("rev-parse", "autoexp/demo^{tree}"), in_cache(calm), pace)


def hunt(project: Project, calm: Undisturbed, rng: random.Random, *, kills: int, between: int) -> Tally:
    """Kill a campaign at random moments, and hold everything that must be true of it in the end."""
    before = checkout_of(project)
    tally = hunted(project, rng, calm.pace, kills=kills, between=between)
    rows = lawful(project)
    assert decided(rows) == calm.decided
    assert project.git("rev-parse", "autoexp/demo^{tree}") == calm.tree
    assert checkout_of(project) == before
    assert in_cache(project) == calm.cache
    assert left_running(project) == []
    assert scratch_left(project) == []
    project.git("fsck", "--strict", "--no-dangling")
    return tally


def known(project: Project, seed: int, count: int, *, hangs: int = 1) -> list[str]:
    """Give a project edits of all kinds, and the statuses that they must end with."""
    made = edits(seed, count, hangs=hangs)
    project.edits(*(edit for edit, _ in made))
    return ["keep", *(status for _, status in made)]


def test_killed_campaign_ends_like_one_that_was_not(tmp_path: Path, helper: Helper) -> None:
    project = begun(tmp_path, helper)
    expected = known(project, 1, 20, hangs=0)
    calm = undisturbed(project, tmp_path / "calm")
    assert [status for _, status, _ in calm.decided] == expected
    tally = hunt(project, calm, random.Random(1), kills=8, between=2)
    assert tally.kills >= 4
    tell(f"scripted, level none: {tally}")


def figures(campaigns: Iterator[Tally], *, wanted: int) -> None:
    """Hunt campaigns until there were as many kills as wanted, and print what happened to them."""
    total, count = Tally(), 0
    for tally in campaigns:
        total, count = total + tally, count + 1
        tell(f"  {tally}")
        if total.kills >= wanted:
            break
    tell(f"{count} campaigns: {total}")
    assert total.kills >= wanted
    assert total.orphans == 0


def hunts(base: Path, helper: Helper, make: Callable[[Path, Helper], tuple[Project, list[str]]]) -> Iterator[Tally]:
    """Hunt copies of one campaign, one after the other, each with another seed."""
    (base / "first").mkdir()
    project, expected = make(base / "first", helper)
    calm = undisturbed(project, base / "calm")
    if expected:
        assert [status for _, status, _ in calm.decided] == expected
    for seed in range(2 * CAMPAIGNS):
        yield hunt(copied(project, base / str(seed)), calm, random.Random(seed), kills=KILLS, between=BETWEEN)


@pytest.mark.long
@pytest.mark.parametrize("level", ["none", "bwrap"])
def test_fifty_kills_in_campaigns_of_sixty_experiments(tmp_path: Path, helper: Helper, level: str) -> None:
    if level == "bwrap" and bubblewrapped() != level:
        pytest.skip("the level bwrap does not hold on this machine")

    def make(folder: Path, helper: Helper) -> tuple[Project, list[str]]:
        project = begun(folder, helper, level=level)
        return project, known(project, 7, EXPERIMENTS)

    tell(f"scripted, level {level}:")
    figures(hunts(tmp_path, helper, make), wanted=KILLS * CAMPAIGNS)


@pytest.mark.long
def test_noisy_campaign_by_the_sequential_rule_decides_the_same(tmp_path: Path, helper: Helper) -> None:
    def make(folder: Path, helper: Helper) -> tuple[Project, list[str]]:
        project, rng = noisy(folder, helper), random.Random(3)
        values = [rng.randrange(80_000, 110_000) for _ in range(19)]
        project.edits(*(write(value, description=f"{i}: {value}") for i, value in enumerate([*values, "crash"], 1)))
        return project, []

    tell("sequential rule, noisy:")
    figures(hunts(tmp_path, helper, make), wanted=2 * KILLS)


# --- what is left running is seen


def test_nothing_of_a_campaign_runs_before_it_begins(project: Project) -> None:
    assert left_running(project) == []


@pytest.mark.parametrize("by", ["mark", "folder", "argument", "child"])
def test_what_is_left_running_is_seen(project: Project, by: str) -> None:
    """A look that sees nothing proves nothing: each way in which a process belongs to a campaign is found by itself."""
    environ, cwd, words = dict(os.environ), "/", ["sleep", "60"]
    identity = campaign_identity((project.path / ".git").resolve(), "demo")
    match by:
        case "mark":
            environ["AUTOEXP_RUN"] = f"{identity}:1:00000001"
        case "folder":
            (project.cache / "propose").mkdir(parents=True)
            cwd = str(project.cache / "propose")
        case "argument":
            words = [sys.executable, "-c", "import time; time.sleep(60)", str(project.cache / "measure")]
        case _:
            environ["AUTOEXP_RUN"] = f"{identity}:1:00000001"
            words = ["sh", "-c", "env -i setsid sleep 60 & wait"]
    with subprocess.Popen(words, env=environ, cwd=cwd, start_new_session=True) as process:
        wanted = {b"sleep\x0060\x00"} if by == "child" else {b"\0".join(word.encode() for word in [*words, ""])}
        try:
            wait_until(lambda: wanted <= {one.words for one in left_running(project)}, "the process is seen", 10)
            assert left_running(project, engine=process.pid) == []
            others = {one.pid for one in left_running(project, tag="other")}
            assert others == (set() if by in {"mark", "child"} else {one.pid for one in left_running(project)})
        finally:
            for one in left_running(project):
                os.kill(one.pid, signal.SIGKILL)
    assert left_running(project) == []
