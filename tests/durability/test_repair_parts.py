"""`autoexp repair` where a part of git is lost, somebody moved a ref, or an earlier version wrote the blobs."""

import json
import signal

import pytest

from autoexp.stores.journal import is_locked
from tests.durability.laws import decided, lawful
from tests.durability.repaired import EDITS, copies, ended, journal, kinds, repaired, template
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import Project

__all__ = ["ended", "template"]


def lose(project: Project, commit: str) -> None:
    """Remove what a commit alone holds: itself, its tree, and its value.txt."""
    oids = [project.git("rev-parse", name) for name in (commit, f"{commit}^{{tree}}", f"{commit}:value.txt")]
    for oid in oids:
        (project.path / ".git/objects" / oid[:2] / oid[2:]).unlink()


def test_discarded_candidate_whose_objects_are_gone_is_named(ended: Project) -> None:
    lost = ended.refs()["attempt/2"]
    lose(ended, lost)
    for arguments in (("--check",), ()):
        (finding,) = repaired(ended, *arguments, code=2)["findings"]
        assert (finding["kind"], finding["experiments"]) == ("gone", [2])
    (ended.path / ".git/refs/autoexp/demo/attempt/2").unlink()
    (finding,) = repaired(ended, code=2)["findings"]
    assert (finding["kind"], finding["experiments"]) == ("gone", [2])
    assert "attempt/2" not in ended.refs()


@pytest.mark.long
def test_candidate_that_lacks_a_file_gets_no_ref(ended: Project) -> None:
    oid = ended.git("rev-parse", "refs/autoexp/demo/attempt/2:value.txt")
    ended.git("update-ref", "-d", "refs/autoexp/demo/attempt/2")
    (ended.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    (finding,) = repaired(ended, code=2)["findings"]
    assert (finding["kind"], finding["experiments"]) == ("gone", [2])
    assert "attempt/2" not in ended.refs()


@pytest.mark.long
def test_emptied_packed_refs_are_filled_again(ended: Project) -> None:
    refs = ended.refs()
    ended.git("pack-refs", "--all", "--prune")
    packed = ended.path / ".git/packed-refs"
    kept = [line for line in packed.read_text().splitlines() if "autoexp" not in line]
    packed.write_text("\n".join(kept) + "\n")
    assert ended.refs() == {}
    assert repaired(ended)["agrees"]
    assert ended.refs() == refs
    lawful(ended)


@pytest.mark.long
def test_blob_that_is_gone_is_written_again(ended: Project) -> None:
    oid = ended.refs()["record/2"]
    (ended.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert kinds(repaired(ended, "--check", code=2)) == ["missing"]
    assert repaired(ended)["agrees"]
    assert ended.refs()["record/2"] == oid
    assert json.loads(ended.git("cat-file", "blob", oid))["n"] == 2


def test_moved_refs_are_named_and_moved_back_only_on_request(ended: Project) -> None:
    refs, main = ended.refs(), ended.git("rev-parse", "main")
    for name in ("best", "attempt/2"):
        ended.git("update-ref", f"refs/autoexp/demo/{name}", main)
    moved = ended.refs()
    for arguments in ((), ("--check", "--yes")):
        (finding,) = repaired(ended, *arguments, code=2)["findings"]
        assert (finding["kind"], sorted(finding["refs"])) == ("moved", ["attempt/2", "best"])
        assert "--yes" in finding["fix"]
        assert ended.refs() == moved
    assert repaired(ended, "--yes")["agrees"]
    now = ended.refs()
    assert (now["best"], now["attempt/2"]) == (refs["best"], refs["attempt/2"])
    assert {now[f"lost/best-{main[:12]}"], now[f"lost/attempt-2-{main[:12]}"]} == {main}
    assert repaired(ended)["findings"] == []
    lawful(ended)


def summarised(project: Project) -> None:
    """Let all blobs be those of an earlier version: a view of each experiment, and no records."""
    for name in project.refs():
        if name.startswith(("record/", "segment/")):
            blob = project.path / "blob.json"
            blob.write_text(json.dumps({"format": 1, "n": int(name.partition("/")[2]), "status": "discard"}))
            oid = project.git("hash-object", "-w", str(blob))
            blob.unlink()
            project.git("update-ref", f"refs/autoexp/demo/{name}", oid)
    project.git("update-ref", "-d", "refs/autoexp/demo/tail")


def test_journal_cannot_be_made_again_from_summaries(ended: Project) -> None:
    summarised(ended)
    refs = ended.refs()
    journal(ended).unlink()
    for arguments in (("--check",), (), ("--cut",)):
        (finding,) = repaired(ended, *arguments, code=2)["findings"]
        assert "summaries of an earlier version" in finding["text"]
    assert not journal(ended).exists()
    assert ended.refs() == refs


def test_records_of_an_earlier_version_are_in_git_after_a_repair(ended: Project) -> None:
    summarised(ended)
    before = journal(ended).read_bytes()
    assert repaired(ended, "--check")["agrees"]
    assert kinds(repaired(ended)) == ["summaries"]
    journal(ended).unlink()
    assert repaired(ended)["agrees"]
    assert journal(ended).read_bytes().startswith(before)


@pytest.mark.long
def test_session_after_an_earlier_version_keeps_all_records_in_git(ended: Project) -> None:
    summarised(ended)
    ended.edits(*EDITS, {"description": "value 60", "write": {"file": "value.txt", "text": "60\n"}})
    ended.run("run")
    before = journal(ended).read_bytes()
    journal(ended).unlink()
    assert repaired(ended)["agrees"]
    assert journal(ended).read_bytes().startswith(before)


def test_repair_waits_for_no_engine(ended: Project) -> None:
    ended.edits(*EDITS, {"description": "slow", "run": "echo 1 > started; sleep 30"})
    with ended.start("run") as engine:
        try:
            wait_until(lambda: is_locked(journal(ended).parent), "the engine's lock")
            assert "another autoexp" in ended.run("repair", "--check", code=2)
        finally:
            engine.send_signal(signal.SIGTERM)
            engine.communicate(timeout=60)


def test_tag_that_nobody_has_is_an_error_and_leaves_nothing(ended: Project) -> None:
    assert "no campaign named other" in ended.run("repair", "--tag", "other", code=2)
    assert not (ended.path / ".git/autoexp/other").exists()


def test_killed_repair_is_done_by_the_next_one(ended: Project) -> None:
    killed_and_repaired(ended, "after-copy")


@pytest.mark.long
@pytest.mark.parametrize("point", ["before-copy", "before-record", "after-record", "before-refs", "after-refs"])
def test_repair_may_be_killed_at_any_step(ended: Project, point: str) -> None:
    killed_and_repaired(ended, point)


def killed_and_repaired(ended: Project, point: str) -> None:
    rows, refs, whole = ended.rows(), ended.refs(), journal(ended).read_bytes()
    damaged = whole.replace(b'"event":"decision","n":2', b'"event":"decision","n":7', 1)
    journal(ended).write_bytes(damaged)
    for name in ("attempt/2", "record/4"):
        ended.git("update-ref", "-d", f"refs/autoexp/demo/{name}")
    ended.run("repair", code=-signal.SIGKILL, fault=point)
    assert journal(ended).read_bytes() == damaged or journal(ended).read_bytes().startswith(whole)
    assert repaired(ended)["agrees"]
    assert journal(ended).read_bytes().startswith(whole)
    assert [path.read_bytes() for path in copies(ended)] == [damaged]
    assert {name: oid for name, oid in ended.refs().items() if name != "tail"} == {
        name: oid for name, oid in refs.items() if name != "tail"
    }
    assert repaired(ended)["findings"] == []
    assert ended.rows() == rows


@pytest.mark.long
def test_best_goes_back_where_the_verdict_that_moved_it_is_lost(ended: Project) -> None:
    refs, events = ended.refs(), ended.journal()
    lines = journal(ended).read_bytes().splitlines(keepends=True)
    verdict = next(i for i, event in enumerate(events) if event["event"] == "decision" and event["n"] == 5)
    journal(ended).write_bytes(b"".join(lines[:verdict]))
    for name in ("record/5", "tail"):
        ended.git("update-ref", "-d", f"refs/autoexp/demo/{name}")
    assert "somebody else moved it" in ended.run("run", code=2)
    assert "moved" in kinds(repaired(ended))
    now = ended.refs()
    assert (now["best"], now[f"lost/best-{refs['best'][:12]}"]) == (refs["attempt/3"], refs["best"])
    ended.run("run")
    assert decided(lawful(ended))[-1][:2] == ("value 70", "keep")
