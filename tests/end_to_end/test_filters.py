"""Where a filter of the user's git does not work, a session is refused in plain words, and nothing is written."""

import pytest

from tests.end_to_end.conftest import Project, write


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        (
            "lfs",
            {"process": "no-such-lfs filter-process", "required": "true"},
            "install git-lfs, or `git lfs uninstall`",
        ),
        (
            "zip",
            {"clean": "no-such-zip -c", "required": "true"},
            "its filter zip starts no-such-zip, which is not installed",
        ),
        ("zip", {"clean": "exit 3", "required": "true"}, "its filter zip fails: "),
    ],
)
def test_filter_that_does_not_work_is_named(project: Project, name: str, settings: dict[str, str], told: str) -> None:
    (project.path / "large.bin").write_text("large\n", encoding="utf-8")
    (project.path / ".gitattributes").write_text(f"*.bin filter={name}\n", encoding="utf-8")
    project.git("-c", "filter.lfs.process=", "-c", "filter.lfs.clean=", "-c", "filter.lfs.required=false", "add", ".")
    project.git("commit", "-q", "-m", "large")
    project.edits(write(50), write(40))
    project.run("run", "--experiments", "1")
    for key, value in settings.items():
        project.git("config", f"filter.{name}.{key}", value)
    journal = project.path / ".git/autoexp/demo/journal.jsonl"
    before = journal.read_bytes()
    for command in (["run"], ["run", "--tag", "new"], ["try"]):
        (project.path / "large.bin").write_text("other\n", encoding="utf-8")
        assert told in project.run(*command, code=2)
    assert journal.read_bytes() == before
