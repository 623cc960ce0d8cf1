"""Any write, sync, rename, cut or new file of the engine's may fail: the next run goes on as if nothing had been."""

import os
import shutil
import string
from pathlib import Path
from typing import Any

import pytest

from tests.durability.laws import decided, lawful
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made, write

EDITS = [write(90), write(95), write(70)]
WHOLE = [
    ("baseline", "keep", 100.0),
    ("value 90", "keep", 90.0),
    ("value 95", "discard", 95.0),
    ("value 70", "keep", 70.0),
]
WAYS = ("write:EIO", "write:ENOSPC", "write:short", "sync:EIO", "sync:ENOSPC", "rename:EIO", "cut:EIO", "make:ENOSPC")
STEPS = {"make:ENOSPC": 9}
"""There are hundreds of new files, most of them in disposable trees, and a call that fails from then on is like the one before it."""
ENDS = {0, 2, 4}
"""What a run may end with that meets a failure: all done, something that the user must mend, paused. Never with a bug."""

SOME = ["write:ENOSPC:2", "write:EIO:9+", "sync:EIO:12", "rename:EIO:1"]


def undisturbed(rows: list[dict[str, Any]]) -> list[tuple[str, str, float | None]]:
    """Give what was decided, without what the machine took."""
    return [one for one in decided(rows) if one[1] != "infra_error"]


def struck_by(project: Project, failure: str) -> tuple[bool, int]:
    """Run with a failure; tell whether it came, and the exit code."""
    struck = project.path.parent / "struck"
    struck.unlink(missing_ok=True)
    before = dict(project.environ)
    project.environ |= {
        "AUTOEXP_TEST_PRELUDE": str(Path(__file__).with_name("failing.py")),
        "AUTOEXP_TEST_FAILING": failure,
        "AUTOEXP_TEST_FOLDERS": f"{project.path}:{project.cache}",
        "AUTOEXP_TEST_STRUCK": str(struck),
    }
    with project.start("run") as process:
        out, err = process.communicate()
    project.environ = before
    assert process.returncode in ENDS, f"{failure}: exit {process.returncode}\n{out}\n{err}"
    return struck.exists(), process.returncode or 0


def goes_on(project: Project) -> None:
    """Run without a failure, and hold what must be true then."""
    project.run("run")
    assert undisturbed(lawful(project)) == WHOLE
    lines = (project.path / ".autoexp/demo/results.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(project.rows())


@pytest.mark.parametrize("failure", SOME)
def test_campaign_goes_on_after_a_failing_call(project: Project, failure: str) -> None:
    project.edits(*EDITS)
    came, _ = struck_by(project, failure)
    assert came
    goes_on(project)


GIT = """\
#!/bin/sh
for word; do
    case $word in unpack-objects | update-ref | pack-objects)
        n=$(($(cat '{count}') + 1))
        echo $n > '{count}'
        if [ $n = {n} ]; then touch '{struck}'; echo "fatal: {words}" >&2; exit 128; fi ;;
    esac
done
exec '{git}' "$@"
"""


def git_fails(project: Project, n: int, words: str) -> tuple[bool, int, str]:
    """Run with a git whose n-th command that writes fails; tell whether it did, and the exit code with what was said."""
    folder = project.path.parent
    struck, count, program = folder / "struck", folder / "count", folder / "bin/git"
    count.write_text("0\n", encoding="ascii")
    program.parent.mkdir()
    program.write_text(
        GIT.format(count=count, n=n, struck=struck, words=words, git=shutil.which("git")), encoding="utf-8"
    )
    program.chmod(0o755)
    before = dict(project.environ)
    project.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    with project.start("run") as process:
        out, err = process.communicate()
    project.environ = before
    assert process.returncode in ENDS, f"{n}: exit {process.returncode}\n{out}\n{err}"
    return struck.exists(), process.returncode or 0, out + err


UNSYNCED, NO_ROOM = "fsync error on 'an object': Input/output error", "write error: No space left on device"


def test_sync_that_fails_in_git_ends_the_session_with_no_further_record(project: Project) -> None:
    project.edits(*EDITS)
    came, code, said = git_fails(project, 12, UNSYNCED)
    assert came
    assert code == 4
    assert "fsync error" in said
    assert "fix: look for errors of this disk" in said
    assert project.journal()[-1]["event"] not in {"stopped", "session_end", "done"}
    goes_on(project)


@pytest.mark.long
@pytest.mark.parametrize("words", [UNSYNCED, NO_ROOM], ids=["unsynced", "no room"])
def test_campaign_goes_on_whichever_git_fails(tmp_path: Path, helper: Helper, words: str) -> None:
    came, n = True, 0
    while came:
        n += 1
        project = another(tmp_path, n, helper)
        came, code, said = git_fails(project, n, words)
        if came and words == UNSYNCED:
            assert code == 4
            assert "fsync error" in said
        goes_on(project)
    assert n > 9


def another(folder: Path, n: int, helper: Helper) -> Project:
    """Make one more project."""
    (folder / str(n)).mkdir()
    project = made(folder / str(n), helper)
    project.edits(*EDITS)
    return project


@pytest.mark.long
@pytest.mark.parametrize(
    ("way", "step"), [*((way, STEPS.get(way, 1)) for way in WAYS), *((f"{way}+", 9) for way in WAYS)]
)
def test_campaign_goes_on_whichever_call_fails(tmp_path: Path, helper: Helper, way: str, step: int) -> None:
    came, n = True, 1
    while came:
        project = another(tmp_path, n, helper)
        came, _ = struck_by(project, f"{way.rstrip('+')}:{n}{way[-1].strip(string.ascii_letters)}")
        goes_on(project)
        n += step
    assert n > 1 + step
