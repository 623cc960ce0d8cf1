"""`autoexp doctor`, `run` and `check` on machines that lack something: each says what, what that costs, and what mends it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import machines
from tests.end_to_end.conftest import CONTRACT, Project, write

AT_AUTO = CONTRACT.replace("level: none", "level: auto")


def autoexp(
    *arguments: str, on: Sequence[str], code: int = 0, environ: dict[str, str] | None = None
) -> tuple[str, str]:
    """Run the command line on a machine; give what it printed on stdout and stderr."""
    done = subprocess.run(
        [*on, sys.executable, "-m", "autoexp", *arguments],
        env=os.environ | (environ or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def told(folder: Path, *, on: Sequence[str], environ: dict[str, str] | None = None) -> Any:
    """Give what doctor says as data."""
    return json.loads(autoexp("doctor", "--json", "--repo", str(folder), on=on, environ=environ)[0])


def of(found: Any, subject: str) -> list[dict[str, Any]]:
    return [finding for finding in found["findings"] if finding["subject"] == subject]


def test_machine_without_bubblewrap_is_told_what_it_lacks_what_that_costs_and_one_command(tmp_path: Path) -> None:
    machines.needs_landlock()
    on = machines.without_bubblewrap()
    out, _ = autoexp("doctor", "--repo", str(tmp_path), on=on)
    lines = out.splitlines()
    assert lines[0] == "warning  sandbox    auto takes landlock, and stronger ones do not hold"
    missing = next(i for i, line in enumerate(lines) if line.startswith("warning  bwrap "))
    assert "the program bwrap is not installed" in lines[missing]
    assert "in it a command could not: leave processes behind" in lines[missing + 1]
    assert lines[missing + 2].strip().startswith("do: ")
    assert lines[missing + 2].endswith("bubblewrap")


def test_mend_installs_bubblewrap_with_the_package_manager_that_is_there(tmp_path: Path) -> None:
    on = machines.without_bubblewrap()
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "sh"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "pacman").write_text("#!/bin/sh\n")
    (tools / "pacman").chmod(0o755)
    mended = of(told(tmp_path, on=on, environ={"PATH": str(tools)}), "bwrap")[0]["do"]
    assert mended == "pacman --sync --noconfirm bubblewrap"


def test_refused_user_namespaces_are_told_with_the_switch(tmp_path: Path) -> None:
    machines.needs_bubblewrap()
    found = told(tmp_path, on=machines.without_namespaces())
    assert found["sandbox"]["auto"] in {"landlock", "container", None}
    assert of(found, "bwrap")[0]["state"] == "warning"
    assert of(found, "bwrap")[0]["do"].endswith("sysctl user.max_user_namespaces=10000")


def test_refused_network_namespaces_leave_bubblewrap_with_a_filter(tmp_path: Path) -> None:
    machines.needs_bubblewrap()
    found = told(tmp_path, on=machines.without_namespaces("net"))
    assert found["sandbox"]["auto"] == "bwrap"
    finding = of(found, "bwrap")[0]
    assert finding["state"] == "warning"
    assert "sockets are refused by a filter" in finding["what"]
    assert finding["do"].endswith("sysctl user.max_net_namespaces=10000")


def test_machine_with_nothing_is_a_problem_and_says_what_commands_could_do(tmp_path: Path) -> None:
    found = told(tmp_path, on=machines.without_anything(tmp_path))
    assert found["sandbox"]["auto"] is None
    assert found["usable"] is True
    verdict = of(found, "sandbox")[0]
    assert verdict["state"] == "problem"
    assert any("read and change every file that you can" in line for line in verdict["more"])
    assert "--allow-unsandboxed" in verdict["do"]


@pytest.mark.parametrize("command", ["run", "check"])
def test_with_nothing_auto_refuses_with_reasons_and_mend(project: Project, command: str) -> None:
    project.contract(AT_AUTO)
    project.edits(write(50))
    on = machines.without_anything(project.path.parent)
    _, err = autoexp(command, "--repo", str(project.path), on=on, code=2, environ=at(project))
    assert "no sandbox holds on this machine" in err
    assert "bwrap: " in err
    assert "landlock: this kernel has no Landlock" in err
    assert "--allow-unsandboxed" in err
    assert "refs/autoexp" not in project.git("for-each-ref")


@pytest.mark.parametrize("allowed", ["by the flag", "by the contract"])
def test_with_nothing_a_campaign_that_is_allowed_to_runs_and_says_none_first(project: Project, allowed: str) -> None:
    flag = ["--allow-unsandboxed"] if allowed == "by the flag" else []
    project.contract(AT_AUTO if flag else AT_AUTO.replace("sandbox: {", "sandbox: {allow_unsandboxed: true, "))
    project.edits(write(50))
    on = machines.without_anything(project.path.parent)
    words = "sandbox: proposer none, harness none; without one, proposer and harness commands run with your own rights"
    _, err = autoexp("check", *flag, "--repo", str(project.path), on=on, environ=at(project))
    assert err.splitlines()[0].strip() == words
    out, _ = autoexp("run", *flag, "--repo", str(project.path), on=on, environ=at(project))
    assert out.splitlines()[0] == words
    assert project.statuses() == ["keep", "keep"]


def test_run_and_check_say_their_level_in_the_first_line(project: Project) -> None:
    machines.needs_landlock()
    project.contract(AT_AUTO)
    project.edits(write(50))
    on = machines.without_bubblewrap()
    words = "sandbox: proposer landlock (no network), harness landlock (no network)"
    _, err = autoexp("check", "--repo", str(project.path), on=on, environ=at(project))
    assert err.splitlines()[0].strip() == words
    out, _ = autoexp("run", "--repo", str(project.path), on=on, environ=at(project))
    assert out.splitlines()[0] == words


def at(project: Project) -> dict[str, str]:
    return {"AUTOEXP_CACHE_DIR": str(project.cache)}


def test_doctor_needs_no_repository_and_changes_nothing(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    found = json.loads(project.ran("doctor", "--json", repo=outside)[0])
    assert found["usable"] is True
    assert of(found, "repository")[0]["state"] == "warning"
    assert "git init" in of(found, "repository")[0]["do"]
    before = sorted(path for path in project.path.rglob("*") if path.is_file())
    assert of(json.loads(project.run("doctor", "--json")), "repository")[0]["state"] == "ok"
    assert sorted(path for path in project.path.rglob("*") if path.is_file()) == before
    assert not project.cache.exists()


def test_folder_that_is_not_there_is_one_clear_error(project: Project) -> None:
    missing = project.path / "none"
    _, err = project.ran("doctor", code=2, repo=missing)
    assert err.startswith(f"autoexp: {missing}: there is no such folder")


@pytest.mark.parametrize("git", ["", "#!/bin/sh\necho git version 2.17.1\n"], ids=["no git", "an old git"])
def test_only_a_git_that_cannot_serve_ends_with_2(project: Project, git: str) -> None:
    tools = project.path.parent / "tools"
    tools.mkdir()
    project.environ["PATH"] = str(tools)
    if git:
        (tools / "git").write_text(git)
        (tools / "git").chmod(0o755)
    out, err = project.ran("doctor", code=2)
    found = out.splitlines()
    at_git = next(i for i, line in enumerate(found) if line.startswith("problem  git "))
    assert "2.36 or newer" in found[at_git + 1]
    assert "no campaign can run here" in err
    assert json.loads(project.ran("doctor", "--json", code=2)[0])["usable"] is False


def test_state_of_the_repository_is_told(project: Project) -> None:
    (project.path / "value.txt").write_text("7\n")
    found = of(json.loads(project.run("doctor", "--json")), "repository")
    assert project.git("rev-parse", "HEAD")[:12] in found[0]["what"]
    assert found[1]["state"] == "warning"
    assert "value.txt" in found[1]["what"]


def test_levels_that_the_contract_asks_for_are_held_against_the_machine(project: Project) -> None:
    found = of(json.loads(project.run("doctor", "--json")), "contract")
    assert [finding["state"] for finding in found] == ["warning"] * 2
    assert "without a sandbox" in found[0]["what"]
    project.contract(CONTRACT.replace("level: none", "level: seatbelt"))
    found = of(json.loads(project.run("doctor", "--json")), "contract")
    assert [finding["state"] for finding in found] == ["ok" if sys.platform == "darwin" else "problem"] * 2
    project.contract("nothing: of the kind\n")
    (finding,) = of(json.loads(project.run("doctor", "--json")), "contract")
    assert "autoexp check" in finding["do"]


def test_contract_at_auto_is_a_problem_where_nothing_holds_but_by_its_own_word(project: Project) -> None:
    on = machines.without_anything(project.path.parent)
    project.contract(AT_AUTO)
    assert [f["state"] for f in of(told(project.path, on=on), "contract")] == ["problem"] * 2
    project.contract(AT_AUTO.replace("sandbox: {", "sandbox: {allow_unsandboxed: true, "))
    assert [f["state"] for f in of(told(project.path, on=on), "contract")] == ["warning"] * 2


def test_repository_without_a_commit_is_a_problem(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    subprocess.run(["git", "init", "-q", str(empty)], check=True)
    finding = of(json.loads(project.ran("doctor", "--json", repo=empty)[0]), "repository")[0]
    assert finding["state"] == "problem"
    assert "git commit" in finding["do"]


def test_repository_of_somebody_else_comes_with_the_command_that_trusts_it(project: Project) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    for path in (project.path, project.path / ".git"):
        os.chown(path, 12345, 12345)
    finding = of(json.loads(project.run("doctor", "--json")), "repository")[0]
    assert finding["state"] == "problem"
    assert "safe.directory" in finding["do"]


@pytest.mark.parametrize(
    ("options", "state", "words"),
    [("size=4m", "warning", "4 MB free"), ("ro", "problem", "cannot be written")],
    ids=["little room", "read-only"],
)
def test_disk_that_will_not_do_is_told(tmp_path: Path, options: str, state: str, words: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    on = machines.with_file_system(place, options)
    (finding,) = of(told(tmp_path, on=on, environ={"AUTOEXP_CACHE_DIR": str(place / "cache")}), "disk")
    assert finding["state"] == state
    assert words in finding["what"]
    assert finding["do"]
