"""What agents print may be forged: nothing that they say breaks the engine, or is counted as more than a number can be."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.experiment.records import Proposal, Tokens
from autoexp.proposers.agents.acp import PROPOSER as ACP
from autoexp.proposers.agents.agent import Agent, Ended, Failure, Heard
from autoexp.proposers.agents.aider import Aider
from autoexp.proposers.agents.claude_code import ClaudeCode
from autoexp.proposers.agents.closing import LONGEST_TEXT
from autoexp.proposers.agents.codex import Codex
from autoexp.proposers.agents.gemini import PROPOSER as GEMINI
from autoexp.proposers.agents.mini_swe_agent import MiniSweAgent
from autoexp.proposers.agents.opencode import PROPOSER as OPENCODE
from autoexp.proposers.agents.pi import PROPOSER as PI
from autoexp.proposers.agents.qwen import PROPOSER as QWEN
from autoexp.proposers.agents.recording import fit_for_record
from autoexp.proposers.agents.streams import usd

STREAMS = Path(__file__).parent / "streams"
AGENTS: list[Agent] = [
    Aider(), ClaudeCode(), Codex(), MiniSweAgent(), *(plugin.agent for plugin in (ACP, GEMINI, OPENCODE, PI, QWEN)),
]  # fmt: skip
NUMBERS = st.sampled_from([-1, 0, 10**12, 10**400, -(10**400), 0.5, 1e308, float("nan"), float("inf")])
JUNK = NUMBERS | st.sampled_from([None, True, "", "\ud800", "x" * 1000, [], {}, [[]], [1], {"a": {}}, [{"type": 1}]])
DEEP = '{"a":' * 3000 + "1" + "}" * 3000


def lines_of(agent: Agent) -> list[str]:
    paths = sorted((STREAMS / agent.facts.name).glob("*.txt"))
    return sorted({line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line})


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, inner in steps for place in places(inner, (*path, step)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(value[path[0]], path[1:], new)
    return copy


@st.composite
def forged(draw: st.DrawFn, lines: list[str]) -> str:
    line = draw(st.sampled_from(lines))
    try:
        event = json.loads(line)
    except ValueError:
        if numbers := list(re.finditer(r"\d+", line)):
            found = draw(st.sampled_from(numbers))
            line = line[: found.start()] + str(draw(NUMBERS)) + line[found.end() :]
        cut = draw(st.integers(0, len(line)))
        return line[:cut] + draw(st.sampled_from(["", "\\x", "\\ud800", "\\N{no}", "'", "\0"])) + line[cut:]
    for _ in range(draw(st.integers(1, 3))):
        event = put(event, draw(st.sampled_from(places(event))), draw(JUNK))
    return json.dumps(event)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.facts.name)
def test_no_forged_line_breaks_the_engine_or_counts_what_no_number_can_be(agent: Agent) -> None:
    lines = lines_of(agent)

    @given(st.lists(forged(lines) | st.sampled_from([*lines, DEEP, "{", "[]", "null"]), max_size=8))
    def heard_of(told: list[str]) -> None:
        heard = Heard()
        for line in told:
            agent.hear(line, heard)
        fit_for_record(heard, ())
        counted = [getattr(heard.tokens, name) or 0 for name in Tokens.model_fields]
        assert all(0 <= one <= len(told) * 10**13 for one in counted)
        assert heard.cost_usd is None or 0 <= heard.cost_usd <= len(told) * 10**13
        assert heard.requests >= 0
        said = Proposal(description=heard.text, model=heard.model, tokens=heard.tokens, cost_usd=heard.cost_usd)
        assert Proposal.model_validate_json(said.model_dump_json()) == said

    heard_of()


@pytest.mark.parametrize(
    "session", ["**", "a**b", "\0", "[", "../..", "/../../*", "x" * 100_000, "\ud800", "-c", "~root"]
)
@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.facts.name)
def test_no_name_of_a_session_breaks_the_search_for_its_notes(agent: Agent, session: str, tmp_path: Path) -> None:
    for name in ("home", "out", "err"):
        (tmp_path / name).touch() if name != "home" else (tmp_path / name).mkdir()
    heard = Heard(session=session, requests=1)
    agent.conclude(Ended(0, tmp_path / "out", tmp_path / "err", tmp_path / "home"), heard)
    fit_for_record(heard, ())
    assert heard.tokens.total in {None, 0}


def test_notes_of_gemini_that_a_link_leads_to_are_not_read(tmp_path: Path) -> None:
    elsewhere, home = tmp_path / "elsewhere/x/chats", tmp_path / "home"
    elsewhere.mkdir(parents=True)
    told = {"type": "gemini", "id": "1", "tokens": {"input": 5}}
    (elsewhere / "session-2026-abcdefgh.jsonl").write_text(json.dumps(told))
    (home / ".gemini").mkdir(parents=True)
    (home / ".gemini/tmp").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "out").touch()
    heard = Heard(session="abcdefgh", requests=1)
    GEMINI.agent.conclude(Ended(None, tmp_path / "out", tmp_path / "out", home), heard)
    assert heard.tokens == Tokens()


@pytest.mark.parametrize("content", [r"'\x'", r"'\N{none}'", r"'\ud800'", "'\\0'"])
def test_an_answer_that_aider_did_not_print_breaks_nothing(content: str) -> None:
    heard = Heard()
    Aider().hear(f"ModelResponse(model='m', message=Message(content={content}), usage=Usage(prompt_tokens=1))", heard)
    fit_for_record(heard, ())
    assert heard.text.encode().decode() == heard.text
    assert heard.tokens.input == 1


CHUNK = {"sessionUpdate": "agent_message_chunk", "content": {"text": "x" * 1000}}


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (GEMINI.agent, {"type": "message", "role": "assistant", "content": "x" * 1000}),
        (ACP.agent, {"acp": "update", "update": CHUNK}),
    ],
    ids=["gemini", "acp"],
)
def test_words_without_end_are_kept_from_their_end(agent: Agent, said: dict[str, Any]) -> None:
    heard = Heard()
    for _ in range(200):
        agent.hear(json.dumps(said), heard)
    assert len(heard.text) == LONGEST_TEXT


@pytest.mark.parametrize("amount", [10**400, -(10**400), float("nan"), float("inf"), -0.01, 10**12, True, "1", None])
def test_an_amount_that_nobody_pays_is_none(amount: Any) -> None:
    assert usd(amount) is None


def test_what_would_move_the_cursor_is_not_on_record() -> None:
    heard = Heard(ending="it met \x1b[2J", failure=Failure("server", "gone\x1b]0;title\x07"))
    fit_for_record(heard, ())
    assert heard.failure is not None
    assert "\x1b" not in heard.ending + heard.failure.words
