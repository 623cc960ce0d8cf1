"""A model proposes: one request an experiment, repairs counted, several hypotheses from one request, and its words never count."""

import pytest

from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import Project
from tests.end_to_end.modelled import KEY, answer, by_model, proposals, values

NOTHING = "NOTHING LEFT: I have no idea"


@pytest.mark.parametrize("api", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [True, False])
def test_each_experiment_takes_exactly_one_request(project: Project, api: str, stream: bool) -> None:  # noqa: FBT001
    with FakeModel(turns=[*values(first=90, count=4), answer(95)], default=NOTHING, key=KEY) as model:
        by_model(project, model, api=api, stream=stream)
        project.run("run", "--experiments", "5")
        assert model.requests == model.answered == 5
    assert project.statuses() == ["keep", "keep", "keep", "keep", "keep", "discard"]
    found = project.status()
    assert (found["requests"], found["repairs"], found["waits"], found["incumbent"]["metrics"]["x"]) == (5, 0, 0, 87)
    assert project.rows()[1]["asi"]["kind"] == "numbers"


def test_model_that_has_nothing_left_ends_the_campaign(project: Project) -> None:
    with FakeModel(turns=[answer(90)], default=NOTHING) as model:
        by_model(project, model)
        assert "I have no idea" in project.run("run")
        assert model.requests == 2
    assert project.status()["requests"] == 2


def test_unusable_answer_is_asked_again_once_and_counted(project: Project) -> None:
    turns = ["I would rather not edit anything.", answer(90), "still nothing", "and again nothing", answer(80)]
    with FakeModel(turns=turns, default=NOTHING) as model:
        by_model(project, model)
        project.run("run")
        assert model.requests == 6
        second = model.log[1]["text"]
    assert "I would rather not edit anything." in second
    assert "Your last answer, which could not be used" in second
    rows = project.rows()
    assert [(row["status"], row["repairs"]) for row in rows] == [
        ("keep", 0),
        ("keep", 1),
        ("proposer_error", 1),
        ("keep", 0),
    ]
    assert "there is no edit in the answer" in rows[2]["detail"]
    assert project.status()["repairs"] == 2


def test_crash_is_shown_to_the_model_and_mended_in_the_same_experiment(project: Project) -> None:
    with FakeModel(turns=[answer("crash"), answer(90, old="crash")], default=NOTHING) as model:
        by_model(project, model)
        project.run("run", "--experiments", "1")
        asked = model.log[1]["text"]
    assert "it broke" in asked
    assert "\nvalue.txt\n```\ncrash\n```" in asked
    (_, row) = project.rows()
    assert (row["status"], row["repairs"], row["requests"], row["samples"]) == ("keep", 1, 2, 2)


def test_answer_that_leaves_the_scope_is_out_of_scope_and_writes_nothing(project: Project) -> None:
    escape = "DESCRIPTION: the harness\n\nFILE: bench.sh\n````\necho METRIC x=0\n````\n"
    with FakeModel(turns=[escape, escape, answer(90)], default=NOTHING) as model:
        by_model(project, model)
        project.run("run")
    assert project.statuses() == ["keep", "out_of_scope", "keep"]
    assert "bench.sh" in project.rows()[1]["detail"]


def several(*numbers: int) -> str:
    return "\n".join(
        f"=== PROPOSAL {rank} ===\n" + answer(number, more="EXPECTED GAIN: 5%\nRISK: low\nEFFORT: small", old=100)
        for rank, number in enumerate(numbers, 1)
    )


def test_several_hypotheses_of_one_request_are_tried_in_turn(project: Project) -> None:
    with FakeModel(turns=[several(110, 120, 130), several(60, 70, 80)], default=NOTHING) as model:
        by_model(project, model, several=3)
        project.run("run", "--experiments", "3")
        assert model.requests == 1
        project.run("run", "--experiments", "1")
        assert model.requests == 2
        project.run("run")
        assert model.requests == 3
    rows = project.rows()
    assert [row["description"] for row in rows] == ["baseline", "value 110", "value 120", "value 130", "value 60"]
    assert [row["status"] for row in rows] == ["keep", "discard", "discard", "discard", "keep"]
    assert rows[2]["asi"]["expected_gain"] == 0.05
    assert [row["requests"] for row in rows[1:]] == [1, 0, 0, 1]
    assert [row["cost_usd"] for row in rows[2:4]] == [0.0, 0.0]


def test_killed_experiment_goes_on_with_its_paid_hypothesis(project: Project) -> None:
    with FakeModel(turns=[several(110, 120, 130)], default=NOTHING) as model:
        by_model(project, model, several=3)
        project.killed("before-measure:2")
        project.run("run", "--experiments", "2")
        assert model.requests == 1
    rows = project.rows()
    assert [row["status"] for row in rows] == ["keep", "discard", "discard", "discard"]
    assert [row["description"] for row in rows[1:]] == ["value 110", "value 120", "value 130"]


def test_hypotheses_that_change_nothing_or_leave_the_scope_are_passed_over(project: Project) -> None:
    escape = "DESCRIPTION: the harness\nFILE: bench.sh\n````\necho METRIC x=0\n````"
    said = [answer(100), answer(90), escape, answer(90), answer(80)]
    turn = "\n".join(f"=== PROPOSAL {rank} ===\n{text}" for rank, text in enumerate(said, 1))
    with FakeModel(turns=[turn, answer(80)], default=NOTHING) as model:
        by_model(project, model, several=5)
        project.run("run")
        assert model.requests == 3
    rows = project.rows()[1:]
    assert [row["description"] for row in rows] == ["value 90", "value 80", "value 80"]
    assert [row["status"] for row in rows] == ["keep", "keep", "no_change"]


def test_cap_on_requests_holds_when_what_was_paid_for_no_longer_fits(project: Project) -> None:
    with FakeModel(turns=[several(90, 80, 70)], default=NOTHING) as model:
        by_model(project, model, several=3, budget=", requests: 1")
        said = project.run("run", code=3)
        assert model.requests == 1
    assert project.statuses() == ["keep", "keep"]
    assert "1 of 1 requests are made" in said


def test_estimate_counts_what_the_best_so_far_holds_and_no_other_files(project: Project) -> None:
    (project.path / ".gitignore").write_text(".venv/\n")
    (project.path / "more.py").write_text("1\n")
    project.git("add", ".")
    project.git("commit", "-qm", "code")
    (project.path / ".venv").mkdir()
    (project.path / ".venv/large.py").write_text("x" * 1_000_000)
    with FakeModel(turns=[answer(90)], default=NOTHING) as model:
        by_model(project, model, budget=", tokens: 100000")
        contract = project.path / "autoexp.yaml"
        contract.write_text(contract.read_text().replace("[value.txt]", '[value.txt, "*.py"]'))
        project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep"]
    assert project.shown(1)["set_aside"]["tokens"] < 10_000


def test_prompt_and_answer_are_kept_and_hold_no_key(project: Project) -> None:
    with FakeModel(turns=[answer(90, more=f"LEARNED: {KEY}")], default=NOTHING, key=KEY) as model:
        by_model(project, model)
        project.run("run", "--experiments", "1")
    folder = project.path / ".git/autoexp/demo/output/1"
    assert "# Files that you may change" in (folder / "proposer.request.md").read_text()
    assert "value 90" in (folder / "proposer.out").read_text()
    everything = [path for path in (project.path / ".git/autoexp").rglob("*") if path.is_file()]
    assert everything
    assert not [path for path in everything if KEY.encode() in path.read_bytes()]


def test_twenty_trivial_experiments_take_under_150k_tokens(project: Project) -> None:
    numbers = [answer(99 - step if step % 3 == 0 else 150 + step) for step in range(20)]
    with FakeModel(turns=numbers, default=NOTHING, usage="counted") as model:
        by_model(project, model)
        project.run("run", "--experiments", "20")
        assert model.requests == 20
        letters = sum(model.sizes) + sum(len(said["text"]) for said in proposals_of(model))
    assert project.status()["experiments"] == 20
    assert letters / 4 < 40_000
    assert 0 < project.status()["tokens"] < 150_000


def proposals_of(model: FakeModel) -> list[dict[str, str]]:
    return [{"text": str(entry.get("reply", ""))} for entry in model.log]


def test_key_that_is_missing_is_told_before_anything_runs(project: Project) -> None:
    with FakeModel(turns=[answer(90)]) as model:
        by_model(project, model)
        project.environ["FAKE_KEY"] = ""
        said = project.run("run", code=2)
        assert model.requests == 0
    assert "the variable FAKE_KEY is not set" in said
    assert "export FAKE_KEY" in said


def test_proposal_names_its_model_and_what_it_used(project: Project) -> None:
    with FakeModel(turns=[answer(90)], usage={"input": 1000, "output": 50, "cache_read": 200}, cost=0.125) as model:
        by_model(project, model)
        project.run("run", "--experiments", "1")
    (said,) = proposals(project)
    assert (said["model"], said["requests"], said["cost_usd"], said["cost_source"]) == (
        "fake-model",
        1,
        0.125,
        "provider",
    )
    assert (said["tokens"]["output"], said["tokens"]["cached"]) == (50, 200)


@pytest.mark.long
def test_request_of_experiment_200_is_hardly_longer_than_that_of_experiment_10(project: Project) -> None:
    """Some are kept, most are not, one in seven crashes and is mended; early on an idea is parked, and a dead end met."""

    def said(step: int) -> str:
        more = "IDEA: a table of squares | WHY: the checks forbid it | BLOCKED BY: checks" if step == 4 else ""
        kind = ("loops", "tables", "memory", "order")[step % 4]
        value: object = 1000 - step if step % 5 == 0 else 2000 + step
        return answer("crash" if step % 7 == 6 else value, more=more, kind=kind)

    (project.path / "value.txt").write_text("1100\n")
    project.git("commit", "-qam", "a longer way to go")
    with FakeModel(turns=[said(step) for step in range(200)], default=NOTHING) as model:
        by_model(project, model, repair=0)
        for _ in range(5):
            project.run("run", "--experiments", "40")
        assert model.requests == 200
        tenth, last = model.sizes[9], model.sizes[199]
        asked = model.log[199]["text"]
    assert last <= 1.1 * tenth
    assert "a table of squares" in asked
    assert "value 1000" in asked


@pytest.mark.parametrize("path", ["src/link", "src/folder/new.py"])
def test_answer_that_leads_through_a_link_is_refused_and_paid_for(project: Project, path: str) -> None:
    (project.path / "src").mkdir()
    (project.path / "src/link").symlink_to("../bench.sh")
    (project.path / "src/folder").symlink_to("..")
    project.git("add", ".")
    project.git("commit", "-qm", "links")
    wicked = f"DESCRIPTION: through a link\n\nFILE: {path}\n````\necho METRIC x=0\n````\n"
    with FakeModel(turns=[wicked, wicked, answer(90)], default=NOTHING, cost=0.5) as model:
        by_model(project, model)
        contract = project.path / "autoexp.yaml"
        contract.write_text(contract.read_text().replace("[value.txt]", '[value.txt, "src/"]'))
        project.run("run", "--experiments", "1")
        assert model.requests == 3
    _, refused, kept = project.rows()
    assert (refused["status"], refused["repairs"], kept["status"]) == ("proposer_error", 1, "keep")
    assert "leads through a symbolic link" in refused["detail"]
    assert (refused["cost_usd"], project.status()["cost_usd"], project.status()["requests"]) == (1.0, 1.5, 3)


def test_hypothesis_that_cannot_be_written_is_passed_over(project: Project) -> None:
    (project.path / "src").mkdir()
    (project.path / "src/link").symlink_to("../bench.sh")
    project.git("add", ".")
    project.git("commit", "-qm", "a link")
    halfway = "DESCRIPTION: half\nFILE: src/new.txt\n````\n1\n````\nFILE: src/link\n````\n1\n````"
    said = f"=== PROPOSAL 1 ===\n{answer(90)}\n=== PROPOSAL 2 ===\n{halfway}\n=== PROPOSAL 3 ===\n{answer(80)}"
    with FakeModel(turns=[said], default=NOTHING) as model:
        by_model(project, model, several=3)
        contract = project.path / "autoexp.yaml"
        contract.write_text(contract.read_text().replace("[value.txt]", '[value.txt, "src/"]'))
        project.run("run")
        assert model.requests == 2
    assert [row["description"] for row in project.rows()[1:]] == ["value 90", "value 80"]
    assert project.statuses() == ["keep", "keep", "keep"]


def test_cut_answer_with_several_hypotheses_gives_those_before_the_cut(project: Project) -> None:
    with FakeModel(turns=[{"text": several(90, 110, 120), "stop": "length"}], default=NOTHING) as model:
        by_model(project, model, several=3, repair=0)
        project.run("run")
    assert [row["description"] for row in project.rows()] == ["baseline", "value 90"]  # the second one no longer fits


def test_cut_answer_with_one_hypothesis_is_asked_again(project: Project) -> None:
    with FakeModel(turns=[{"text": answer(90), "stop": "length"}, answer(80)], default=NOTHING) as model:
        by_model(project, model)
        project.run("run", "--experiments", "1")
        assert "proposer.max_output" in model.log[1]["text"]
    assert [(row["status"], row["repairs"]) for row in project.rows()] == [("keep", 0), ("keep", 1)]


def test_file_that_was_too_large_to_be_shown_is_not_written_over(project: Project) -> None:
    (project.path / "value.txt").write_text("100\n" + "#" * (5 << 20))
    project.git("commit", "-qam", "a large file")
    with FakeModel(turns=[answer(90)], default=NOTHING) as model:
        by_model(project, model, repair=0)
        project.run("run", "--experiments", "1", code=0)
    assert project.statuses() == ["keep", "proposer_error"]
    assert "was not shown" in project.rows()[1]["detail"]
