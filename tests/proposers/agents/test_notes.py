"""Notes that an agent left in its HOME: read where they are files of its own, never where they are traps."""

import os
from pathlib import Path

from autoexp.proposers.agents.notes import notes

FOLDER = ".agent/sessions"


def written(path: Path, text: str = '{"n": 1}\nno json\n{"n": 2}\n') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_objects_of_the_named_session_are_read_in_order(tmp_path: Path) -> None:
    written(tmp_path / FOLDER / "2026/01/rollout-one.jsonl")
    written(tmp_path / FOLDER / "2026/01/rollout-other.jsonl")
    assert list(notes(tmp_path, FOLDER, ending="-one.jsonl")) == [{"n": 1}, {"n": 2}]


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside/rollout-one.jsonl")
    linked = [tmp_path / name for name in ("file", "folder", "root", "middle")]
    for home in (linked[0], linked[1]):
        (home / FOLDER).mkdir(parents=True)
    (linked[0] / FOLDER / "rollout-one.jsonl").symlink_to(outside)
    (linked[1] / FOLDER / "2026").symlink_to(outside.parent)
    (linked[2] / ".agent").mkdir(parents=True)
    (linked[2] / FOLDER).symlink_to(outside.parent)
    linked[3].mkdir()
    (tmp_path / "elsewhere/sessions").mkdir(parents=True)
    written(tmp_path / "elsewhere/sessions/rollout-one.jsonl")
    (linked[3] / ".agent").symlink_to(tmp_path / "elsewhere")
    assert [list(notes(home, FOLDER, ending="-one.jsonl")) for home in linked] == [[], [], [], []]


def test_pipe_in_the_place_of_notes_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    os.mkfifo(tmp_path / FOLDER / "rollout-one.jsonl")
    assert list(notes(tmp_path, FOLDER, ending="-one.jsonl")) == []


def test_home_without_notes_has_none(tmp_path: Path) -> None:
    assert list(notes(tmp_path, FOLDER, ending=".jsonl")) == []
