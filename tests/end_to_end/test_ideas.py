"""Hints and ideas on the command line: said while something runs or not, read once, and shown where they count."""

import json
from pathlib import Path

import pytest

from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project, write

SAYING = """\
version: 1
name: demo
scope: {edit: [value.txt]}
harness: {measure: "sh bench.sh", checks: "sh checks.sh"}
metrics:
  x: {role: primary, direction: lower}
  ok: {role: guard, equals: 1}
measurement: {deterministic: true}
proposer: {kind: command, command: "sh ../propose.sh"}
budget: {consecutive_crashes: null}
sandbox: {proposer: {level: none}, harness: {level: none}}
"""


def saying(project: Project, *answers: dict[str, object]) -> None:
    """Give the project a proposer that says these things, one an experiment."""
    lines = "\n".join(
        f"{i}) echo {90 - i} > value.txt; echo '{json.dumps(answer)}';;" for i, answer in enumerate(answers)
    )
    folder = project.path.parent
    (folder / "propose.sh").write_text(
        f'n=$(cat "{folder}/count" 2>/dev/null || echo 0); echo $((n + 1)) > "{folder}/count"\n'
        f"case $n in\n{lines}\n*) exit 3;;\nesac\n"
    )
    project.contract(SAYING.replace("../propose.sh", f"'{folder}/propose.sh'"))


def ideas(project: Project) -> dict[str, list[dict[str, object]]]:
    return json.loads(project.ran("ideas", "--json")[0])


def texts(project: Project, state: str = "open") -> list[object]:
    return [idea["text"] for idea in ideas(project)["ideas"] if idea["state"] == state]


def test_ideas_of_a_proposer_wait_until_one_says_that_it_tries_them(project: Project) -> None:
    first = {"ideas": ["a cache", {"idea": "threads", "why": "too risky", "blocked_by": "memory"}]}
    saying(project, first, {"idea": "i1", "description": "cache it", "asi": {"kind": "Caching", "note": "x"}})
    project.run("run")
    assert (texts(project), texts(project, "tried")) == (["threads"], ["a cache"])
    printed = project.run("ideas")
    assert "i2    threads\n      why: too risky\n      blocked by memory\n      parked by experiment 1\n" in printed
    assert "1 more were tried or dropped" in printed
    assert "a cache" in project.run("ideas", "--all")
    assert "parked       i2 threads (blocked by memory)" in project.run("show", "1")
    shown = project.run("show", "2")
    assert "asi          kind: Caching" in shown
    assert "asi          note: x" in shown
    assert "tried        i1 a cache" in shown


def test_status_tells_ideas_hints_and_what_each_kind_brought(project: Project) -> None:
    saying(
        project,
        {"asi": {"kind": "cache"}, "cost_usd": 0.25, "tokens": {"input": 1200}, "ideas": ["one", "two"]},
        {"asi": {"kind": "Cache"}, "idea": "i1"},
    )
    project.run("run")
    project.run("hint", "mind the memory")
    project.run("run")
    printed = project.run("status")
    assert "ideas        1 open, 1 tried; `autoexp ideas`" in printed
    assert "hints        1; `autoexp ideas` lists them" in printed
    assert "by kind      cache: +11.0% in-loop, 2 of 2 kept, $0.25, 1,200 tokens" in printed
    found = project.status()
    assert found["ideas"] == {"open": 1, "unblocked": 0, "tried": 1, "dropped": 0}
    assert [kind["kind"] for kind in found["kinds"]] == ["cache"]
    assert found["hints"] == ["mind the memory"]


def test_status_of_a_campaign_without_ideas_says_nothing_of_them(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    printed = project.run("status")
    assert "ideas" not in printed
    assert "by kind" not in printed
    assert "no idea waits" in project.run("ideas")


def test_what_is_said_while_nothing_runs_waits_for_the_next_run(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    for command in (
        ("hint", "mind the memory"),
        ("idea", "a cache", "--why", "later", "--blocked-by", "ok"),
        ("idea", "threads"),
    ):
        assert "the next `autoexp run` reads it" in project.run(*command)
    assert "not read yet: hint mind the memory" in project.run("ideas")
    assert [one["text"] for one in ideas(project)["waiting"]] == ["mind the memory", "a cache", "threads"]
    foreseen = json.loads(project.ran("brief", "--json")[0])
    assert (foreseen["hints"], foreseen["ideas"]) == (["mind the memory"], ["a cache", "threads"])
    assert "mind the memory" in project.run("brief")
    assert len(ideas(project)["waiting"]) == 3
    project.run("run")
    found = ideas(project)
    assert (found["hints"], found["waiting"]) == (["mind the memory"], [])
    assert [(one["id"], one["text"], one["why"], one["blocked_by"], one["n"]) for one in found["ideas"]] == [
        ("i1", "a cache", "later", "ok", 0),
        ("i2", "threads", "", "", 0),
    ]
    assert [event["answer"] for event in project.journal() if event["event"] == "request"] == [
        "proposers read it from the next experiment on",
        "it waits as i1",
        "it waits as i2",
    ]


def test_what_is_said_while_it_runs_is_read_after_the_experiment(project: Project, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    project.edits({"run": f": > {mark}; while [ -e {mark} ]; do sleep 0.05; done; echo 77 > value.txt"}, write(70))
    with project.start("run"):
        wait_until(mark.exists, "experiment 1")
        assert "after the current experiment" in project.run("hint", "mind the memory")
        assert "after the current experiment" in project.run("idea", "a cache")
        mark.unlink()
    names = [event["event"] for event in project.journal()]
    assert names.index("hint") < names.index("idea") < len(names) - 1 - names[::-1].index("intent")
    assert texts(project) == ["a cache"]


def test_hints_are_cleared_and_ideas_dropped_by_word_of_a_person(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    project.run("hint", "one")
    project.run("hint", "two")
    project.run("idea", "a cache")
    project.run("run")
    assert ideas(project)["hints"] == ["one", "two"]
    assert "cleared" in project.run("hint", "--clear")
    project.run("idea", "--drop", "i1", "--why", "not ours")
    project.run("run")
    found = ideas(project)
    assert (found["hints"], found["ideas"][0]["state"], found["ideas"][0]["why"]) == ([], "dropped", "not ours")
    project.run("idea", "A cache.")
    project.run("run")
    assert texts(project) == ["a cache"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("hint",), "a hint needs a text"),
        (("hint", "  "), "a hint needs a text"),
        (("hint", "x" * 1001), "a hint has at most 1,000 letters, and this one has 1,001"),
        (("hint", "x", "--clear"), "a text or --clear, not both"),
        (("idea",), "an idea needs a text"),
        (("idea", "x" * 501), "an idea has at most 500 letters, and this one has 501"),
        (("idea", "x", "--why", "y" * 501), "--why has at most 500 letters"),
        (("idea", "--drop", "i7"), "no idea i7 is open"),
        (("idea", "x", "--drop", "i1"), "a text or --drop ID, not both"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence(
    project: Project, command: tuple[str, ...], words: str
) -> None:
    project.edits(write(90))
    project.run("run")
    said = project.run(*command, code=2)
    assert words in said
    assert "fix:" in said
    assert ideas(project)["waiting"] == []


def test_hint_for_a_campaign_that_is_not_there_is_refused(project: Project) -> None:
    for command in (("hint", "x"), ("idea", "x"), ("ideas",)):
        assert "there is no campaign" in project.run(*command, code=2)


def test_request_that_somebody_wrote_by_hand_is_held_to_the_same_bounds(project: Project) -> None:
    project.edits(write(90))
    project.run("run")
    inbox = project.path / ".git/autoexp/demo/inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / "1.json").write_text(json.dumps({"request": "hint", "text": "x" * 5_000}))
    (inbox / "2.json").write_text(json.dumps({"request": "idea", "text": ""}))
    (inbox / "3.json").write_text(json.dumps({"request": "drop_idea", "text": "i1"}))
    project.run("run")
    answers = [event["answer"] for event in project.journal() if event["event"] == "request"]
    assert answers == [
        "a hint has at most 1,000 letters, and this one has 5,000",
        "an idea needs a text",
        "no idea i1 is open",
    ]
    assert (ideas(project)["ideas"], ideas(project)["hints"]) == ([], [])


@pytest.mark.parametrize("text", ["caf\udce9", "two\nlines", "\x1b[2J cleared", "'; rm -rf"])
def test_words_of_any_kind_are_taken_and_shown_harmless(project: Project, text: str) -> None:
    project.edits(write(90))
    project.run("run")
    project.run("hint", text)
    project.run("idea", text)
    project.run("run")
    assert len(ideas(project)["ideas"]) == len(ideas(project)["hints"]) == 1
    assert "\x1b" not in project.run("ideas") + project.run("status")


@pytest.mark.parametrize("point", ["before-start", "after-start", "before-propose", "after-done"])
def test_hint_and_idea_survive_a_kill_and_are_there_once(project: Project, point: str) -> None:
    project.edits(write(90), write(80))
    project.run("run", "--experiments", "1")
    project.run("hint", "mind the memory")
    project.run("idea", "a cache")
    project.killed(f"{point}:{0 if point.endswith('start') else 2}")
    project.run("run")
    found = ideas(project)
    assert (found["hints"], [one["text"] for one in found["ideas"]]) == (["mind the memory"], ["a cache"])


def test_change_that_only_a_guard_holds_back_is_free_once_the_guard_is_gone(project: Project) -> None:
    project.edits(write(13), write(2), write(90))
    project.run("run")
    assert project.statuses() == ["keep", "guard_failed", "checks_failed", "keep"]
    found = {one["text"]: one for one in ideas(project)["ideas"]}
    assert (found["value 13"]["blocked_by"], found["value 2"]["blocked_by"]) == ("ok", "checks")
    assert "measured 87.0% better, but ok broke its guard" in str(found["value 13"]["why"])
    project.contract(CONTRACT.replace("  ok: {role: guard, equals: 1}\n", "  ok: {role: secondary}\n"))
    project.run("run")
    found = {one["text"]: one for one in ideas(project)["ideas"]}
    assert (found["value 13"]["unblocked"], found["value 2"]["unblocked"]) == (True, False)
    assert "blocked by ok, which the contract lets pass now" in project.run("ideas")
    assert "2 open (1 of them free again)" in project.run("status")


def test_notes_of_a_discarded_experiment_tell_why_in_log_and_exports(project: Project) -> None:
    project.edits(write(110, asi={"kind": "size"}, hypothesis="bigger is better"))
    project.run("run")
    asi = project.rows()[-1]["asi"]
    assert (asi["kind"], asi["hypothesis"]) == ("size", "bigger is better")
    assert asi["rollback_reason"] == project.rows()[-1]["reasons"][0]
    lines = (project.path / ".autoexp/demo/experiments.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["asi"] == asi
    assert f"asi          rollback_reason: {asi['rollback_reason']}" in project.run("show", "1")
