"""An agent's run from its start to what the engine is told, with a program of a few lines that says what the test wants."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign.views import Brief, Repair
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, Desk, NothingLeft, ProposerFailed, Unavailable
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.agents.agent import Ended, Facts, Failure, Heard, Launch, Task
from autoexp.proposers.agents.driving import Driven
from autoexp.proposers.agents.options import AgentOptions

Briefs = Callable[[int], Brief]
KEY = "sk-of-this-test-0123456789"
OTHER = "another-secret-0123456789"


class Telling:
    """An agent whose lines are JSON objects, which say themselves what is to be heard."""

    facts = Facts(name="telling", title="Telling", program="telling", install="none", logins=(".telling/login.json",))
    options = AgentOptions

    def __init__(self, *, breaks: str = "") -> None:
        self.tasks: list[Task] = []
        self._breaks = breaks

    def launch(self, task: Task) -> Launch:
        self.tasks.append(task)
        return Launch((task.program, "work"), {"KEY": task.key})

    def hear(self, line: str, heard: Heard) -> None:
        if self._breaks == "hear":
            raise KeyError("a bug in hear")
        said = json.loads(line)
        if "failure" in said:
            heard.failure = Failure(**said.pop("failure"))
        if "tokens" in said:
            heard.tokens, heard.counted_by = Tokens(**said.pop("tokens")), "telling"
        for name, value in said.items():
            setattr(heard, name, value)

    def conclude(self, ended: Ended, heard: Heard) -> None:
        if self._breaks == "conclude":
            raise KeyError("a bug in conclude")


class Run:
    """One proposer, and what it is asked."""

    def __init__(self, agent: Telling, folder: Path, desk: Desk, brief: Brief, environ: dict[str, str]) -> None:
        self.agent, self.desk, self.brief = agent, replace(desk, home=folder / "desk-home"), brief
        self.folder, self._environ = folder, {**environ, "HOME": str(folder), "A_KEY": KEY, "A_SECRET": OTHER}
        self._built: Any = None

    def says(self, *lines: dict[str, Any], code: int = 0, first: str = "", last: str = "") -> None:
        program = self.program = self.folder / "telling"
        text = "\n".join(json.dumps(line) for line in lines)
        program.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo "chatter"; echo "telling 1.2"; exit 0; fi\n{first}\n'
            f"cat <<'END' | sed \"s/@KEY/$KEY/; s/@SECRET/$A_SECRET/\"\n{text}\nEND\n{last}\nexit {code}\n"
        )
        program.chmod(0o755)

    def proposes(self, **keys: Any) -> Proposal:
        if self._built is None:
            options = AgentOptions.model_validate(
                {"program": str(self.folder / "telling"), "env_from": ["A_SECRET"], **keys}
            )
            self._built = Driven(self.agent)(options, folder=self.folder, environ=self._environ, cell=Cell())
        said: Proposal = self._built.propose(self.brief, self.desk)
        return said

    def rebuilds(self) -> None:
        self._built = None

    def repairs(self) -> None:
        self.brief = replace(self.brief, repair=Repair(Outcome.CRASH, "it broke"))

    def stored(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.desk.output.glob("proposer.*")))


@pytest.fixture
def run(folder: Path, desk: Desk, brief: Briefs, environ: dict[str, str]) -> Run:
    return Run(Telling(), folder, desk, brief(0), environ)


USED = {"tokens": {"input": 100, "output": 10}, "requests": 2, "model": "small-1"}


def test_a_proposal_holds_what_was_said_and_what_was_used(run: Run) -> None:
    run.says(USED, {"text": '{"description": "faster"}', "done": True, "cost_usd": 0.5})
    said = run.proposes()
    assert (said.description, said.proposer, said.model, said.requests) == ("faster", "telling", "small-1", 2)
    assert (said.tokens, said.tokens_source) == (Tokens(input=100, output=10), "telling")
    assert (said.cost_usd, said.cost_source, said.program) == (0.5, "telling", "telling telling 1.2")
    assert not list(run.desk.output.glob("version*"))


@pytest.mark.parametrize("code", [0, 1])
def test_an_exit_code_alone_decides_nothing(run: Run, code: int) -> None:
    run.says({"text": "done", "done": True}, code=code)
    assert run.proposes().description == "done"
    run.says({"text": "I began."}, code=code)
    with pytest.raises(ProposerFailed, match="without saying that it was done"):
        run.proposes()


@pytest.mark.parametrize(
    ("line", "raised"),
    [
        ({"failure": {"kind": "login", "words": "401"}}, AccessRefused),
        ({"failure": {"kind": "no_model", "words": "404"}}, AccessRefused),
        ({"failure": {"kind": "rate_limit", "words": "429"}}, Unavailable),
        ({"failure": {"kind": "other", "words": "too long"}}, ProposerFailed),
        ({"text": '{"nothing_left": "all is tried"}', "done": True}, NothingLeft),
        ({}, ProposerFailed),
    ],
)
def test_whatever_comes_of_it_what_was_used_is_told(run: Run, line: dict[str, Any], raised: type[Exception]) -> None:
    run.says(USED, line)
    with pytest.raises(raised) as told:
        run.proposes()
    said = told.value.said  # type: ignore[attr-defined]
    assert (said.tokens, said.requests, said.program) == (Tokens(input=100, output=10), 2, "telling telling 1.2")


@pytest.mark.parametrize("word", ["@KEY", "@SECRET"])
@pytest.mark.parametrize(
    "line",
    [
        {"text": "I saw WORD", "done": True},
        {"text": "I stopped", "done": True, "ending": "it met WORD"},
        {"text": "I stopped", "done": True, "denied": ["Bash(echo WORD)"]},
        {"failure": {"kind": "login", "words": "Incorrect API key provided: WORD"}},
        {"failure": {"kind": "server", "words": "no such key: WORD"}},
        {"text": '{"nothing_left": "WORD is all"}', "done": True},
        {"text": "I began with WORD"},
        {"text": "x", "done": True, "model": "model-WORD"},
        {"text": "x", "done": True, "version": "WORD"},
        {"text": "x", "done": True, "tokens": {"input": 1}, "counted_by": "WORD, its reply"},
    ],
)
def test_no_secret_is_said_or_stored(run: Run, line: dict[str, Any], word: str) -> None:
    run.says(json.loads(json.dumps(line).replace("WORD", word)))
    try:
        told = run.proposes(api_key_env="A_KEY").model_dump_json()
    except (AccessRefused, Unavailable, ProposerFailed, NothingLeft) as raised:
        told = f"{raised} {raised.said}"
    assert "***" in run.stored()
    assert not any(secret in text for secret in (KEY, OTHER) for text in (told, run.stored()))


@pytest.mark.parametrize("named", ["model", "version", "denied", "ending"])
def test_what_an_agent_calls_something_is_no_longer_than_a_name(run: Run, named: str) -> None:
    long = "x\n\u001b[2Jy" * 10_000
    run.says({"text": "x", "done": True, named: [long] * 100 if named == "denied" else long})
    said = run.proposes()
    assert len(said.model_dump_json()) < 10_000
    assert "\u001b" not in said.model + said.program


def test_a_proposal_says_nothing_that_its_program_calls_its_version_and_is_a_secret(run: Run) -> None:
    run.says({"text": "x", "done": True})
    run.program.write_text(run.program.read_text().replace("telling 1.2", "telling $A_SECRET"))
    assert run.proposes().program == "telling telling ***"


@pytest.mark.parametrize("breaks", ["hear", "conclude"])
def test_a_bug_in_an_adapter_stores_no_secret_and_loses_no_login(
    folder: Path, desk: Desk, brief: Briefs, environ: dict[str, str], breaks: str
) -> None:
    run = Run(Telling(breaks=breaks), folder, desk, brief(0), environ)
    login = folder / ".telling/login.json"
    login.parent.mkdir()
    login.write_text('{"token": "token-of-one-12345"}')
    renew = 'echo \'{"token": "token-of-two-12345"}\' > "$HOME/.telling/login.json"'
    run.says({"text": "@SECRET token-of-one-12345 token-of-two-12345", "done": True}, first=renew)
    with pytest.raises(KeyError):
        run.proposes()
    assert "*** *** ***" in run.stored()
    assert json.loads(login.read_text()) == {"token": "token-of-two-12345"}


@pytest.fixture
def login(folder: Path) -> Path:
    path = folder / ".telling/login.json"
    path.parent.mkdir()
    path.write_text('{"token": "token-of-one-12345"}')
    return path


def test_a_login_that_cannot_be_written_back_leaves_no_secret(run: Run, login: Path) -> None:
    real = login.replace(login.with_name("x" * 250))  # a name that leaves no room for a new file beside it
    login.symlink_to(real)
    renew = 'echo \'{"token": "token-of-two-12345"}\' > "$HOME/.telling/login.json"'
    run.says({"text": "@SECRET token-of-one-12345 token-of-two-12345", "done": True}, first=renew)
    with pytest.raises(OSError, match="too long"):
        run.proposes()
    assert "*** *** ***" in run.stored()


def test_a_login_that_is_gone_pauses_the_campaign(run: Run, login: Path) -> None:
    run.says({"text": "x", "done": True})
    run.proposes()
    login.unlink()
    with pytest.raises(AccessRefused, match=r"Telling: the login in ~/\.telling/login\.json cannot be read") as raised:
        run.proposes()
    assert raised.value.fix == "log in with telling once"


def test_a_repair_resumes_the_session_and_a_first_change_does_not(run: Run) -> None:
    run.says({"session": "s-1", "text": "x", "done": True})
    run.proposes()
    run.proposes()
    run.repairs()
    run.proposes()
    assert [task.resume for task in run.agent.tasks] == ["", "", "s-1"]
    assert "it broke" in run.agent.tasks[-1].prompt
    assert "# How you work here" in run.agent.tasks[-1].prompt  # it reads no standing instructions


def test_a_session_that_bad_weather_broke_is_not_gone_on_with(run: Run) -> None:
    run.says({"session": "s-1", "text": "x", "done": True})
    run.proposes()
    run.repairs()
    run.says({"session": "s-1", "failure": {"kind": "reset", "words": "connection lost"}})
    with pytest.raises(Unavailable):
        run.proposes()
    with pytest.raises(Unavailable):
        run.proposes()
    assert [task.resume for task in run.agent.tasks] == ["", "s-1", ""]
    assert len(run.agent.tasks[-1].prompt) > len(run.agent.tasks[-2].prompt)


def test_nothing_is_left_in_the_home_of_work_that_is_not_gone_on_with(run: Run) -> None:
    """Two members of a chooser may be the same agent: one with a login, the other without."""
    login = run.folder / ".telling/login.json"
    login.parent.mkdir()
    login.write_text('{"token": "token-of-one-12345"}')
    run.says({"session": "s-1", "text": "x", "done": True}, first='ls -A "$HOME" >&2; touch "$HOME/of-before"')
    run.proposes()
    assert ".telling" in run.stored()
    run.rebuilds()
    run.proposes(login=False)
    assert ".telling" not in run.stored()
    run.rebuilds()
    run.proposes()
    assert ".telling" in run.stored()
    assert "of-before" not in run.stored()


@pytest.mark.parametrize("takes_files", [True, False])
def test_files_are_looked_for_where_an_agent_takes_them(run: Run, *, takes_files: bool) -> None:
    run.agent.facts = replace(Telling.facts, takes_files=takes_files)
    run.says({"text": "x", "done": True})
    run.brief = replace(run.brief, scope=("**",))
    run.proposes()
    assert bool(run.agent.tasks[-1].files) == takes_files


def test_a_cap_ends_the_work_and_what_was_changed_is_measured(run: Run) -> None:
    run.says({**USED, "requests": 3}, first="echo changed > a.py; trap '' TERM", last="sleep 600")
    said = run.proposes(turns=2)
    assert "more than 2 times (proposer.turns)" in said.ending
    assert (run.desk.workspace / "a.py").read_text() == "changed\n"
