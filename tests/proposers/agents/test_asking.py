"""What an agent is asked: the brief as it is, within the length of one argument, and little where it knows its work so far."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign.views import Brief, Repair
from autoexp.experiment.outcome import Outcome
from autoexp.proposers.agents.asking import LONGEST_PROMPT, RULES, files_in_scope, prompt
from autoexp.proposers.agents.closing import described

Briefs = Callable[[int], Brief]


@pytest.fixture
def plain(brief: Briefs) -> Brief:
    return replace(brief(0), goal="Make the loop faster.")


@pytest.fixture
def broken(plain: Brief) -> Brief:
    return replace(plain, repair=Repair(Outcome.CRASH, "NameError: x is not defined"))


def test_a_first_prompt_holds_the_brief_and_asks_for_the_change(plain: Brief):
    asked = prompt(plain, resumed=False, rules=False)
    assert "Make the loop faster." in asked
    assert asked.endswith("Make the change now, in the current folder, and end with the line of JSON.")
    assert RULES not in asked


def test_an_agent_without_standing_instructions_gets_the_rules_first(plain: Brief):
    assert prompt(plain, resumed=False, rules=True).startswith(RULES)


def test_an_agent_that_knows_its_work_is_told_only_what_broke(broken: Brief):
    asked = prompt(broken, resumed=True, rules=False)
    assert "ended as crash" in asked
    assert "NameError: x is not defined" in asked
    assert "Make the loop faster." not in asked


def test_an_agent_that_forgot_its_work_is_told_everything_again(broken: Brief):
    asked = prompt(broken, resumed=False, rules=False)
    assert "Make the loop faster." in asked
    assert "NameError: x is not defined" in asked
    assert "holds your change as you made it. Mend it now" in asked


def test_a_session_alone_makes_no_repair(plain: Brief):
    assert prompt(plain, resumed=True, rules=False) == prompt(plain, resumed=False, rules=False)


@pytest.mark.parametrize(("resumed", "last"), [(True, "then end as before."), (False, "end with the line of JSON.")])
def test_a_prompt_fits_into_one_argument_and_still_says_what_to_do(broken: Brief, resumed: Any, last: str):
    long = replace(broken, goal="é" * 100_000, repair=replace(broken.repair, detail="ü" * 200_000))
    asked = prompt(long, resumed=resumed, rules=True)
    assert len(asked.encode()) <= LONGEST_PROMPT
    assert asked.startswith(RULES)
    assert asked.endswith(last)


def test_what_no_argument_can_hold_is_left_out(plain: Brief):
    asked = prompt(replace(plain, goal="a\0b\ud800c"), resumed=False, rules=False)
    assert "ab?c" in asked
    asked.encode()


def test_the_line_that_the_rules_ask_for_is_read_as_they_say():
    shown = next(line for line in RULES.splitlines() if line.startswith('{"description"'))
    assert set(json.loads(shown)) == {"description", "hypothesis", "asi", "ideas"}
    assert described(shown).description == "the change in a few words"


def test_files_in_scope_are_those_that_are_there(tmp_path: Path, plain: Brief):
    for name in ("src/a.py", "src/deep/b.py", "docs/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    scoped = replace(plain, scope=("src/**/*.py", "missing.py"))
    assert set(files_in_scope(tmp_path, scoped)) == {"src/a.py", "src/deep/b.py"}
    assert len(files_in_scope(tmp_path, replace(plain, scope=("**",)), most=2)) == 2
