"""The real command line, killed at random moments and started again at once, until the campaign is done."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.durability.laws import left_running
from tests.end_to_end.conftest import Project

LONGEST_S = 300


@dataclass
class Tally:
    """What happened to a campaign."""

    kills: int = 0
    sessions: int = 0
    interrupted: int = 0
    orphans: int = 0
    looks: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(mine + its for mine, its in zip(vars(self).values(), vars(other).values(), strict=True)))

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.sessions} sessions, {self.interrupted} experiments interrupted, "
            f"{self.orphans} orphans in {self.looks} looks after a start"
        )


def started(project: Project) -> subprocess.Popen[bytes]:
    """Start `autoexp run` as a shell does: a process group of its own. Its private folders lie beside the project."""
    scratch = project.path.parent / "tmp"
    scratch.mkdir(exist_ok=True)
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache), "TMPDIR": str(scratch), **project.environ}
    with (project.path.parent / "printed").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "autoexp", "run", "--repo", str(project.path)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environ,
            start_new_session=True,
        )


@dataclass(frozen=True)
class Pace:
    """How long a session takes until its first experiment, and for each one."""

    start_s: float
    each_s: float


class Seen:
    """What a session has written so far: each look reads what is new in the journal."""

    def __init__(self, project: Project) -> None:
        self._journal = project.path / ".git/autoexp/demo/journal.jsonl"
        self._offset = self._journal.stat().st_size if self._journal.exists() else 0
        self.begun = 0

    def look(self) -> int:
        """Give how many experiments it has begun."""
        if self._journal.exists():
            with self._journal.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._offset += len(whole)
            self.begun += whole.count(b'"event":"intent"')
        return self.begun


def paced(project: Project) -> Pace:
    """Run a campaign in peace, and give how long it took."""
    begin, first, seen = time.monotonic(), 0.0, Seen(project)
    with started(project) as process:
        while process.poll() is None:
            first = first or (time.monotonic() - begin if seen.look() else 0.0)
            time.sleep(0.01)
    assert process.returncode == 0, printed(project)
    return Pace(first, (time.monotonic() - begin - first) / max(seen.look(), 1))


def hunted(project: Project, rng: random.Random, pace: Pace, *, kills: int, between: int) -> Tally:
    """Work on a campaign to its end, killed up to `kills` times: at its start, or within the next experiments, about one in `between`."""
    tally = Tally()
    while True:
        seen, last = Seen(project), tally.kills >= kills
        process = started(project)
        tally.sessions += 1
        try:
            if not last and rng.random() < 0.25:  # before it has begun an experiment, often
                alive = _lasts(project, process, seen, tally, experiments=0, then_s=rng.uniform(0, 1.2 * pace.start_s))
            else:
                experiments = 10**9 if last else rng.randrange(1, 2 * between)
                then_s = rng.uniform(0, 1.2 * pace.each_s)
                alive = _lasts(project, process, seen, tally, experiments=experiments, then_s=then_s)
            if alive:
                _strike(process, group=rng.random() < 0.5)
                tally.kills += 1
                continue
        except BaseException:
            process.kill()
            process.wait()
            raise
        assert process.returncode == 0, printed(project)
        tally.interrupted = [row["status"] for row in project.rows()].count("interrupted")
        return tally


def _strike(process: subprocess.Popen[bytes], *, group: bool) -> None:
    if group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    assert process.wait() == -signal.SIGKILL


def _lasts(
    project: Project, process: subprocess.Popen[bytes], seen: Seen, tally: Tally, *, experiments: int, then_s: float
) -> bool:
    """Tell whether a session still works some time after it has begun so many experiments; look for orphans when it has begun one."""
    looked, until = False, time.monotonic() + then_s if not experiments else 0.0
    give_up = time.monotonic() + LONGEST_S
    while process.poll() is None:
        begun = seen.look()
        if begun and not looked:
            left = left_running(project, engine=process.pid)
            tally.orphans, tally.looks, looked = tally.orphans + len(left), tally.looks + 1, True
            assert not left, f"left of an earlier session: {left}"
        if not until and begun >= experiments:
            until = time.monotonic() + then_s
        if until and time.monotonic() >= until:
            return process.poll() is None
        assert time.monotonic() < give_up, "the campaign does not come to its end"
        time.sleep(0.01)
    return False


def printed(project: Project) -> str:
    """Give what all sessions have printed."""
    return (project.path.parent / "printed").read_text(encoding="utf-8", errors="replace")


def scratch_left(project: Project) -> list[Path]:
    """List what private folders of commands are left."""
    return sorted((project.path.parent / "tmp").iterdir())


def tell(figures: str) -> None:
    """Show figures to whoever runs pytest with -s."""
    sys.stdout.write(f"\n{figures}")
    sys.stdout.flush()
