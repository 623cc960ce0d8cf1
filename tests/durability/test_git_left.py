"""A git that a killed engine had started may hang on a slow disk: it does not move a ref beside the next engine."""

import os
import shutil
import signal

from tests.durability.laws import lawful, left_running
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import Project, write

SLOW_GIT = """\
#!/bin/sh
case " $* " in *" update-ref "*) if [ -e '{slow}' ]; then : > '{slow}.began'; sleep 300; fi;; esac
exec '{git}' "$@"
"""


def test_git_of_a_killed_engine_is_ended_by_the_next_start(project: Project) -> None:
    tools = project.path.parent / "tools"
    tools.mkdir()
    slow = tools / "slow"
    (tools / "git").write_text(SLOW_GIT.format(slow=slow, git=shutil.which("git")))
    (tools / "git").chmod(0o755)
    project.environ["PATH"] = f"{tools}:{os.environ['PATH']}"
    project.edits(write(90), write(80), write(70))
    project.run("run", "--experiments", "1")
    slow.touch()
    with project.start("run") as engine:
        wait_until((tools / "slow.began").exists, "a git that moves a ref")
        engine.send_signal(signal.SIGKILL)
    assert any(b"update-ref" in one.words for one in left_running(project))
    slow.unlink()
    project.run("run")
    assert left_running(project) == []
    assert [row["status"] for row in lawful(project) if row["status"] != "interrupted"] == ["keep"] * 4
