"""`autoexp repair`: a lost or damaged journal is made again from git, lost refs from the journal, and what nobody has is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from autoexp.stores.blobs import unpacked
from tests.durability.laws import lawful
from tests.end_to_end.conftest import Project, write

EDITS = [write(90), write(95), write(80), write("crash"), write(70)]


def journal(project: Project) -> Path:
    return project.path / ".git/autoexp/demo/journal.jsonl"


def copies(project: Project) -> list[Path]:
    return sorted(journal(project).parent.glob("journal.jsonl.damaged*"))


def blobs(project: Project) -> dict[str, bytes]:
    names = [name for name in project.refs() if name.startswith(("record/", "segment/", "tail"))]
    return {name: (project.git("cat-file", "blob", f"refs/autoexp/demo/{name}") + "").encode() for name in names}


def repaired(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    return json.loads(project.ran("repair", "--json", *arguments, code=code)[0])


def kinds(found: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in found["findings"]]


@pytest.fixture
def ended(project: Project) -> Project:
    project.edits(*EDITS)
    project.run("run")
    return project


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
