"""Whole campaigns in sandboxes: what the contract grants is there, what it does not grant is not, and the record says so."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoexp.processes.children import marker_of
from autoexp.processes.sandbox import ladder
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import CONTRACT, Project, made, write
from tests.processes.tunnels import echo, server

LEVELS = ("bwrap", "landlock")


def held(level: str) -> str:
    """Give a level that holds here; skip the test where it does not."""
    if not next(rung.holds for rung in ladder.rungs(os.environ["PATH"]) if rung.level == level):
        pytest.skip(f"the level {level} does not hold on this machine")
    return level


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    return held(request.param)


@pytest.fixture
def bwrap() -> str:
    return held("bwrap")


def contract(level: str, **harness: object) -> str:
    """Give the contract of the other tests with both sides at a level, and more keys of the harness."""
    more = "".join(f"\n  {key}: {json.dumps(value)}" for key, value in harness.items())
    text = CONTRACT.replace("level: none", f"level: {level}").replace("\n  timeout: 5s", f"\n  timeout: 20s{more}")
    assert f"proposer: {{level: {level}}}" in text
    return text


def samples(project: Project) -> list[dict[str, Any]]:
    return [event["sample"] for event in project.journal() if event["event"] == "sample"]


def notes(project: Project) -> list[str]:
    return [event["text"] for event in project.journal() if event["event"] == "note"]


def test_campaign_runs_at_a_level_and_the_record_says_so(project: Project, level: str) -> None:
    project.contract(contract(level))
    project.edits(write(90), write(95), write("crash"), write(80))
    printed = project.run("run")
    assert f"sandbox: proposer {level} (no network), harness {level} (no network)" in printed
    assert project.statuses() == ["keep", "keep", "discard", "crash", "keep"]
    assert {(sample["sandbox"], sample["channel"]) for sample in samples(project)} == {(level, "stdout")}
    assert project.status()["sandbox"] == {"proposer": level, "harness": level}
    assert next(e for e in project.journal() if e["event"] == "segment")["sandbox"]["harness"] == level


def test_level_is_told_before_anything_is_measured(project: Project, level: str) -> None:
    project.contract(contract(level))
    project.edits(write(90))
    out = project.run("run")
    assert out.splitlines()[0].startswith("sandbox: ")


PROVIDED = """\
read -r x < value.txt
echo "METRIC x=$(.venv/bin/tool "$x")"
echo "METRIC ok=1"
"""


def with_venv(project: Project) -> None:
    """Give the checkout an environment that git ignores, with a script that names its interpreter by the whole path."""
    venv = project.path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin/interpreter").symlink_to("/bin/sh")
    (venv / "bin/tool").write_text(f'#!{venv}/bin/interpreter\\necho "$1"\\n'.replace("\\n", "\n"))
    (venv / "bin/tool").chmod(0o755)
    (venv / "data.txt").write_text("1\n")
    (project.path / ".gitignore").write_text("*.log\n.venv/\n")
    (project.path / "bench.sh").write_text(PROVIDED)
    project.git("add", ".")
    project.git("commit", "-q", "-m", "a tool")


@pytest.fixture
def unspaced(tmp_path: Path, helper: Helper) -> Project:
    """A project in a folder without a space: the first line of a script cannot name one."""
    project = made(tmp_path, helper)
    project.path = project.path.rename(tmp_path / "project")
    return project


def test_provided_folder_is_there_and_cannot_be_written(unspaced: Project, level: str) -> None:
    project = unspaced
    with_venv(project)
    (project.path / "bench.sh").write_text(PROVIDED + "echo x >> .venv/data.txt || true\n")
    project.git("commit", "-q", "-a", "-m", "a bench that writes")
    project.contract(contract(level, provide=[".venv"]))
    project.edits(write(90))
    project.run("run")
    assert project.statuses() == ["keep", "keep"]
    assert (project.path / ".venv/data.txt").read_text() == "1\n"


def test_provided_folder_is_not_there_without_being_named(unspaced: Project, level: str) -> None:
    with_venv(unspaced)
    unspaced.contract(contract(level))
    unspaced.edits(write(90))
    assert "the baseline must be a passing run" in unspaced.run("run", code=2)


def test_changed_environment_opens_a_new_segment(unspaced: Project, bwrap: str) -> None:
    project = unspaced
    with_venv(project)
    project.contract(contract(bwrap, provide=[".venv/**"]))
    project.edits(write(90), write(80))
    project.run("run", "--experiments", "1")
    (project.path / ".venv/data.txt").write_text("22\n")
    project.run("run")
    assert "a new segment begins: the harness changed; the baseline is measured again" in notes(project)


def test_missing_provided_folder_is_named(project: Project, bwrap: str) -> None:
    project.contract(contract(bwrap, provide=["gone"]))
    project.edits(write(90))
    assert "harness.provide names gone" in project.run("run", code=2)
    assert not (project.path / ".git/autoexp/demo/journal.jsonl").exists()


def test_sealed_file_is_seen_and_its_change_opens_a_new_segment(project: Project, level: str) -> None:
    sealed = project.path.parent / "sealed data.txt"
    sealed.write_text("1\n")
    (project.path / "bench.sh").write_text(
        f'read -r x < value.txt; read -r y < "{sealed}"; echo "METRIC x=$((x * y))"; echo "METRIC ok=1"\n'
        f'if echo 0 > "{sealed}"; then exit 1; fi 2> /dev/null\n'
    )
    project.git("commit", "-q", "-a", "-m", "a bench with data")
    project.contract(contract(level, sealed=[str(sealed)]))
    project.edits(write(90), write(80))
    project.run("run", "--experiments", "1")
    sealed.write_text("2\n")
    project.run("run")
    assert "a new segment begins: the harness changed; the baseline is measured again" in notes(project)
    assert [event["k"] for event in project.journal() if event["event"] == "segment"] == [0, 1]
    assert project.status()["baseline"]["x"] == 180


def test_writable_folder_is_empty_in_each_sample(project: Project, level: str) -> None:
    (project.path / "bench.sh").write_text(
        'test -z "$(ls -A build)" || exit 9\ncp value.txt build/x && read -r x < build/x\n'
        'echo "METRIC x=$x"; echo "METRIC ok=1"\n'
    )
    project.git("commit", "-q", "-a", "-m", "a bench that builds")
    project.contract(contract(level, writable=["build/**"]))
    project.edits(write(90), write(80))
    project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]


def test_without_a_writable_folder_the_error_says_what_to_do(project: Project, bwrap: str) -> None:
    (project.path / "bench.sh").write_text("echo x > built && echo METRIC x=1; echo METRIC ok=1\n")
    project.git("commit", "-q", "-a", "-m", "a bench that writes")
    project.contract(contract(bwrap))
    project.edits(write(90))
    (project.path / "bench.sh").write_text("echo x > built\n")
    project.git("commit", "-q", "-a", "-m", "a bench that fails")
    assert "harness.writable" in project.run("run", code=2)


KIT = """\
import sys
from autoexp.harness_kit import report
x = float(open("value.txt").read())
print("METRIC x=1")
report(x=x, ok=1)
print("METRIC x=0")
"""


def test_private_report_counts_and_lines_on_stdout_do_not(project: Project, level: str) -> None:
    (project.path / "bench.py").write_text(KIT)
    project.git("add", ".")
    project.git("commit", "-q", "-m", "a bench with the kit")
    project.contract(contract(level).replace('"sh bench.sh"', f'"{Path(sys.executable).resolve()} bench.py"'))
    project.edits(write(90), write(95))
    project.run("run")
    assert project.statuses() == ["keep", "keep", "discard"]
    assert [row["metric"] for row in project.rows()] == [100, 90, 95]
    assert {sample["channel"] for sample in samples(project)} == {"kit"}


SECRETS = """\
for place in "$REPO/.git/autoexp" "$REPO/.git/refs/autoexp" "$CACHE"; do
  if [ -n "$(ls -A "$place/" 2> /dev/null)" ]; then echo "saw $place" >&2; exit 4; fi
done
for place in "$REPO/private.txt" "$REPO/.git/autoexp/demo/journal.jsonl" /etc/shadow /proc/1/environ; do
  if cat "$place" > /dev/null 2>&1; then echo "read $place" >&2; exit 4; fi
done
env | grep AUTOEXP_TEST_LEAK && exit 5
"""


def test_neither_side_sees_the_users_checkout_or_our_state(project: Project, level: str) -> None:
    (project.path / "bench.sh").write_text(SECRETS + (project.path / "bench.sh").read_text())
    (project.path / ".git/info/exclude").write_text("private.txt\n")
    (project.path / "private.txt").write_text("private\n")
    (project.path / "propose.sh").write_text(SECRETS + "echo 90 > value.txt\n")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "looks around")
    project.environ["AUTOEXP_TEST_LEAK"] = "1"
    env = {"REPO": str(project.path), "CACHE": str(project.cache)}
    text = contract(level, env=env).replace(
        "{kind: script, file: edits.yaml}", f"{{kind: command, command: sh propose.sh, env: {json.dumps(env)}}}"
    )
    project.contract(text)
    project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep"], project.journal()


def test_level_named_in_the_contract_opens_a_new_segment(project: Project, bwrap: str) -> None:
    held("landlock")
    project.contract(contract("auto"))
    project.edits(write(90), write(80))
    project.run("run", "--experiments", "1")
    project.contract(contract("landlock"))
    project.run("run")
    assert any("the sandbox changed" in text for text in notes(project))
    assert [sample["sandbox"] for sample in samples(project) if sample["side"] == "baseline"] == ["bwrap", "landlock"]
    assert project.status()["sandbox"]["harness"] == "landlock"


REFUSED = 'echo 0 > /proc/sys/user/max_{kind}_namespaces && exec "$@"'


def refusing(kind: str, project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run autoexp where the system refuses one kind of namespaces."""
    environ = {**os.environ, "AUTOEXP_CACHE_DIR": str(project.cache)}
    command = [sys.executable, "-m", "autoexp", *arguments, "--repo", str(project.path)]
    prefix = ["unshare", "--user", "--map-root-user", "sh", "-c", REFUSED.format(kind=kind), "sh"]
    return subprocess.run([*prefix, *command], env=environ, capture_output=True, text=True, check=False, timeout=120)


def test_level_that_can_no_longer_be_had_is_an_error(project: Project, bwrap: str) -> None:
    held("landlock")
    project.contract(contract("auto"))
    project.edits(write(90), write(80))
    project.run("run", "--experiments", "1")
    done = refusing("user", project, "run")
    assert done.returncode == 2, done.stderr
    assert "the harness was measured at the sandbox level bwrap, and only landlock can be had now" in done.stderr
    assert len(project.rows()) == 2
    project.run("run")
    assert project.statuses() == ["keep", "keep", "keep"]


def test_level_that_was_asked_for_and_does_not_hold_is_an_error(project: Project, bwrap: str) -> None:
    project.contract(contract("bwrap"))
    project.edits(write(90))
    done = refusing("user", project, "run")
    assert (done.returncode, "the sandbox level bwrap does not hold here" in done.stderr) == (2, True), done.stderr
    assert not (project.path / ".git/autoexp/demo/journal.jsonl").exists()


def test_without_network_namespaces_sockets_are_refused_by_a_filter(project: Project, bwrap: str) -> None:
    tries = "import socket\ntry: socket.socket()\nexcept PermissionError: print('METRIC x=1')"
    (project.path / "bench.py").write_text(tries + "\nprint('METRIC ok=1')\n")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "a bench with a socket")
    project.contract(contract("auto").replace('"sh bench.sh"', f'"{Path(sys.executable).resolve()} bench.py"'))
    project.edits(write(90))
    done = refusing("net", project, "run")
    assert done.returncode == 0, done.stderr
    assert project.status()["sandbox"] == {"proposer": "bwrap", "harness": "bwrap"}


def test_no_sandbox_is_taken_only_when_that_is_said(project: Project) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare")
    project.edits(write(90))
    project.contract(contract("container"))
    if not ladder.in_container():
        assert "the sandbox level container does not hold here" in project.run("run", code=2)
    project.contract(contract("none"))
    assert "run with your own rights" in project.run("run")


def test_killing_a_measurement_leaves_no_process(project: Project, bwrap: str) -> None:
    (project.path / "bench.sh").write_text(
        "if [ $(cat value.txt) = 90 ]; then setsid sleep 600 & sleep 600; fi\necho METRIC x=100; echo METRIC ok=1\n"
    )
    project.git("commit", "-q", "-a", "-m", "a bench that hangs")
    project.contract(contract(bwrap).replace("timeout: 20s", "timeout: 600s"))
    project.edits(write(90))
    with project.start("run") as engine:
        while len(found := sleeping(project)) < 2:
            assert engine.poll() is None
            time.sleep(0.02)
        engine.send_signal(signal.SIGKILL)
        engine.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in found) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in found if Path(f"/proc/{pid}").exists()]
    project.contract(contract(bwrap).replace("timeout: 20s", "timeout: 5s"))
    project.run("run")
    assert project.statuses() == ["keep", "interrupted", "keep", "timeout"]


def sleeping(project: Project) -> list[int]:
    """Give the sleepers of this project's campaign."""
    from autoexp.engine.cache import campaign_identity

    identity = campaign_identity((project.path / ".git").resolve(), "demo")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        try:
            if b"sleep" in (entry / "cmdline").read_bytes()[:6] and (marker_of(pid) or "").startswith(identity):
                found.append(pid)
        except OSError:
            continue
    return found


@pytest.fixture
def echoing() -> Iterator[int]:
    with server(echo) as port:
        yield port


REACHES = """\
import os, socket, sys
from urllib.parse import urlsplit
allowed, refused = sys.argv[1:]
def ask(target):
    way = urlsplit(os.environ["HTTPS_PROXY"])
    with socket.create_connection((way.hostname, way.port), 10) as link:
        link.sendall(f"CONNECT 127.0.0.1:{target} HTTP/1.1\\r\\n\\r\\n".encode())
        head = link.recv(4096).split(b" ")[1]
        if head != b"200":
            return head.decode()
        link.sendall(b"hello")
        return link.recv(5).decode()
assert ask(allowed) == "hello"
assert ask(refused) == "403"
try:
    socket.create_connection(("127.0.0.1", int(refused)), 5)
except OSError:
    open("value.txt", "w").write("90\\n")
"""


def test_proposer_reaches_listed_hosts_and_no_others(project: Project, level: str, echoing: int) -> None:
    (project.path / "propose.py").write_text(REACHES)
    with server(echo) as other:
        text = contract(level).replace(
            "{kind: script, file: edits.yaml}",
            f"{{kind: command, command: {Path(sys.executable).resolve()} propose.py {echoing} {other}}}",
        )
        text = text.replace(
            f"proposer: {{level: {level}}}", f'proposer: {{level: {level}, network: ["127.0.0.1:{echoing}"]}}'
        )
        project.contract(text)
        printed = project.run("run", "--experiments", "1")
    assert f"proposer {level} (network: 127.0.0.1:{echoing})" in printed
    assert project.statuses() == ["keep", "keep"], project.journal()[-3:]
    assert not list(project.cache.glob("*/px-*"))


def test_harness_reaches_a_server_of_this_machine_that_is_listed(project: Project, bwrap: str, echoing: int) -> None:
    (project.path / "bench.py").write_text(
        f"import os, socket\nlink = socket.create_connection(('127.0.0.1', {echoing}), 10)\nlink.sendall(b'5')\n"
        "print('METRIC x=' + link.recv(1).decode())\nprint('METRIC ok=1')\n"
    )
    project.git("add", ".")
    project.git("commit", "-q", "-m", "a bench with a server")
    text = contract(bwrap).replace('"sh bench.sh"', f'"{Path(sys.executable).resolve()} bench.py"')
    project.contract(
        text.replace("harness: {level: bwrap}", f'harness: {{level: bwrap, network: ["127.0.0.1:{echoing}"]}}')
    )
    project.edits(write(90))
    project.run("run")
    assert project.status()["baseline"]["x"] == 5


BESIDE = """\
test "$(cat "$AUTOEXP_BRIEF" | head -c 1)" = "{" || exit 4
if echo x > "$AUTOEXP_BRIEF"; then exit 5; fi 2> /dev/null
echo 90 > value.txt
echo '{"description": "from beside"}'
"""


@pytest.mark.parametrize("command", ["sh propose.sh", 'sh "$AUTOEXP_FOLDER/propose.sh"'])
def test_program_beside_the_contract_proposes(project: Project, level: str, command: str) -> None:
    (project.path / "propose.sh").write_text(BESIDE)
    text = contract(level).replace("{kind: script, file: edits.yaml}", f"{{kind: command, command: '{command}'}}")
    project.contract(text)
    project.run("run", "--experiments", "1")
    assert [row["description"] for row in project.rows()[1:]] == ["from beside"], project.journal()[-3:]
    assert project.statuses() == ["keep", "keep"]


@pytest.mark.parametrize("kind", ["separate", "linked", "bare", "worktree"])
def test_repositories_of_any_shape_are_measured(project: Project, tmp_path: Path, bwrap: str, kind: str) -> None:
    project.contract(contract(bwrap))
    project.edits(write(90))
    place = tmp_path / "ümläut place"
    match kind:
        case "separate":
            project.git("init", "-q", "--separate-git-dir", str(place))
        case "linked":
            place.symlink_to(project.path)
            project.path = place
        case "worktree":
            project.git("worktree", "add", "-q", str(place), "-b", "other")
            for name in ("autoexp.yaml", "edits.yaml"):
                shutil.copy(project.path / name, place / name)
            project.path = place
        case _:
            project.git("add", "autoexp.yaml", "edits.yaml")
            project.git("commit", "-q", "-m", "the contract")
            subprocess.run(["git", "clone", "-q", "--bare", str(project.path), str(place)], check=True)
            for name in ("autoexp.yaml", "edits.yaml"):
                shutil.copy(project.path / name, place / name)
            project.path = place
    project.run("run")
    assert project.statuses() == ["keep", "keep"]
