"""A confirmation that was cut short in the middle of a run: nothing leaks, and nothing is asked for twice."""

import signal
import tarfile
from pathlib import Path

import pytest

from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import CONTRACT, Project, made

BENCH = """\
echo "key $THE_KEY"
read -r a < a.txt
if [ -e "$MARK.wait" ]; then echo x >> "$MARK.runs"; fi
if [ -e "$MARK.wait" ] && [ "$(wc -l < "$MARK.runs")" -ge 2 ]; then : > "$MARK"; while [ -e "$MARK.wait" ]; do sleep 0.05; done; fi
echo "METRIC x=$(( a * 1000 + AUTOEXP_SEED % NOISE ))"
"""
KEY = "k3y-that-nobody-may-see"
EDITS = [
    {"description": "less of a", "write": {"file": "a.txt", "text": "40\n"}},
    {"description": "a file of no use", "write": {"file": "e.txt", "text": "nothing\n"}},
]


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


def waiting(folder: Path, helper: Helper, mark: Path, *, noise: int) -> Project:
    """Make a project whose harness prints a key, and waits from its second run on while a file is there."""
    project = made(folder, helper)
    (project.path / "a.txt").write_text("50\n")
    (project.path / "bench.sh").write_text(BENCH.replace("NOISE", str(noise)))
    project.git("add", ".")
    project.git("commit", "-q", "-m", "it waits")
    contract = CONTRACT.replace("[value.txt]", '["*.txt"]').replace('  checks: "sh checks.sh"\n', "")
    contract = contract.replace("  ok: {role: guard, equals: 1}\n", "").replace(
        "timeout: 5s", f"timeout: 60s\n  env: {{MARK: '{mark}'}}\n  env_from: [THE_KEY]"
    )
    exact, decision = ("true", "{on_equal: keep}") if noise == 1 else ("false", "{method: single}")
    project.contract(contract.replace("deterministic: true", f"deterministic: {exact}") + f"decision: {decision}\n")
    project.environ["THE_KEY"] = KEY
    project.edits(*EDITS)
    project.run("run")
    return project


def left_with_key(project: Project) -> list[Path]:
    output = project.path / ".git/autoexp/demo/output"
    return [path for path in output.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def names_with_key(bundle: Path) -> list[str]:
    with tarfile.open(bundle) as opened:
        files = {one.name: opened.extractfile(one) for one in opened.getmembers()}
        return [name for name, file in files.items() if file is not None and KEY.encode() in file.read()]


def test_what_a_killed_run_printed_is_masked_before_it_leaves_the_machine(
    tmp_path: Path, helper: Helper, mark: Path
) -> None:
    project, wait = waiting(tmp_path, helper, mark, noise=1000), Path(f"{mark}.wait")
    wait.touch()
    with project.start("confirm", "--pairs", "2") as process:
        wait_until(lambda: mark.exists() and left_with_key(project), "what the second run prints")
        process.send_signal(signal.SIGKILL)
    assert left_with_key(project)
    project.run("export", "--bundle", str(tmp_path / "first.tar"), "--outputs")
    assert names_with_key(tmp_path / "first.tar") == []
    wait.unlink()
    project.run("confirm", "--pairs", "3")  # another one, which runs nothing again of what the killed one has
    assert left_with_key(project) == []
    project.run("export", "--bundle", str(tmp_path / "second.tar"), "--outputs")
    assert names_with_key(tmp_path / "second.tar") == []
    with tarfile.open(tmp_path / "second.tar") as opened:
        assert any(name.startswith("output/confirmation-1/") for name in opened.getnames())


def test_interrupted_prune_is_tried_again_by_the_ablation_on_record(tmp_path: Path, helper: Helper, mark: Path) -> None:
    project, wait = waiting(tmp_path, helper, mark, noise=1), Path(f"{mark}.wait")
    project.run("confirm", "--ablate")
    wait.touch()
    mark.with_name("mark.runs").write_text("x\n")
    with project.start("confirm", "--prune") as process:
        wait_until(mark.exists, "the run of the prune")
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    assert project.statuses()[-1] == "interrupted"
    wait.unlink()
    before = len([one for one in project.journal() if one["event"] == "confirmation_run"])
    project.run("confirm", "--prune")
    assert project.statuses()[-1] == "keep"
    after = len([one for one in project.journal() if one["event"] == "confirmation_run"])
    assert after == before + 2, "what each keep adds was measured again"


@pytest.mark.long
@pytest.mark.parametrize("fault", ["after-sample:4", "after-decision:4"])
def test_killed_prune_that_fails_is_told_and_not_tried_again(tmp_path: Path, helper: Helper, fault: str) -> None:
    project = made(tmp_path, helper)
    bench = "x=50; if [ -e f1.txt ] || [ -e f2.txt ]; then x=40; fi\necho METRIC x=$x\n"  # either one is enough
    (project.path / "bench.sh").write_text(bench)
    project.git("commit", "-q", "-a", "-m", "either is enough")
    contract = CONTRACT.replace("[value.txt]", '["*.txt"]').replace('  checks: "sh checks.sh"\n', "")
    project.contract(contract.replace("  ok: {role: guard, equals: 1}\n", "") + "decision: {on_equal: keep}\n")
    project.edits(
        *({"description": name, "write": {"file": f"{name}.txt", "text": "x\n"}} for name in ("f1", "f2", "f3"))
    )
    project.run("run", "--experiments", "3")
    project.run("confirm", "--prune", code=-signal.SIGKILL, fault=fault)
    runs = len([one for one in project.journal() if one["event"] == "confirmation_run"])
    assert "experiments 1, 2, 3: left in, for without them it is discard (experiment 4)" in project.run(
        "confirm", "--prune"
    )
    assert project.statuses() == ["keep"] * 4 + ["discard"]
    assert len([one for one in project.journal() if one["event"] == "confirmation_run"]) == runs
