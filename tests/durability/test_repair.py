"""`autoexp repair`: a lost or damaged journal is made again from git, lost refs from the journal, and what nobody has is named."""

import json
import random
import re
from pathlib import Path

import pytest

from autoexp.stores.blobs import unpacked
from tests.durability.laws import decided, lawful
from tests.durability.repaired import EDITS, blobs, copies, ended, journal, kinds, repaired, template
from tests.end_to_end.conftest import Project

__all__ = ["ended", "template"]


def test_blobs_hold_every_record(ended: Project) -> None:
    lines: dict[int, bytes] = {}
    for blob in blobs(ended).values():
        held = unpacked(blob)
        assert held is not None
        lines |= dict(enumerate(held.lines, held.first))
    assert b"".join(lines[number] for number in sorted(lines)) == journal(ended).read_bytes()


def test_whole_campaign_needs_no_repair(ended: Project) -> None:
    before = journal(ended).read_bytes()
    assert repaired(ended, "--check") == repaired(ended)
    assert repaired(ended)["findings"] == []
    assert journal(ended).read_bytes() == before
    assert not copies(ended)


def test_lost_journal_is_made_again_byte_for_byte(ended: Project) -> None:
    before, rows, refs = journal(ended).read_bytes(), ended.rows(), ended.refs()
    journal(ended).unlink()
    found = repaired(ended, "--check", code=2)
    assert kinds(found)[0] == "journal"
    assert not journal(ended).exists()
    done = repaired(ended)
    assert done["agrees"]
    after = journal(ended).read_bytes()
    assert after.startswith(before)
    assert json.loads(after[len(before) :])["data"]["event"] == "note"
    assert repaired(ended)["findings"] == []
    assert journal(ended).read_bytes() == after
    assert ended.rows() == rows
    assert {name: oid for name, oid in ended.refs().items() if name != "tail"} == {
        name: oid for name, oid in refs.items() if name != "tail"
    }
    lawful(ended)


def test_lost_refs_are_made_again(ended: Project) -> None:
    refs = ended.refs()
    for name in refs:
        ended.git("update-ref", "-d", f"refs/autoexp/demo/{name}")
    ended.git("update-ref", "-d", "refs/heads/autoexp/demo")
    assert kinds(repaired(ended, "--check", code=2)) == ["missing"] * 3
    assert repaired(ended)["agrees"]
    assert ended.refs() == refs
    assert ended.git("rev-parse", "autoexp/demo") == refs["best"]
    assert repaired(ended)["findings"] == []
    lawful(ended)


def test_run_and_looks_name_the_repair_of_a_lost_journal(ended: Project) -> None:
    best = ended.refs()["best"]
    for lost in (Path.unlink, lambda path: path.write_bytes(b"")):
        lost(journal(ended))
        for command in ("run", "status", "log"):
            assert "`autoexp repair --tag demo`" in ended.run(command, code=2)
    assert ended.refs()["best"] == best
    ended.git("commit", "-q", "--allow-empty", "-m", "more")
    assert "autoexp repair" in ended.run("run", code=2)
    assert ended.refs()["best"] == best
    assert repaired(ended)["agrees"]


def test_older_journal_put_back_is_gone_on_with(project: Project) -> None:
    project.edits(*EDITS)
    project.run("run", "--experiments", "2")
    older = journal(project).read_bytes()
    project.run("run")
    whole, rows = journal(project).read_bytes(), project.rows()
    journal(project).write_bytes(older)
    for command in ("run", "status", "log"):
        assert "`autoexp repair --tag demo`" in project.run(command, code=2)
    assert journal(project).read_bytes() == older
    assert kinds(repaired(project))[0] == "journal"
    assert journal(project).read_bytes().startswith(whole)
    assert [path.read_bytes() for path in copies(project)] == [older]
    assert project.rows() == rows
    project.run("run")
    lawful(project)


def test_run_notes_lost_refs(ended: Project) -> None:
    for name in ("record/2", "attempt/3", "record/3"):
        ended.git("update-ref", "-d", f"refs/autoexp/demo/{name}")
    ended.run("run")
    notes = [event["text"] for event in ended.journal() if event["event"] == "note"]
    assert "git has lost refs of this campaign: 2 verdicts, 1 candidate; `autoexp repair --tag demo`" in "\n".join(
        notes
    )
    assert repaired(ended)["agrees"]
    notes = len(notes)
    ended.run("run")
    assert len([event for event in ended.journal() if event["event"] == "note"]) == notes
    lawful(ended)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))])
def test_damage_anywhere_is_mended_from_git(ended: Project, seed: int) -> None:
    dice = random.Random(seed)
    whole = journal(ended).read_bytes()
    text = bytearray(whole)
    at = dice.randrange(whole.rindex(b"\n", 0, -1))
    text[at : at + dice.choice([1, 40, 4000])] = dice.randbytes(dice.choice([0, 1, 500]))
    journal(ended).write_bytes(text)
    assert re.search("`autoexp repair( --tag demo)?`", ended.run("status", code=2))
    assert re.search("`autoexp repair( --tag demo)?`", ended.run("run", code=2))
    assert repaired(ended)["agrees"]
    assert journal(ended).read_bytes().startswith(whole)
    assert [path.read_bytes() for path in copies(ended)] == [bytes(text)]
    assert repaired(ended)["findings"] == []
    assert ended.run("status")


def test_records_that_nobody_has_are_named_and_cut_only_on_request(ended: Project) -> None:
    lines = journal(ended).read_bytes().splitlines(keepends=True)
    events = ended.journal()
    first = next(i for i, event in enumerate(events) if event["event"] == "intent" and event["n"] == 3)
    journal(ended).write_bytes(b"".join(lines[: first + 1] + lines[first + 3 :]))
    for name in ("record/3", "tail"):
        ended.git("update-ref", "-d", f"refs/autoexp/demo/{name}")
    damaged, refs = journal(ended).read_bytes(), ended.refs()
    for arguments in ((), ("--check",), ("--check", "--cut")):
        found = repaired(ended, *arguments, code=2)
        (gap,) = found["findings"]
        assert (gap["kind"], gap["experiments"]) == ("gap", [3])
        assert f"records {first + 1}, {first + 2}" in gap["text"]
        assert "--cut" in gap["fix"]
        assert (journal(ended).read_bytes(), ended.refs(), copies(ended)) == (damaged, refs, [])
    done = repaired(ended, "--cut")
    assert done["experiments"] == 2
    assert [path.read_bytes() for path in copies(ended)] == [damaged]
    now = ended.refs()
    assert now["best"] == refs["attempt/1"]
    assert now[f"lost/best-{refs['best'][:12]}"] == refs["best"]
    assert set(refs.values()) <= set(now.values())
    assert ended.git("rev-parse", "autoexp/demo") == now["best"]
    output = journal(ended).parent / "output"
    assert sorted(path.name for path in output.iterdir() if int(path.name.strip("lost") or 0) > 2) == []
    assert sorted(path.name for path in (output / "lost").iterdir()) == ["3.1", "4.1", "5.1"]
    assert repaired(ended)["findings"] == []
    assert [row["n"] for row in ended.rows()] == [0, 1, 2]
    ended.run("run")
    assert decided(lawful(ended))[-1][:2] == ("value 70", "keep")


def test_start_that_is_refused_leaves_exports_that_tell_of_more_than_the_journal(ended: Project) -> None:
    lines = journal(ended).read_bytes().splitlines(keepends=True)
    exports = {path: path.read_bytes() for path in (ended.path / ".autoexp/demo").iterdir()}
    shorter = b"".join(lines[: len(lines) // 2])
    journal(ended).write_bytes(shorter)
    assert "autoexp repair" in ended.run("run", code=2)
    assert {path: path.read_bytes() for path in exports} == exports
    assert journal(ended).read_bytes() == shorter
    repaired(ended)
    assert "still running" not in ended.run("run")
