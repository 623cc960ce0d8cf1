"""A campaign travels in one file: everything that a look tells is the same there, and it goes on; an import that died is done again."""

import shutil
import signal
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from autoexp.engine.faults import CHORES
from tests.durability.carried import cloned, looks
from tests.durability.laws import lawful
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import Project, write

STEPS = [point for point in CHORES if point.split("-")[1] in {"objects", "refs", "record"}]
SHORT = {"before-record"}
POINTS = [pytest.param(point, marks=[] if point in SHORT else pytest.mark.long) for point in STEPS]


def test_campaign_is_the_same_after_the_journey_and_goes_on(ran: Project, bundle: Path, elsewhere: Project) -> None:
    assert "4 experiments, 2 kept" in elsewhere.run("import", "--bundle", str(bundle))
    assert looks(elsewhere) == looks(ran)
    assert elsewhere.refs() == ran.refs()
    assert elsewhere.git("rev-parse", "autoexp/demo") == ran.refs()["best"]
    elsewhere.run("run")
    rows = lawful(elsewhere)
    assert [row["status"] for row in rows] == ["keep", "keep", "discard", "keep", "crash", "keep"]
    notes = [event["text"] for event in elsewhere.journal() if event["event"] == "note"]
    assert any("another folder of this machine" in text for text in notes)


@pytest.mark.parametrize("point", POINTS)
def test_import_that_died_is_no_campaign_yet_and_is_done_again(
    ran: Project, bundle: Path, elsewhere: Project, point: str
) -> None:
    elsewhere.run("import", "--bundle", str(bundle), code=-signal.SIGKILL, fault=point)
    if point != "after-record":
        elsewhere.run("status", code=2)
        elsewhere.run("import", "--bundle", str(bundle))
    assert elsewhere.refs() == ran.refs()
    lawful(elsewhere)
    assert elsewhere.rows() == ran.rows()


def test_campaign_that_begins_where_an_import_died_clears_up_after_it(bundle: Path, elsewhere: Project) -> None:
    elsewhere.run("import", "--bundle", str(bundle), code=-signal.SIGKILL, fault="before-objects")
    folder = elsewhere.path / ".git/autoexp/demo"
    assert (folder / "arriving").is_dir()
    elsewhere.run("run", "--experiments", "1")
    assert elsewhere.statuses() == ["keep", "keep"]
    assert not (folder / "arriving").exists()


def test_bundle_without_the_history_before_the_campaign_needs_it_there(campaign: Project, tmp_path: Path) -> None:
    target = tmp_path / "thin.tar"
    base = campaign.git("rev-parse", "HEAD")
    assert f"needs commit {base}" in campaign.run("export", "--bundle", str(target), "--since-base")
    shallow = cloned(campaign, tmp_path / "shallow", "--depth", "1")
    shallow.run("import", "--bundle", str(target))
    assert shallow.rows() == campaign.rows()
    stranger = cloned(campaign, tmp_path / "stranger")
    stranger.git("update-ref", "-d", "HEAD")
    stranger.git("gc", "-q", "--prune=now")
    for name in ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/autoexp/demo"):
        stranger.git("update-ref", "--no-deref", "-d", name)
    stranger.git("commit", "-q", "-m", "of another history")
    stranger.git("reflog", "expire", "--expire=now", "--all")
    stranger.git("gc", "-q", "--prune=now")
    said = stranger.run("import", "--bundle", str(target), code=2)
    assert f"needs commits that this repository does not have: {base}" in said
    assert "fetch them here first, or make the bundle again without --since-base" in said
    assert stranger.refs() == {}


def test_bundle_is_all_that_an_empty_repository_needs(ran: Project, bundle: Path, tmp_path: Path) -> None:
    empty = replace(ran, path=tmp_path / "empty")
    ran.git("init", "-q", str(empty.path))
    said = empty.run("import", "--bundle", str(bundle))
    assert looks(empty) == looks(ran)
    empty.git("fsck", "--no-dangling")
    assert "`git merge refs/autoexp/demo/best`" in said
    assert f"copy {empty.path}/.autoexp/demo/autoexp.yaml" in empty.run("run", code=2)
    empty.git("merge", "-q", "refs/autoexp/demo/best")
    for name in ("autoexp.yaml", "program.md"):
        shutil.copy(empty.path / ".autoexp/demo" / name, empty.path)
    empty.edits(write(80), write(80))
    empty.run("run", "--experiments", "1")
    lawful(empty)


@pytest.mark.long
def test_campaign_of_another_object_format_travels_as_well(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(project.path / ".git")
    project.git("init", "-q", "-b", "main", "--object-format=sha256")
    project.git("-c", "user.name=U", "-c", "user.email=u@localhost", "add", "value.txt", "bench.sh", "checks.sh")
    project.git("-c", "user.name=U", "-c", "user.email=u@localhost", "commit", "-q", "-m", "start")
    project.edits(write(90), write(95))
    project.run("run")
    target = tmp_path / "demo.tar"
    for name, options in (("whole", []), ("thin", ["--since-base"])):
        project.run("export", "--bundle", str(target), *options)
        there = cloned(project, tmp_path / name)
        there.run("import", "--bundle", str(target))
        assert there.refs() == project.refs()
        assert there.rows() == project.rows()


def test_shallow_repository_says_that_its_history_is_not_there(campaign: Project, tmp_path: Path) -> None:
    (campaign.path / ".git/shallow").write_text(campaign.git("rev-parse", "HEAD") + "\n")
    assert "--since-base" in campaign.run("export", "--bundle", str(tmp_path / "demo.tar"), code=2)
    assert not list(tmp_path.glob("*demo.tar*"))
    campaign.run("export", "--bundle", str(tmp_path / "demo.tar"), "--since-base")


def test_bundle_is_made_while_an_engine_works_of_what_is_on_record(project: Project, tmp_path: Path) -> None:
    project.edits(write(90), write("hang"))
    target = tmp_path / "demo.tar"
    with project.start("run") as engine:
        wait_until((project.path / ".git/autoexp/demo/output/2").is_dir, "the second experiment")
        project.run("export", "--bundle", str(target), "--outputs")
        engine.send_signal(signal.SIGINT)
    with tarfile.open(target) as opened:
        names = opened.getnames()
    assert any(name.startswith("output/1/") for name in names)
    assert not any(name.startswith("output/2/") for name in names)  # nobody has masked it yet
    there = cloned(project, tmp_path / "there")
    there.run("import", "--bundle", str(target))
    assert there.rows()[:2] == project.rows()[:2]
    assert there.status()["kept"] == 1


def test_bundle_never_takes_the_place_of_something_else(campaign: Project, tmp_path: Path) -> None:
    target = campaign.path / "value.txt"
    before = target.read_bytes()
    assert "is no bundle" in campaign.run("export", "--bundle", str(target), code=2)
    assert target.read_bytes() == before
    for _ in range(2):
        campaign.run("export", "--bundle", str(tmp_path / "demo.tar"))
    assert [path.name for path in tmp_path.glob("*demo.tar*")] == ["demo.tar"]


def test_contract_travels_along_where_the_checkout_has_none(bundle: Path, elsewhere: Project) -> None:
    contract = (elsewhere.path / "autoexp.yaml").read_text()
    (elsewhere.path / "autoexp.yaml").unlink()
    assert "its contract is" in elsewhere.run("import", "--bundle", str(bundle))
    assert (elsewhere.path / ".autoexp/demo/autoexp.yaml").read_text() == contract
    assert elsewhere.git("status", "--porcelain") == "?? edits.yaml"


@pytest.mark.parametrize("arguments", [["--outputs"], ["--since-base"], ["results.tsv", "--bundle", "x.tar"]])
def test_options_that_do_not_fit_together_are_refused(campaign: Project, arguments: list[str]) -> None:
    assert "--bundle" in campaign.run("export", *arguments, code=2)
