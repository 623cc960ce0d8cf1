"""A record that was carried elsewhere is recognised; what it needs and does not find is told before anything changes; copies live apart."""

import shutil
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from autoexp.campaign.state import CampaignState
from autoexp.engine import mounts
from autoexp.engine.cache import campaign_identity
from autoexp.engine.identity import Whereabouts, doubtful_disk, journey, machine_id, whereabouts
from autoexp.stores.layout import CampaignFolder
from tests.durability.laws import lawful
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write

HERE = Whereabouts("host", "place")


def notes(project: Project) -> list[str]:
    return [event["text"] for event in project.journal() if event["event"] == "note"]


def test_record_says_where_it_was_written_and_not_by_whom(ran: Project) -> None:
    here = whereabouts(ran.path / ".git")
    sessions = [event for event in ran.journal() if event["event"] == "session"]
    assert {(event["host"], event["place"]) for event in sessions} == {(here.host, here.place)}
    text = (ran.path / ".git/autoexp/demo/journal.jsonl").read_text(encoding="utf-8")
    assert len(machine_id()) > 0
    assert machine_id() not in text


@pytest.mark.parametrize(
    ("host", "place", "words"),
    [
        ("host", "place", ""),
        ("", "", ""),
        ("other", "place", "another machine"),
        ("other", "other", "another machine"),
        ("host", "other", "another folder of this machine"),
    ],
)
def test_record_of_elsewhere_is_recognised(host: str, place: str, words: str) -> None:
    said = journey(CampaignState(host=host, place=place), HERE)
    assert words in said
    assert bool(said) == bool(words)


def test_shared_disk_is_named_once_for_each_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n"
    monkeypatch.setattr(mounts, "_mounts", lambda: text)
    (tmp_path / "autoexp/demo").mkdir(parents=True)
    folder = CampaignFolder(tmp_path, "demo")
    assert "lies on nfs4" in doubtful_disk(CampaignState(), HERE, folder)
    assert doubtful_disk(CampaignState(host="host", place="place"), HERE, folder) == ""
    monkeypatch.setattr(mounts, "_mounts", lambda: "/dev/sda / ext4 rw 0 0\n")
    assert doubtful_disk(CampaignState(), HERE, folder) == ""


def test_record_without_its_commits_is_refused_before_anything_changes(ran: Project, elsewhere: Project) -> None:
    folder = elsewhere.path / ".git/autoexp/demo"
    folder.mkdir(parents=True)
    shutil.copy(ran.path / ".git/autoexp/demo/journal.jsonl", folder)
    elsewhere.git("update-ref", "-d", "refs/remotes/origin/autoexp/demo")
    elsewhere.git("gc", "-q", "--prune=now")
    journal, best = (folder / "journal.jsonl").read_bytes(), ran.refs()["best"]
    said = elsewhere.run("run", code=2)
    assert f"{best[:12]} (the best so far)" in said
    assert "(experiment 1, kept)" in said
    assert "import --bundle" in said
    assert "another --tag" in said
    assert (folder / "journal.jsonl").read_bytes() == journal
    assert elsewhere.refs() == {}
    assert not (elsewhere.path / ".autoexp").exists()
    elsewhere.run("delete", "demo", "--yes")
    elsewhere.run("run", "--experiments", "1")
    assert elsewhere.statuses() == ["keep", "keep"]


@pytest.mark.long
def test_repository_whose_history_was_rewritten_is_told(campaign: Project) -> None:
    best, base = campaign.refs()["best"], campaign.git("rev-parse", "HEAD")
    campaign.git("checkout", "-q", "--orphan", "rewritten")
    campaign.git("commit", "-q", "-m", "another beginning")
    for ref in campaign.git("for-each-ref", "--format=%(refname)").splitlines():
        if ref != "refs/heads/rewritten":
            campaign.git("update-ref", "-d", ref)
    campaign.git("reflog", "expire", "--expire=now", "--all")
    campaign.git("gc", "-q", "--prune=now")
    said = campaign.run("run", code=2)
    assert f"{base[:12]} (the commit it began at)" in said
    assert f"{best[:12]} (the best so far)" in said
    campaign.run("run", "--tag", "anew", "--experiments", "1")


@pytest.mark.long
def test_clone_without_refs_and_record_begins_anew(elsewhere: Project) -> None:
    assert "no campaign" in elsewhere.run("status", code=2)
    elsewhere.run("run", "--experiments", "1")
    assert elsewhere.statuses() == ["keep", "keep"]
    assert not any("written" in text for text in notes(elsewhere))


def test_copies_of_a_repository_live_apart(project: Project, tmp_path: Path) -> None:
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 100s"))
    project.edits(write(90), write("hang"), write(70))
    project.run("run", "--experiments", "1")
    twin = replace(project, path=tmp_path / "twin")  # the cache folder is that of both
    shutil.copytree(project.path, twin.path)
    twin.edits(write(95), write(80))
    with project.start("run") as engine:
        wait_until(lambda: "sleep" in " ".join(marked(project).values()), "the run that hangs")
        working = marked(project)
        twin.run("run")
        assert working.items() <= marked(project).items(), "processes of the other copy were ended"
        assert engine.poll() is None
        engine.send_signal(signal.SIGINT)
    assert [row["description"] for row in lawful(twin)[2:]] == ["value 80"]
    assert "another folder of this machine" in " ".join(notes(twin))
    assert {campaign_identity(one.path / ".git", "demo") for one in (project, twin)} <= {
        p.name for p in project.cache.iterdir()
    }
    assert "another folder" not in " ".join(notes(project))


def marked(project: Project) -> dict[str, str]:
    """Give the processes that carry a campaign's mark, and what they run."""
    mark, found = f"AUTOEXP_RUN={campaign_identity(project.path / '.git', 'demo')}:".encode(), {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes():
                found[entry.name] = (entry / "cmdline").read_bytes().decode().replace("\0", " ")
    return found
