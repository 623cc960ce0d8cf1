"""What a coding agent finds in its HOME and its environment, and what comes back of its login.

The agent is a few lines of shell that look around, renew the login, and print what the real one printed.
"""

import json
import signal
from pathlib import Path

import pytest

from autoexp.processes.sandbox import ladder
from autoexp.proposers.agents.asking import RULES
from tests.end_to_end.commands import wait_until
from tests.end_to_end.conftest import CONTRACT, Project

STREAM = Path(__file__).parents[1] / "proposers/agents/streams/claude-code/good.txt"
SESSION = "09b042aa-eee1-49e7-a2eb-bdc2e211450d"
AGENT = """\
#!/bin/sh
if [ "$1" = --version ]; then echo "9.9.9 (Claude Code)"; exit 0; fi
{ echo "NOTE HOME $HOME"
  find "$HOME" -type f | sed "s#^$HOME/#NOTE file #"
  env | sed -n 's/^\\([A-Za-z_]*\\)=.*/NOTE variable \\1/p'
  for one in "$@"; do case "$one" in --resume) echo "NOTE resumed";; esac; done
  echo "NOTE stdin $(cat | wc -c)"
  if [ -e "$HOME/.claude/left" ]; then echo "NOTE left by an earlier run"; fi
} >&2
if [ -e "$HOME/.claude/left" ]; then echo 90 > value.txt; else echo @FIRST@ > value.txt; fi
echo mine > "$HOME/.claude/left"
login="$HOME/.claude/.credentials.json"
if [ -e "$login" ]; then
  sed 's/of-one/of-two/g; s/1000/2000/' "$login" > "$login.new" && mv "$login.new" "$login"
  echo "NOTE the new token is access-token-of-two-1234567890, the old one access-token-of-one-1234567890" >&2
fi
cat "@STREAM@"
"""
LOGIN = {
    "claudeAiOauth": {
        "accessToken": "access-token-of-one-1234567890",
        "refreshToken": "refresh-token-of-one-1234567890",
        "expiresAt": 1000,
        "scopes": ["user:inference"],
        "subscriptionType": "pro",
    }
}


@pytest.fixture(params=["bwrap", "landlock", "none"])
def level(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    rungs = {rung.level: rung.holds for rung in ladder.rungs("/usr/bin:/bin")}
    if name != "none" and not rungs.get(name):
        pytest.skip(f"the level {name} does not hold on this machine")
    return name


def by_agent(project: Project, level: str, first: object = 90, **keys: object) -> Path:
    """Write a contract with the agent in it, and give the user's HOME, in which a login and other things lie."""
    folder, home = project.path.parent / "agent", project.path.parent / "user"
    folder.mkdir()
    (folder / "stream.txt").write_bytes(STREAM.read_bytes())
    program = folder / "claude"
    program.write_text(AGENT.replace("@FIRST@", str(first)).replace("@STREAM@", str(folder / "stream.txt")))
    program.chmod(0o755)
    for name, text in (
        (".claude/.credentials.json", json.dumps(LOGIN)),
        (".claude/history.jsonl", "what others asked"),
        (".claude/CLAUDE.md", "the user's own rules"),
        (".ssh/id", "private"),
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    section = {"kind": "claude-code", "program": str(program), **keys}
    text = CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {json.dumps(section)}")
    project.contract(text.replace("proposer: {level: none}", f"proposer: {{level: {level}}}"))
    project.environ |= {"HOME": str(home), "A_SECRET_OF_MINE": "x", "ANTHROPIC_API_KEY": "sk-not-for-this-agent"}
    return home


def notes(project: Project, n: int, *, of: str = "") -> list[str]:
    text = (project.path / ".git/autoexp/demo/output" / str(n) / of / "proposer.err").read_text(encoding="utf-8")
    return [line.removeprefix("NOTE ") for line in text.splitlines() if line.startswith("NOTE ")]


def test_an_agent_finds_its_login_our_rules_and_nothing_of_the_users(project: Project, level: str) -> None:
    home = by_agent(project, level)
    project.run("run", "--experiments", "1")
    found = notes(project, 1)
    files = {note for note in found if note.startswith("file ")}
    assert files == {"file .claude/.credentials.json", "file .claude/CLAUDE.md"}
    assert f"HOME {home}" not in found
    assert "stdin 0" in found
    variables = {note.removeprefix("variable ") for note in found if note.startswith("variable ")}
    assert {"PATH", "HOME", "TMPDIR"} <= variables
    assert not variables & {"A_SECRET_OF_MINE", "ANTHROPIC_API_KEY", "USER", "SSH_AUTH_SOCK"}
    assert (home / ".claude/CLAUDE.md").read_text() == "the user's own rules"
    assert RULES not in (project.path / ".git/autoexp/demo/output/1/proposer.request.md").read_text()


@pytest.mark.parametrize("level", ["bwrap"], indirect=True)
def test_a_renewed_login_comes_back_and_neither_token_is_stored(project: Project, level: str) -> None:
    home = by_agent(project, level)
    project.run("run", "--experiments", "1")
    after = json.loads((home / ".claude/.credentials.json").read_text())["claudeAiOauth"]
    assert (after["accessToken"], after["expiresAt"]) == ("access-token-of-two-1234567890", 2000)
    assert "the new token is ***, the old one ***" in notes(project, 1)
    texts = [path.read_bytes() for path in (project.path / ".git/autoexp").rglob("*") if path.is_file()]
    assert not any(b"token-of-one" in text or b"token-of-two" in text for text in texts)


@pytest.mark.parametrize("number", ["one", "two"])
def test_a_token_in_a_change_is_found_also_when_it_was_renewed_meanwhile(project: Project, number: str) -> None:
    by_agent(project, "none", first=f"access-token-of-{number}-1234567890")
    project.run("run", "--experiments", "1")
    assert "secret" in project.run("show", "1")
    assert project.statuses()[1] == "out_of_scope"


@pytest.mark.parametrize("level", ["bwrap"], indirect=True)
def test_nothing_of_an_agents_home_is_there_for_the_next_experiment_or_afterwards(project: Project, level: str) -> None:
    by_agent(project, level, first=95)
    project.run("run", "--experiments", "2")
    assert "left by an earlier run" not in notes(project, 2)
    assert "resumed" not in notes(project, 2)
    assert not list(project.cache.rglob("left"))
    assert not list(project.cache.rglob(".credentials.json"))


@pytest.mark.parametrize("level", ["bwrap"], indirect=True)
def test_a_repair_goes_on_in_the_same_home_and_session(project: Project, level: str) -> None:
    home = by_agent(project, level, first="crash")
    project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "keep"]
    assert "left by an earlier run" not in notes(project, 1, of="try-1")
    assert "resumed" not in notes(project, 1, of="try-1")
    assert {"left by an earlier run", "resumed"} <= set(notes(project, 1))
    assert json.loads((home / ".claude/.credentials.json").read_text())["claudeAiOauth"]["expiresAt"] == 2000


@pytest.mark.parametrize("keys", [{"login": False}, {"api_key_env": "KEY_OF_IT"}])
def test_a_login_that_is_not_wanted_stays_out(project: Project, keys: dict[str, object]) -> None:
    home = by_agent(project, "none", **keys)
    project.environ["KEY_OF_IT"] = "sk-of-this-agent-0123456789"
    project.run("run", "--experiments", "1")
    assert "file .claude/.credentials.json" not in notes(project, 1)
    assert json.loads((home / ".claude/.credentials.json").read_text()) == LOGIN


def test_a_key_that_is_named_and_not_set_is_told_before_anything_runs(project: Project) -> None:
    by_agent(project, "none", api_key_env="KEY_OF_NOBODY")
    said = project.run("run", code=2)
    assert "the variable KEY_OF_NOBODY is not set" in said
    assert not (project.path / ".git/autoexp/demo").exists()


def test_a_killed_engine_loses_no_login_and_leaves_no_token(project: Project) -> None:
    home = by_agent(project, "none")
    program = project.path.parent / "agent/claude"
    whole = program.read_text()
    program.write_text(f"{whole}sleep 600\n")
    printed = project.path / ".git/autoexp/demo/output/1/proposer.err"
    with project.start("run", "--experiments", "1") as process:
        wait_until(lambda: printed.exists() and "the new token is" in printed.read_text(), "the agent's work")
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert b"token-of-two" in printed.read_bytes()
    program.write_text(whole)
    project.run("run", "--experiments", "1")
    assert project.statuses() == ["keep", "interrupted", "keep"]
    assert "the new token is ***, the old one ***" in notes(project, 1)
    after = json.loads((home / ".claude/.credentials.json").read_text())["claudeAiOauth"]
    assert after["accessToken"] == "access-token-of-two-1234567890"
    assert not list(project.cache.rglob(".credentials.json"))


@pytest.mark.parametrize("key", ["", "api_key_env", "base_url", "login"])
def test_check_says_when_an_agent_has_neither_key_nor_login(project: Project, key: str) -> None:
    value = {"api_key_env": "ANTHROPIC_API_KEY", "base_url": "http://127.0.0.1:1", "login": False}.get(key)
    home = by_agent(project, "none", **({key: value} if key else {}))
    assert ("no login is seen" in project.run("check")) == (key == "login")
    (home / ".claude/.credentials.json").unlink()
    assert ("no login is seen" in project.run("check")) == (key in {"", "login"})
