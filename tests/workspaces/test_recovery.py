"""After a kill at any moment the trees are right again: scanned and restored, or built anew."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from autoexp.workspaces import Change, Entry, MeasurementTrees, ProposalCopy, Repository, Scope


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def commits(repository):
    head = repository.head()
    new = Entry("100644", repository.write_blob(b"a = 2\nb = 2\n"))
    return head, repository.commit(head, [Change("src/model.py", None, new), Change("x/y", None, new)], "x", when=1)


@pytest.fixture
def fresh(repository, commits, tmp_path, snapshot):
    """What trees without a past look like."""
    made = MeasurementTrees(repository, tmp_path / "fresh")
    return {commit: snapshot(made.place(commit, commit)) for commit in commits}


def damage_nothing(folder):
    pass


def damage_state(folder):
    for note in folder.rglob("state.json"):
        note.write_text('{"commit": ')


def damage_no_state(folder):
    for note in folder.rglob("state.json"):
        note.unlink()


def damage_foreign_state(folder):
    for note in folder.rglob("state.json"):
        note.write_text(note.read_text().replace("user", "other"))


def damage_index(folder):
    for index in folder.rglob("tables/*/index"):
        index.unlink()


def damage_lock(folder):
    for index in folder.rglob("tables/*/index"):
        index.with_name("index.lock").write_bytes(b"half")


def damage_files(folder):
    for path in folder.rglob("src/model.py"):
        path.write_text("half")
    for path in folder.rglob("bench.py"):
        path.unlink()


def damage_tree(folder):
    for path in (*folder.rglob("tree"), *folder.glob("w")):
        shutil.rmtree(path)


def damage_trash(folder):
    for note in folder.rglob("state.json"):
        (note.parent / "trash/1/deep").mkdir(parents=True)
        (note.parent / "trash/1/deep/x").touch()


def damage_template(folder):
    for path in folder.rglob("template"):
        shutil.rmtree(path)


DAMAGES = [function for name, function in sorted(globals().items()) if name.startswith("damage_")]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("way", ["same commit", "next commit"])
def test_measured_tree_is_right_after_a_kill(repository, commits, fresh, cache, snapshot, damage, way):
    trees = MeasurementTrees(repository, cache)
    trees.place("incumbent", commits[0])
    trees.place("candidate", commits[1])
    damage(cache)
    trees = MeasurementTrees(repository, cache)
    wanted = commits[1] if way == "same commit" else commits[0]
    assert snapshot(trees.place("candidate", wanted)) == fresh[wanted]
    assert trees.clean() == ()
    assert snapshot(trees.place("incumbent", commits[0])) == fresh[commits[0]]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("way", ["same commit", "next commit"])
def test_copy_is_right_after_a_kill(repository, commits, fresh, cache, snapshot, damage, way):
    work = ProposalCopy(repository, cache).reset(commits[1])
    (work / "left.log").touch()
    damage(cache)
    wanted = commits[1] if way == "same commit" else commits[0]
    copy = ProposalCopy(repository, cache)
    assert snapshot(copy.reset(wanted)) == fresh[wanted]
    done = subprocess.run(["git", "status", "--porcelain", "--ignored"], cwd=work, capture_output=True, check=True)
    assert done.stdout == b""
    capture = copy.capture(Scope(["*"]))
    assert (capture.changes, capture.outside) == ((), ())


def test_kill_between_renames_loses_no_tree(repository, commits, fresh, cache, snapshot):
    trees = MeasurementTrees(repository, cache)
    trees.place("incumbent", commits[0])
    trees.place("candidate", commits[1])
    (cache / "w").rename(cache / "sides" / "candidate" / "tree")
    trees = MeasurementTrees(repository, cache)
    assert snapshot(trees.place("incumbent", commits[0])) == fresh[commits[0]]


def test_tree_of_nobody_is_not_shown(repository, commits, fresh, cache, snapshot):
    (cache / "w").mkdir(parents=True)
    (cache / "w" / "stranger").touch()
    trees = MeasurementTrees(repository, cache)
    assert snapshot(trees.place("incumbent", commits[0])) == fresh[commits[0]]


def test_restart_of_the_machine_builds_anew(repository, commits, cache, monkeypatch, tmp_path):
    boot = tmp_path / "boot"
    boot.write_text("one")
    monkeypatch.setattr("autoexp.workspaces.treestate._BOOT_ID", boot)
    inode = (MeasurementTrees(repository, cache).place("incumbent", commits[0]) / "bench.py").stat().st_ino
    MeasurementTrees(repository, cache).place("incumbent", commits[0])
    kept = (cache / "w" / "bench.py").stat().st_ino
    boot.write_text("two")
    built = []
    monkeypatch.setattr(
        "autoexp.workspaces.tree.PersistentTree.build",
        lambda tree, commit: built.append(commit) or tree.path.mkdir(exist_ok=True),
    )
    MeasurementTrees(repository, cache).place("incumbent", commits[0])
    assert inode == kept
    assert built == [commits[0]]


def test_failure_in_the_midst_of_a_move_is_recovered_in_the_same_process(
    repository, commits, fresh, cache, snapshot, monkeypatch
):
    trees = MeasurementTrees(repository, cache)
    trees.place("incumbent", commits[0])
    with monkeypatch.context() as broken:
        broken.setattr(
            Repository, "read_blob", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
        with pytest.raises(OSError, match="No space"):
            trees.place("incumbent", commits[1])
    assert snapshot(trees.place("incumbent", commits[1])) == fresh[commits[1]]


PROGRAM = """
import sys
from pathlib import Path
from autoexp.workspaces import MeasurementTrees, ProposalCopy, Repository
repository = Repository.open(Path(sys.argv[1]))
trees = MeasurementTrees(repository, Path(sys.argv[2]) / "trees")
copy = ProposalCopy(repository, Path(sys.argv[2]) / "copy")
print("ready", flush=True)
while True:
    for commit in sys.argv[3:]:
        folder = trees.place("candidate", commit)
        (folder / "bench.py").write_text("mess")
        trees.clean()
        trees.place("incumbent", sys.argv[3])
        copy.reset(commit).joinpath("src/model.py").write_text("mess")
"""


def test_probe_of_a_killed_engine_is_no_hindrance(user, repository, commits, fresh, cache, snapshot):
    (cache / "copy" / "probe").mkdir(parents=True)
    assert snapshot(ProposalCopy(repository, cache / "copy").reset(commits[0])) == fresh[commits[0]]


def test_kill_at_a_random_moment_is_survived(user, repository, commits, fresh, cache, snapshot):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for pause_s in (0.0, 0.013, 0.04, 0.09, 0.17):
        arguments = [sys.executable, "-c", PROGRAM, str(user.path), str(cache), *commits]
        with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(pause_s)
            process.send_signal(signal.SIGKILL)
        trees = MeasurementTrees(repository, cache / "trees")
        for side, commit in zip(("candidate", "incumbent"), commits, strict=True):
            assert snapshot(trees.place(side, commit)) == fresh[commit]
        trees.release()
        assert snapshot(ProposalCopy(repository, cache / "copy").reset(commits[0])) == fresh[commits[0]]
