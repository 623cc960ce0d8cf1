"""What the doctor says of what it sees: judgements as values, agents as real programs."""

import os
import socket
import stat
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from autoexp.engine import mounts
from autoexp.engine.doctor import agents, machine, sandboxes
from autoexp.engine.doctor.finding import Finding
from autoexp.harness.quiet import Disturbance
from autoexp.processes.confine import seccomp_works
from autoexp.processes.sandbox import ladder
from autoexp.processes.sandbox.box import Landlocked, Unsandboxed
from autoexp.processes.sandbox.ladder import Rung
from autoexp.spec.sandbox import LADDER

PAGE = Path(__file__).parents[2] / "docs/sandbox.md"
BWRAP = Rung("bwrap", holds=True, words="", sandbox=Landlocked("bwrap"))
NO_BWRAP = Rung("bwrap", holds=False, words="not installed", mend="get bubblewrap")
SEATBELT = Rung("seatbelt", holds=False, words="only macOS has it")
LANDLOCK = Rung("landlock", holds=True, words="", sandbox=Landlocked())
NO_LANDLOCK = Rung("landlock", holds=False, words="no Landlock", mend="use a newer kernel")
CONTAINER = Rung("container", holds=True, words="the container is the only boundary", sandbox=Unsandboxed("container"))
NO_CONTAINER = Rung("container", holds=False, words="autoexp does not run in a container")


def said(*rungs: Rung) -> dict[str, Finding]:
    return {finding.subject: finding for finding in sandboxes.findings(rungs)}


def test_level_that_auto_takes_is_the_first_one_that_holds() -> None:
    assert said(BWRAP, SEATBELT, LANDLOCK, NO_CONTAINER)["sandbox"].what == "auto takes bwrap"
    assert said(NO_BWRAP, SEATBELT, LANDLOCK, CONTAINER)["sandbox"].what.startswith("auto takes landlock,")
    assert said(NO_BWRAP, SEATBELT, NO_LANDLOCK, CONTAINER)["sandbox"].what.startswith("auto takes container,")


def test_with_bubblewrap_nothing_needs_mending() -> None:
    found = said(BWRAP, SEATBELT, NO_LANDLOCK, NO_CONTAINER).values()
    assert {(finding.state, finding.do) for finding in found} == {("ok", "")}


def test_weaker_level_is_a_warning_with_the_mend_of_the_stronger() -> None:
    found = said(NO_BWRAP, SEATBELT, LANDLOCK, NO_CONTAINER)
    assert (found["sandbox"].state, found["sandbox"].do) == ("warning", "get bubblewrap")
    assert (found["bwrap"].state, found["bwrap"].do) == ("warning", "get bubblewrap")
    assert [found[level].state for level in ("seatbelt", "landlock", "container")] == ["ok"] * 3


def test_stronger_level_names_what_it_would_take_away_from_commands() -> None:
    (adds,) = said(NO_BWRAP, SEATBELT, NO_LANDLOCK, NO_CONTAINER)["landlock"].more
    assert "use the network" in adds
    assert "leave processes behind" not in adds
    (adds,) = said(NO_BWRAP, SEATBELT, LANDLOCK, NO_CONTAINER)["bwrap"].more
    assert "leave processes behind" in adds
    assert "use the network" not in adds


def test_no_level_at_all_is_a_problem_that_a_person_can_accept() -> None:
    verdict = said(NO_BWRAP, SEATBELT, NO_LANDLOCK, NO_CONTAINER)["sandbox"]
    assert verdict.state == "problem"
    assert verdict.do == "get bubblewrap; or accept it: --allow-unsandboxed"
    assert not verdict.hopeless


def test_level_that_holds_in_part_says_what_is_missing_and_its_mend() -> None:
    part = Rung("bwrap", holds=True, words="sockets by a filter", mend="get more", sandbox=Landlocked("bwrap"))
    found = said(part, SEATBELT, LANDLOCK, NO_CONTAINER)
    assert found["sandbox"].state == "ok"
    assert (found["bwrap"].state, found["bwrap"].do) == ("warning", "get more")
    assert "sockets by a filter" in found["bwrap"].what


def test_each_step_down_leaves_more_possible_but_for_the_one_of_macos() -> None:
    linux = [set(sandboxes.possible(level)) for level in LADDER if level != "seatbelt"]
    kernel = set(sandboxes.possible("bwrap"))
    assert all(stronger - kernel <= weaker for stronger, weaker in pairwise(linux))


def test_page_has_the_same_words() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    for words, _ in sandboxes.POSSIBLE:
        assert words in page


def test_apparmor_command_writes_the_profile(tmp_path: Path) -> None:
    switch = tmp_path / "sys/kernel/apparmor_restrict_unprivileged_userns"
    switch.parent.mkdir(parents=True)
    switch.write_text("1\n")
    command = ladder._permit(tmp_path)
    write, _, rest = command.partition(" | ")
    assert subprocess.run(["sh", "-c", write], capture_output=True, text=True, check=True).stdout == ladder.PROFILE
    assert (
        rest.endswith("tee /etc/apparmor.d/bwrap && apparmor_parser --replace /etc/apparmor.d/bwrap") or "sudo" in rest
    )
    assert write in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "value", "mend"),
    [
        ("sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
        ("sys/user/max_net_namespaces", "0", "sysctl user.max_net_namespaces=10000"),
    ],
)
def test_switch_that_forbids_namespaces_is_mended_by_one_command(
    tmp_path: Path, file: str, value: str, mend: str
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(value + "\n")
    assert ladder._permit(tmp_path) == (mend if os.geteuid() == 0 else f"sudo {mend}")


def test_readme_and_ci_install_bubblewrap_with_the_same_command() -> None:
    command = "apt-get install --yes bubblewrap"
    assert command in Path(ladder.__file__).read_text(encoding="utf-8")
    for page in ("README.md", ".ci/run", "docs/sandbox.md"):
        assert command in (PAGE.parents[1] / page).read_text(encoding="utf-8")


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/local tmpfs rw 0 0
me@there: /mnt/my\\040files fuse.sshfs rw 0 0
none /mnt/over ext4 rw 0 0
none /mnt/over cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/work", "ext4"),
        ("/home/me/project", "nfs4"),
        ("/homes", "ext4"),
        ("/home/local/x", "tmpfs"),
        ("/mnt/my files/x", "fuse.sshfs"),
        ("/mnt/over", "cifs"),
    ],
)
def test_file_system_of_a_path_is_that_of_the_innermost_mount(path: str, kind: str) -> None:
    assert mounts.kind_of(Path(path), MOUNTS) == kind


def test_file_systems_that_others_use_too_are_known() -> None:
    assert all(mounts.SHARED.fullmatch(kind) for kind in ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"))
    assert not any(
        mounts.SHARED.fullmatch(kind) for kind in ("ext4", "btrfs", "fuse", "fuseblk", "overlay", "tmpfs", "")
    )


def test_clocks_that_go_apart_a_coarse_one_and_a_slow_one_are_warnings() -> None:
    def states(apart_s: float = 0.0, step_s: float = 1e-7, boot: str = "b", source: str = "tsc") -> list[str]:
        return [finding.state for finding in machine.clock(apart_s, step_s, boot=boot, source=source)]

    assert states() == ["ok"]
    assert states(apart_s=-3600.0) == ["warning", "ok"]
    assert states(step_s=0.01) == ["warning"]
    assert states(source="hpet") == ["warning"]
    assert states(boot="") == ["ok", "warning"]


def test_what_makes_numbers_noisy_is_named_with_its_remedy() -> None:
    facts = {"cores": "2", "cpu": "a CPU"}
    assert [finding.state for finding in machine.noise(facts, None)] == ["ok"]
    loud = Disturbance("foreign", 0.5, "other programs used at least 50% of the 2 cores")
    found = list(machine.noise(facts | {"governor": "powersave", "turbo": "on", "smt": "on", "cpu_quota": "1.5"}, loud))
    assert [finding.state for finding in found] == ["warning"] * 4 + ["ok"]
    assert all(finding.do for finding in found[:4])
    assert "grants 1.5" in found[4].what
    assert "performance" not in "".join(
        finding.do for finding in machine.noise(facts | {"governor": "performance"}, None)
    )


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Put a script on a PATH of its own."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def make(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return folder

    return make


def listed(folder: Path, patience_s: float = agents.PATIENCE_S) -> list[Finding]:
    environ = {"PATH": f"{folder}:/usr/bin:/bin", "SECRET": "s3cret"}
    return list(agents.findings(environ, patience_s=patience_s))


def test_path_without_agents_is_fine(tmp_path: Path) -> None:
    (finding,) = agents.findings({"PATH": str(tmp_path)})
    assert (finding.state, finding.do) == ("ok", "")


def test_agents_are_listed_with_path_and_version(program: Callable[[str, str], Path]) -> None:
    program("mini", "echo This is mini-swe-agent version 0.77.1.; echo No such option >&2; exit 2")
    folder = program("claude", 'test "$1" = --version && echo "2.0.14 (Claude Code)"')
    found = listed(folder)
    assert [finding.state for finding in found] == ["ok", "ok"]
    assert found[0].what == f"claude-code at {folder}/claude, version 2.0.14"
    assert found[1].what == f"mini-swe-agent at {folder}/mini, version 0.77.1"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("sleep 600", "it did not answer in 1 s"),
        ("trap '' TERM; sleep 600 & wait", "it did not answer in 1 s"),
        ("echo 'no such module' >&2; exit 3", "no such module"),
        ("true", "it tells no version"),
        ("cat /dev/zero", "it printed more than"),
    ],
)
def test_agent_that_does_not_tell_its_version_is_unknown(
    program: Callable[[str, str], Path], script: str, why: str
) -> None:
    (finding,) = listed(program("claude", script), patience_s=1.0 if "sleep" in script else 30.0)
    assert finding.state == "warning"
    assert "does not start: " in finding.what
    assert why in finding.what
    assert finding.do


def test_agent_is_asked_without_network_variables_and_home(program: Callable[[str, str], Path]) -> None:
    if not seccomp_works():
        pytest.skip("system calls cannot be filtered on this machine")
    with socket.create_server(("127.0.0.1", 0)) as server:
        reach = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        if subprocess.run(["python3", "-c", reach], env={"PATH": "/usr/bin:/bin"}, check=False).returncode:
            pytest.skip("no python3 in /usr/bin that could reach the network otherwise")
        script = f'python3 -c "{reach}" 2>/dev/null && echo 9.9.9\ntest -z "$SECRET" && test "$HOME" != \'{Path.home()}\' && echo 1.0'
        (finding,) = listed(program("claude", script))
    assert finding.what.endswith("version 1.0")


@pytest.mark.parametrize(
    ("names", "version", "state", "words"),
    [
        ([], "none", "warning", "PATH has none"),
        (["python3"], "3.12.1", "ok", "call it python3"),
        (["python", "python3"], "3.12.1", "ok", "a harness gets 3.12.1"),
        (["python"], "2.7.18", "warning", "too old"),
        (["python"], "", "warning", "does not tell"),
    ],
)
def test_python_that_a_harness_gets_is_told(
    program: Callable[[str, str], Path], tmp_path: Path, names: list[str], version: str, state: str, words: str
) -> None:
    for name in names:
        program(name, "true")
    (finding,) = machine.python(version, str(tmp_path / "programs"))
    assert finding.state == state
    assert words in finding.what
