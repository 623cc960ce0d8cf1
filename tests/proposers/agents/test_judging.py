"""What the engine is told of an agent's work, by all that is known of its end; its exit code alone never decides."""

from typing import Any

import pytest

from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, NothingLeft, ProposerFailed, Unavailable
from autoexp.processes import Finished
from autoexp.proposers.agents.agent import Failure, Heard
from autoexp.proposers.agents.claude_code import ClaudeCode
from autoexp.proposers.agents.judging import Work, judged

USED = Proposal(tokens=Tokens(input=10, output=1), cost_usd=0.5, requests=2, proposer="claude-code", wall_s=3.0)
LAST = '{"description": "a change", "tokens": {"input": 7}, "cost_usd": 99}'
EXITED, KILLED, LATE = (
    Finished("exited", 0),
    Finished("stopped"),
    Finished("timeout", detail="it did not end within 9 s"),
)


def work(finished: Finished = EXITED, *, reason: Any = "", words: str = "", **heard: Any) -> Work:
    known = Heard(**{"done": True, "text": LAST, **heard})
    return Work(ClaudeCode.facts, finished, reason, words, known, USED, tail="its last words")


def raised(of: Work) -> Exception:
    with pytest.raises(Exception) as found:  # noqa: PT011  the tests look at it
        judged(of)
    return found.value


def failed(kind: Any, words: str = "it was said") -> dict[str, Any]:
    return {"done": False, "failure": Failure(kind, words, 7.0)}


def test_work_that_is_done_is_a_proposal_with_what_was_counted() -> None:
    said = judged(work())
    assert (said.description, said.ending) == ("a change", "")
    assert (said.tokens, said.cost_usd, said.requests) == (USED.tokens, 0.5, 2), "figures in its words are not used"


@pytest.mark.parametrize("code", [1, 143])
def test_exit_code_does_not_undo_what_the_stream_says(code: int) -> None:
    assert judged(work(Finished("exited", code, detail=f"exit code {code}"))).description == "a change"


def test_exit_code_0_does_not_make_it_done() -> None:
    found = raised(work(done=False))
    assert isinstance(found, ProposerFailed)
    assert "exit code 0" in str(found)
    assert "its last words" in str(found)
    assert found.said is not None
    assert found.said.tokens == USED.tokens


@pytest.mark.parametrize("kind", ["rate_limit", "overloaded", "quota", "server", "hang", "reset", "cut", "malformed"])
def test_weather_is_told_with_its_kind_and_what_was_used(kind: str) -> None:
    found = raised(work(**failed(kind)))
    assert isinstance(found, Unavailable)
    assert (found.kind, found.retry_after_s, str(found)) == (kind, 7.0, "Claude Code: it was said")
    assert found.said is not None
    assert found.said.requests == 2


@pytest.mark.parametrize(("kind", "mend"), [("login", "proposer.api_key_env"), ("no_model", "proposer.model")])
def test_what_people_have_to_mend_is_told_with_the_mend(kind: str, mend: str) -> None:
    found = raised(work(KILLED, reason="failure", words="it was said", **failed(kind)))
    assert isinstance(found, AccessRefused)
    assert mend in found.fix
    assert found.said is not None


def test_any_other_failure_is_the_experiment_s_own() -> None:
    assert isinstance(raised(work(**failed("other"))), ProposerFailed)


def test_success_after_a_failure_is_a_success() -> None:
    assert judged(work(failure=Failure("server", "500"))).description == "a change"


def test_silence_of_an_agent_that_is_not_done_is_a_hang() -> None:
    found = raised(work(KILLED, reason="idle", words="it did nothing for 3 s", done=False))
    assert isinstance(found, Unavailable)
    assert (found.kind, "3 s" in str(found)) == ("hang", True)


@pytest.mark.parametrize(("finished", "reason"), [(KILLED, "idle"), (LATE, "")])
def test_an_agent_that_is_done_and_does_not_end_has_made_its_proposal(finished: Finished, reason: Any) -> None:
    assert judged(work(finished, reason=reason, words="it did nothing for 3 s")).description == "a change"


@pytest.mark.parametrize("how", ["timeout", "memory", "processes", "flood"])
def test_a_limit_of_the_sandbox_fails_the_experiment(how: Any) -> None:
    found = raised(work(Finished(how, detail="the limit"), done=False))
    assert isinstance(found, ProposerFailed)
    assert "the limit" in str(found)


@pytest.mark.parametrize("how", ["memory", "processes", "flood"])
def test_a_limit_that_is_passed_after_the_last_word_fails_it_too(how: Any) -> None:
    assert isinstance(raised(work(Finished(how, detail="the limit"))), ProposerFailed)


def test_a_stop_from_outside_is_none_of_the_agent_s_doing() -> None:
    found = raised(work(KILLED, reason="stopped", words="it was stopped from outside", **failed("server")))
    assert isinstance(found, ProposerFailed)
    assert found.said is not None


def test_a_cap_leaves_the_change_to_be_measured_and_is_on_record() -> None:
    said = judged(work(KILLED, reason="cap", words="it asked its model more than 2 times", done=False))
    assert said.ending == "it asked its model more than 2 times"


def test_a_cap_of_its_own_is_on_record() -> None:
    assert judged(work(done=False, ending="it met its cap of turns")).ending == "Claude Code: it met its cap of turns"


def test_tools_that_it_was_not_allowed_are_named_once() -> None:
    said = judged(work(denied=["Bash(ls)", "Bash(ls)", "Edit"]))
    assert said.ending == "Claude Code was not allowed to use Bash(ls), Edit (proposer.allow)"


def test_a_program_that_cannot_be_started_pauses_the_campaign() -> None:
    found = raised(work(Finished("not_found", detail="cannot start claude"), done=False))
    assert isinstance(found, AccessRefused)
    assert "autoexp agents" in found.fix


def test_nothing_left_is_said_in_words_that_can_be_written_down() -> None:
    found = raised(work(text='{"nothing_left": "all \\ud800 tried"}'))
    assert isinstance(found, NothingLeft)
    assert str(found).encode() == b"all ? tried"
