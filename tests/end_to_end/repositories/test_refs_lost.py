"""Refs that somebody deletes, between runs and while one goes on: nothing is lost, and `run` says what to do."""

from tests.end_to_end.conftest import Project, write
from tests.end_to_end.repositories.contents import changed, command, notes, of_user, untouched
from tests.end_to_end.repositories.standing import BEST

MADE_AGAIN = "`autoexp repair --tag demo` makes them again from the journal"


def delete(project: Project, *names: str) -> None:
    for name in names:
        project.git("update-ref", "-d", name)


def test_refs_deleted_between_runs_are_made_again_or_told(project: Project) -> None:
    project.edits(write(90), write(95), write(80), write(70), write(75))
    with untouched(project):
        project.run("run", "--experiments", "2")
        whole = project.refs()
        delete(project, "refs/heads/autoexp/demo", BEST)
        said = project.run("run", "--experiments", "1")
        assert f"{BEST} was missing and was made again at {whole['best']}" in said
        assert project.git("rev-parse", "autoexp/demo") == project.git("rev-parse", BEST)
        delete(project, "refs/autoexp/demo/attempt/1", "refs/autoexp/demo/record/2", "refs/autoexp/demo/record/3")
        told = f"git has lost refs of this campaign: 2 verdicts, 1 candidate; {MADE_AGAIN}"
        assert told in project.run("run", "--experiments", "1")
        whole = project.refs()
        delete(project, *(f"refs/autoexp/demo/{name}" for name in whole))
        assert MADE_AGAIN in project.run("run")
        assert project.statuses() == ["keep", "keep", "discard", "keep", "keep", "discard"]
        project.run("repair")
        assert "agree" in project.run("repair", "--check")
    found = project.refs()
    assert set(found) == {
        "best",
        "tail",
        "segment/0",
        *(f"{kind}/{n}" for kind in ("attempt", "record") for n in range(1, 6)),
    }
    assert {name: found[name] for name in whole if name.startswith("attempt/") or name == "best"} == {
        name: oid for name, oid in whole.items() if name.startswith("attempt/") or name == "best"
    }
    assert changed(project) == {b"value.txt": ("100644", b"70\n")}


def test_refs_deleted_while_a_campaign_runs_are_made_again_or_told(project: Project) -> None:
    deleted = "\n".join(["delete refs/heads/autoexp/demo", f"delete {BEST}", "delete refs/autoexp/demo/attempt/1"])
    lost = f"printf '{deleted}\n' | {of_user(project, 'update-ref', '--stdin')}"
    everything = (
        f"{of_user(project, 'for-each-ref', '--format=delete %(refname)', 'refs/autoexp/demo')}"
        f" | {of_user(project, 'update-ref', '--stdin')}"
    )
    project.edits(write(90), command(80, lost), command(95, everything), command(70))
    with untouched(project):
        project.run("run")
    assert project.statuses() == ["keep", "keep", "keep", "discard", "keep"]
    assert project.git("rev-parse", "autoexp/demo") == project.git("rev-parse", BEST)
    assert changed(project) == {b"value.txt": ("100644", b"70\n")}
    assert MADE_AGAIN in project.run("run")
    project.run("repair")
    assert "agree" in project.run("repair", "--check")
    assert [project.git("show", f"refs/autoexp/demo/attempt/{n}:value.txt") for n in range(1, 5)] == [
        "90",
        "80",
        "95",
        "70",
    ]
    assert len(notes(project)) == 1
