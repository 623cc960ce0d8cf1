"""A disk that is really full: a small file system for each place that a campaign writes to. Room is made, and it goes on."""

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign.events import Noted
from autoexp.engine.session import stamp
from autoexp.errors import StorageError
from autoexp.stores.journal import FileJournal
from autoexp.stores.reading import read_from
from autoexp.stores.reserve import Reserve
from tests.durability.laws import lawful
from tests.durability.test_failing_writes import undisturbed
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import BENCH, CONTRACT, Project, write
from tests.end_to_end.conftest import made as project_in

CLONE_NEWNS = 0x00020000
WHOLE = [
    ("baseline", "keep", 100.0),
    ("value 90", "keep", 90.0),
    ("fills the disk", "keep", 80.0),
    ("value 95", "discard", 95.0),
    ("value 70", "keep", 70.0),
]


@pytest.fixture(scope="module")
def helper() -> Iterator[Helper]:
    """Give a helper in a mount namespace of its own; this thread is in it as well, until the end."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    libc = ctypes.CDLL(None, use_errno=True)
    ours = os.open("/proc/thread-self/ns/mnt", os.O_RDONLY)
    here = Path.cwd()
    if libc.unshare(CLONE_NEWNS):
        pytest.skip(f"no mount namespace can be had: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    started = Helper()
    yield started
    started.close()
    assert libc.setns(ours, CLONE_NEWNS) == 0
    os.close(ours)
    os.chdir(here)


@pytest.fixture(scope="module")
def apart() -> Iterator[Helper]:
    """Give a helper that needs no mounts."""
    started = Helper()
    yield started
    started.close()


@pytest.fixture
def small(tmp_path: Path, helper: Helper) -> Iterator[Any]:
    """Give a function that puts a small file system in place of a folder; what is in it is in the small one as well."""
    mounted = []

    def put(place: Path, options: str = "size=32m") -> Path:
        place.mkdir(parents=True, exist_ok=True)
        aside = tmp_path / "aside"
        shutil.copytree(place, aside)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small", str(place)], check=True)
        mounted.append(place)
        shutil.copytree(aside, place, dirs_exist_ok=True)
        shutil.rmtree(aside)
        return place

    yield put
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def filled_by(project: Project, command: str) -> None:
    """Let the second edit run a command, the first time that it is tried."""
    armed = project.path.parent / "armed"
    armed.touch()
    fills = f"if rm '{armed}' 2>/dev/null; then {command}; fi; echo 80 > value.txt"
    project.edits(write(90), {"description": "fills the disk", "run": fills}, write(95), write(70))


def filler(place: Path, *, left: int = 0) -> str:
    """Give a command that leaves only some bytes of a file system."""
    file = shlex.quote(str(place / "filler"))
    return f"head -c 1G /dev/zero > {file}" + (f"; truncate -s -{left} {file}" if left else "")


def fill(place: Path) -> None:
    subprocess.run(["sh", "-c", filler(place).replace(">", ">>")], check=False, stderr=subprocess.DEVNULL)


def paused(project: Project, *, least: str = "0") -> str:
    """Run until the disk is full, and give what was said."""
    before = dict(project.environ)
    project.environ["AUTOEXP_MIN_FREE"] = least
    said = project.run("run", code=4)
    project.environ = before
    return said


def goes_on(project: Project) -> None:
    project.environ["AUTOEXP_MIN_FREE"] = "1M"
    project.run("run")
    assert undisturbed(lawful(project)) == WHOLE
    rows = (project.path / ".autoexp/demo/results.tsv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + len(project.rows())


def test_campaign_pauses_before_its_baseline_where_less_is_free_than_asked_for(
    small: Any, tmp_path: Path, helper: Helper
) -> None:
    project = project_in(small(tmp_path / "disk"), helper)
    filled_by(project, ":")
    said = project.run("run", code=4)
    assert "the journal and the git objects and the disposable trees" in said
    assert said.count("and 1.0 GB are needed") == 1
    assert "AUTOEXP_MIN_FREE" in said
    assert project.status()["state"] == "paused"
    goes_on(project)


PLACES = {
    "the disposable trees": "cache",
    "the exports": "a project/.autoexp",
    "the journal": "a project/.git/autoexp/demo",
    "the objects": "a project/.git/objects",
    "the outputs": "a project/.git/autoexp/demo/output",
}


@pytest.mark.parametrize("left", [0, *[pytest.param(left, marks=pytest.mark.long) for left in (4, 12, 20, 40, 100)]])
def test_campaign_on_a_disk_that_fills_up_pauses_on_record_and_goes_on_once_room_is_made(
    small: Any, tmp_path: Path, helper: Helper, left: int
) -> None:
    place = small(tmp_path / "disk")
    project = project_in(place, helper)
    project.cache = tmp_path / "cache"
    filled_by(project, filler(place, left=left * 1024))
    said = paused(project)
    assert "No space left on device" in said or "three times what was used up" in said
    assert "make room there" in said
    assert [event["event"] for event in project.journal() if event["event"] in {"stopped", "session_end"}] == [
        "stopped",
        "session_end",
    ]
    status = project.status()
    assert (status["state"], status["stop_reason"]) == ("paused", "error")
    (place / "filler").unlink()
    goes_on(project)


@pytest.mark.long
@pytest.mark.parametrize("where", PLACES)
def test_campaign_goes_on_once_room_is_made(small: Any, tmp_path: Path, helper: Helper, where: str) -> None:
    project = project_in(tmp_path, helper)
    place = small(tmp_path / PLACES[where])
    again = "rm -r demo; " if where == "the exports" else ""  # a file that has room in its last block still grows
    filled_by(project, f"(cd '{place}'; {again}{filler(place)})")
    said = paused(project)
    assert "No space left on device" in said or "three times what was used up" in said
    (place / "filler").unlink()
    goes_on(project)


def test_record_that_finds_no_room_takes_the_reserve_and_after_it_none_is_half_written(
    small: Any, tmp_path: Path
) -> None:
    place = small(tmp_path / "disk")
    reserve = Reserve(place / "reserve")
    with FileJournal(place, stamp, reserve=reserve) as journal:
        fill(place)
        written = 0
        while not reserve.given_up:
            journal.append(Noted(text="x" * 900))
            written += 1
        fill(place)
        lost: StorageError | None = None
        while lost is None:
            size = journal.path.stat().st_size
            try:
                journal.append(Noted(text="x" * 900))
                written += 1
            except StorageError as error:
                lost = error
        assert lost.fix == "make room there"
        assert journal.path.stat().st_size == size
        (place / "filler").unlink()
        assert journal.append(Noted(text="after")).number == written
    assert len(list(read_from(journal.path))) == written + 1


@pytest.mark.long
def test_what_the_first_experiment_of_a_session_takes_is_not_asked_for_three_times(
    small: Any, tmp_path: Path, helper: Helper
) -> None:
    project = project_in(tmp_path, helper)
    place = small(project.cache)
    project.edits(
        {"description": "once", "run": f"head -c 16M /dev/zero > '{place}/once'; echo 90 > value.txt"}, write(80)
    )
    project.environ["AUTOEXP_MIN_FREE"] = "0"
    project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]


@pytest.mark.long
def test_no_secret_stays_in_what_was_printed_when_the_disk_filled_up(
    small: Any, tmp_path: Path, helper: Helper
) -> None:
    project = project_in(tmp_path, helper)
    armed, secret = tmp_path / "armed", "s3cret-of-this-test"
    armed.touch()
    floods = f'if [ "$x" = 80 ] && rm \'{armed}\' 2>/dev/null; then echo "$A_KEY"; head -c 32M /dev/zero; fi\n'
    (project.path / "bench.sh").write_text(BENCH + floods, encoding="utf-8")
    project.git("commit", "-qam", "floods")
    project.contract(CONTRACT.replace("harness:\n", "harness:\n  env_from: [A_KEY]\n"))
    project.edits(write(90), write(80, description="fills the disk"), write(95), write(70))
    project.environ["A_KEY"] = secret
    place = small(tmp_path / PLACES["the outputs"], "size=4m")
    assert "No space left on device" in paused(project)
    printed = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
    assert any(b"*" * len(secret) in text for text in printed)
    assert not any(secret.encode() in text for text in printed)
    shutil.rmtree(place / "2")
    goes_on(project)


@pytest.mark.long
def test_session_that_begins_on_a_full_disk_loses_nothing(small: Any, tmp_path: Path, helper: Helper) -> None:
    place = small(tmp_path / "disk")
    project = project_in(place, helper)
    filled_by(project, ":")
    project.environ["AUTOEXP_MIN_FREE"] = "1M"
    project.killed("after-attempt:2")
    before = project.journal()
    fill(place)
    said = paused(project)
    assert "No space left on device" in said
    assert "make room there" in said
    assert project.journal()[: len(before)] == before
    (place / "filler").unlink()
    goes_on(project)


@pytest.mark.long
def test_campaign_goes_on_once_files_can_be_made_again(small: Any, tmp_path: Path, helper: Helper) -> None:
    place = small(tmp_path / "disk", "size=64m,nr_inodes=4000")
    project = project_in(place, helper)
    filled_by(project, f"mkdir '{place}/many'; seq 5000 | (cd '{place}/many'; xargs touch 2>/dev/null)")
    said = paused(project, least="1M")
    assert "more files" in said or "No space left on device" in said
    shutil.rmtree(place / "many")
    goes_on(project)


def limited(project: Project, size: int) -> int:
    """Run with files limited to some bytes, and give the exit code."""
    command = ["prlimit", f"--fsize={size}", sys.executable, "-m", "autoexp", "run", "--repo", str(project.path)]
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache), **project.environ}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode


@pytest.mark.long
@pytest.mark.parametrize("size", [100, 2_000, 6_000, 10_000, 14_000, 18_000])
def test_campaign_whose_journal_may_not_grow_goes_on_once_it_may(tmp_path: Path, apart: Helper, size: int) -> None:
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit, of util-linux, is not here")
    project = project_in(tmp_path, apart)
    filled_by(project, ":")
    assert limited(project, size) == 4
    goes_on(project)
