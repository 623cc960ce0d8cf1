"""How-tos whose files are all on the page: their campaigns run for real."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, files
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project

ENDS = {
    "benchmark": ["keep", "keep"],
    "tests-as-checks": ["keep", "checks_failed", "keep"],
    "several-benchmarks": ["keep", "keep", "discard", "keep"],
}


def made(page: str, folder: Path, helper: Helper) -> Project:
    """Make a repository of the files on a page; all but the contract are committed."""
    project = Project(folder / page, folder / "cache", helper)
    project.path.mkdir()
    for name, text in files(DOCS / "how-to" / f"{page}.md").items():
        (project.path / name).parent.mkdir(exist_ok=True)
        (project.path / name).write_text(text, encoding="utf-8")
    project.git("init", "-q", "-b", "main")
    project.git("add", "--", ":!autoexp.yaml")
    project.git("-c", "user.name=U", "-c", "user.email=u@localhost", "commit", "-q", "-m", "start")
    return project


@pytest.mark.parametrize("page", ENDS)
def test_campaign_of_a_page_ends_as_the_page_says(page: str, tmp_path: Path, helper: Helper) -> None:
    project = made(page, tmp_path, helper)
    project.run("run", "--allow-unsandboxed")
    assert project.statuses() == ENDS[page]


def test_draws_at_random_find_a_better_configuration(tmp_path: Path, helper: Helper) -> None:
    project = made("config-file", tmp_path, helper)
    project.run("run", "--allow-unsandboxed", code=3)  # its budget ends it
    status = project.status()
    assert status["experiments"] == 6
    assert status["kept"] >= 1
    assert status["in_loop_gain"] > 0
