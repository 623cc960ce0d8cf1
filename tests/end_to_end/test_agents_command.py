"""`autoexp agents`: what is here, what is missing with the command that mends it, and a dry run that leaves nothing behind."""

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import machines
from tests.end_to_end.agent_programs import claude, script
from tests.end_to_end.commands import Helper, Running

USUAL = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Here:
    """A machine with a PATH, a HOME and a folder for temporary files of its own."""

    folder: Path
    helper: Helper

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "tmp").iterdir())

    def environ(self, **more: str) -> dict[str, str]:
        own = {
            "PATH": f"{self.programs}:{USUAL}",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
        }
        kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
        return {**kept, **own, "AUTOEXP_CACHE_DIR": str(self.folder / "cache"), **more}

    def start(self, *arguments: str, **environ: str) -> Running:
        out = Path(tempfile.mkdtemp(prefix="printed-", dir=self.folder))
        return self.helper.start(["agents", *arguments], self.environ(**environ), out)

    def ran(self, *arguments: str, code: int = 0, **environ: str) -> tuple[str, str]:
        with self.start(*arguments, **environ) as process:
            out, err = process.communicate()
        assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
        return out, err

    def told(self, *arguments: str, code: int = 0, **environ: str) -> dict[str, dict[str, Any]]:
        found = json.loads(self.ran(*arguments, "--json", code=code, **environ)[0])
        return {one["name"]: one for one in found}


@pytest.fixture
def here(tmp_path: Path, helper: Helper) -> Here:
    for name in ("programs", "home", "tmp"):
        (tmp_path / name).mkdir()
    return Here(tmp_path, helper)


def test_agents_that_are_not_installed_are_listed_with_the_command_that_installs_them(here: Here) -> None:
    out, _ = here.ran()
    assert "missing  claude-code" in out
    assert "do: npm install -g @anthropic-ai/claude-code" in out
    assert here.left == []


def test_named_agent_that_is_missing_is_exit_2(here: Here) -> None:
    assert "missing  claude-code" in here.ran("claude-code", code=2)[0]


def test_name_of_no_agent_is_refused_with_those_that_are_known(here: Here) -> None:
    _, err = here.ran("clod", code=2)
    assert "there is no agent clod" in err
    assert "claude-code" in err


def test_installed_agent_is_told_with_path_version_and_sandbox(here: Here) -> None:
    claude(here.programs)
    one = here.told("claude-code")["claude-code"]
    assert (one["installed"], one["usable"], one["starts"]) == (True, True, True)
    assert (one["program"], one["version"]) == (str(here.programs / "claude"), "2.0.14")
    assert one["level"] in {"bwrap", "landlock", "container", "seatbelt", "none"}
    assert (one["allow"], one["resumes"]) == ("commands", True)
    assert here.left == []


@pytest.mark.parametrize(
    ("name", "program", "body"),
    [
        ("aider", "aider", 'case "$*" in --version) echo "aider 0.86.2";; *) echo "usage: aider [options]";; esac'),
        (
            "mini-swe-agent",
            "mini",
            "echo 'This is mini-swe-agent version 2.4.6.'; echo 'No such option: --version' >&2; exit 2",
        ),
    ],
)
def test_agent_whose_version_a_run_tells_by_itself_is_asked_for_it_all_the_same(
    here: Here, name: str, program: str, body: str
) -> None:
    script(here.programs, program, body)
    one = here.told(name)[name]
    assert one["usable"], one["why"]
    assert one["version"] in {"0.86.2", "2.4.6"}


def test_only_agents_that_are_here_are_said_to_be_started(here: Here) -> None:
    claude(here.programs)
    _, err = here.ran()
    assert err.strip() == "claude-code: starting it for its version"


def test_agent_that_crashes_is_told_with_its_words(here: Here) -> None:
    script(here.programs, "claude", "echo some banner 1.2.3; echo 'Error: libfoo.so.1 is gone' >&2; exit 127")
    one = here.told("claude-code", code=2)["claude-code"]
    assert (one["usable"], one["version"], one["why"]) == (False, "", "Error: libfoo.so.1 is gone")
    assert one["fix"]


def test_agent_whose_package_asks_for_a_newer_node_is_told_which(here: Here) -> None:
    package = here.folder / "lib/node_modules/claude"
    script(package / "bin", "cli.js", "#!/usr/bin/env node\nconsole.log('2.0.14')\n")
    (package / "package.json").write_text('{"engines": {"node": "^20.11 || >=22.1.0"}}')
    (here.programs / "claude").symlink_to(package / "bin/cli.js")
    script(here.programs, "node", "echo v18.19.1")
    one = here.told("claude-code", code=2)["claude-code"]
    assert "asks for Node 20.11 or newer" in one["why"]
    assert "18.19.1" in one["why"]
    assert one["fix"].startswith("install Node 20.11")


def test_python_package_that_is_missing_is_named_with_the_python_that_lacks_it(here: Here) -> None:
    script(here.programs, "claude", "#!/usr/bin/env python3\nimport no_such_package_of_ours\n")
    one = here.told("claude-code", code=2)["claude-code"]
    assert one["why"] == "its installation lacks the Python package no_such_package_of_ours"
    assert one["fix"] == "python3 -m pip install no_such_package_of_ours"


def test_login_names_variable_and_file_and_never_a_value(here: Here) -> None:
    claude(here.programs)
    assert here.told("claude-code")["claude-code"]["login"]["state"] == "none"
    (here.folder / "home/.claude").mkdir()
    (here.folder / "home/.claude/.credentials.json").write_text('{"accessToken": "sk-in-the-file-0123456789"}')
    by_file = here.told("claude-code")["claude-code"]["login"]
    assert by_file == {"state": "file", "words": "~/.claude/.credentials.json"}
    key = "sk-of-the-caller-0123456789"
    out, err = here.ran("claude-code", ANTHROPIC_API_KEY=key)
    assert "ANTHROPIC_API_KEY is set" in out
    assert key not in out + err
    assert "sk-in-the-file" not in out + err


def test_dry_run_of_an_agent_that_works_is_kept_with_the_tokens_of_the_server(here: Here) -> None:
    machines.needs_bubblewrap()
    claude(here.programs)
    failed_before = here.folder / "cache/dry-run/claude-code"
    failed_before.mkdir(parents=True)
    out, err = here.ran("claude-code", "--dry-run")
    assert "claude-code: works (kept, 3 requests, 3,750 of 3,750 tokens counted, " in out
    assert "in bwrap)" in out
    assert "experiment 1: proposing" in err
    assert here.left == []
    assert not failed_before.exists()


@pytest.mark.parametrize(
    ("behaviour", "status", "words"),
    [("crash", "proposer_error", "Segmentation fault of a stand-in"), ("idle", "no_change", "changed nothing")],
)
def test_dry_run_of_one_that_does_not_work_says_why_and_keeps_what_it_said(
    here: Here, behaviour: str, status: str, words: str
) -> None:
    machines.needs_bubblewrap()
    claude(here.programs, behaviour)
    found = here.told("claude-code", "--dry-run", code=2)["claude-code"]["dry_run"]
    assert (found["works"], found["status"]) == (False, status)
    assert words in found["words"]
    assert (Path(found["transcript"]) / "proposer.request.md").read_text()
    assert here.left == []


def test_dry_run_that_takes_too_long_is_ended(here: Here) -> None:
    machines.needs_bubblewrap()
    claude(here.programs, "hang")
    out, _ = here.ran("claude-code", "--dry-run", "--timeout", "2s", code=2)
    assert "claude-code: failed after " in out
    assert "2 s" in out
    assert here.left == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_a_dry_run_and_leaves_nothing(here: Here, number: signal.Signals) -> None:
    machines.needs_bubblewrap()
    claude(here.programs, "hang")
    with here.start("claude-code", "--dry-run") as process:
        _until(lambda: list((here.folder / "tmp").glob("autoexp-dry-run-*/cache/*/propose/*/started")))
        process.send_signal(number)
        process.communicate()
    assert process.returncode == 130
    assert here.left == []
    assert _of(here) == []


def test_killed_dry_run_leaves_no_process(here: Here) -> None:
    machines.needs_bubblewrap()
    claude(here.programs, "hang")
    with here.start("claude-code", "--dry-run") as process:
        _until(lambda: list((here.folder / "tmp").glob("autoexp-dry-run-*/cache/*/propose/*/started")))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    _until(lambda: _of(here) == [])


def _until(what: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _of(here: Here) -> Sequence[str]:
    """Give the processes whose arguments or environment name this machine's folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            told = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        except OSError:
            continue
        if str(here.folder).encode() in told and int(place.name) != os.getpid():
            found.append(told.decode(errors="replace"))
    return found
