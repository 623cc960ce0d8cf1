"""What is to be seen of a coding agent afterwards: its program, who counted its tokens, what cut it short, and all that it printed.

The agent is a few lines of shell that print what the real one printed.
"""

import json
from pathlib import Path

import pytest

from tests.end_to_end.conftest import CONTRACT, Project

STREAMS = Path(__file__).parents[1] / "proposers/agents/streams/claude-code"
AGENT = """\
#!/bin/sh
if [ "$1" = --version ]; then echo "9.9.9 (Claude Code)"; exit 0; fi
if [ -e "$HOME/asked" ]; then echo {then} > value.txt; else echo {first} > value.txt; fi
touch "$HOME/asked"
cat "{stream}"
echo "of $$" >&2
"""
KEY = "sk-of-a-transcript-0123456789"


def by_agent(project: Project, first: object, then: object = "", *, stream: str = "good", echoes: str = "") -> None:
    folder = project.path.parent / "agent"
    folder.mkdir()
    shown = folder / "stream.txt"
    shown.write_text((STREAMS / f"{stream}.txt").read_text(encoding="utf-8").replace("I go on.", f"I go on. {echoes}"))
    program = folder / "claude"
    program.write_text(AGENT.format(first=first, then=then or first, stream=shown))
    program.chmod(0o755)
    section = {"kind": "claude-code", "program": str(program), "api_key_env": "KEY_OF_IT"}
    project.contract(CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {json.dumps(section)}"))
    project.environ["KEY_OF_IT"] = KEY


def test_show_names_the_program_who_counted_and_the_transcript(project: Project) -> None:
    by_agent(project, 90)
    project.run("run", "--experiments", "1")
    found = project.shown(1)
    assert (found["status"], found["program"], found["ending"]) == ("keep", "claude-code 9.9.9 (Claude Code)", "")
    assert found["tokens_source"] == ["claude-code, its last event"]
    transcript = Path(found["transcript"])
    assert transcript == Path(found["output"]) / "proposer.out"
    assert transcript.read_text(encoding="utf-8").startswith('{"type":"system","subtype":"init"')
    lines = project.run("show", "1").splitlines()
    assert "program      claude-code 9.9.9 (Claude Code)" in lines
    assert f"transcript   {transcript}" in lines
    assert any("3750 tokens (counted by claude-code, its last event)" in line for line in lines)


def test_show_links_the_transcript_of_a_change_that_was_mended(project: Project) -> None:
    by_agent(project, "crash", 90)
    project.run("run", "--experiments", "1")
    found = project.shown(1)
    assert (found["status"], [one["outcome"] for one in found["tries"]]) == ("keep", ["crash"])
    first, last = Path(found["tries"][0]["transcript"]), Path(found["transcript"])
    assert first == Path(found["output"]) / "try-1" / "proposer.out"
    assert first.read_text() == last.read_text()
    assert project.run("show", "1").count("transcript   ") == 2


def test_show_tells_what_cut_the_work_short(project: Project) -> None:
    by_agent(project, 90, stream="denied")
    project.run("run", "--experiments", "1")
    ending = "Claude Code was not allowed to use Bash(curl http://example.com) (proposer.allow)"
    assert project.shown(1)["ending"] == ending
    assert f"ending       {ending}" in project.run("show", "1").splitlines()


def test_report_tells_by_whom_a_change_was_made(project: Project) -> None:
    by_agent(project, 90, stream="denied")
    project.run("run", "--experiments", "1")
    project.run("report", "--out", str(project.path.parent / "page.html"))
    page = (project.path.parent / "page.html").read_text(encoding="utf-8")
    assert "claude-code 9.9.9 (Claude Code)" in page
    assert "was not allowed to use Bash(curl http://example.com)" in page


def test_a_key_is_masked_in_all_that_is_kept_of_an_agent(project: Project) -> None:
    by_agent(project, 90, echoes=KEY)
    (project.path / "bench.sh").write_text((project.path / "bench.sh").read_text())
    project.run("run", "--experiments", "1")
    folder = project.path / ".git/autoexp/demo"
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()]
    assert any("I go on. ***" in text for text in texts)
    assert not any(KEY in text for text in texts)


def test_what_another_proposer_printed_is_no_transcript(project: Project) -> None:
    project.contract(
        CONTRACT.replace("{kind: script, file: edits.yaml}", '{kind: command, command: "echo 90 > value.txt"}')
    )
    project.run("run", "--experiments", "1")
    found = project.shown(1)
    assert (found["status"], found["transcript"], found["program"], found["tokens_source"]) == ("keep", None, "", [])
    assert "transcript" not in project.run("show", "1")


@pytest.mark.parametrize("stream", ["refused", "server"])
def test_what_an_agent_used_before_it_was_refused_has_its_source(project: Project, stream: str) -> None:
    by_agent(project, 90, stream=stream)
    text = (project.path / "autoexp.yaml").read_text().replace('"kind"', '"patience": 1, "kind"')
    project.contract(text)
    project.run("run", "--experiments", "1", code=4)
    assert project.status()["stop_reason"] == "error"
