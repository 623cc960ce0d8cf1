"""The adapter and its client with an agent that is a small program, started for real; the real agents are in tests/agents."""

import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from autoexp import plugins
from autoexp.campaign.views import Repair
from autoexp.experiment.outcome import Outcome
from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.processes.confine import landlock_abi, seccomp_works
from autoexp.processes.sandbox import bwrap
from autoexp.processes.sandbox.box import Landlocked, Unsandboxed
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.agents.acp import AcpOptions

pytest.importorskip("acp", reason="the library agent-client-protocol is not installed")

PLUGIN = plugins.find("autoexp.proposers", "acp")
AGENT = """#!/usr/bin/env python3
import json, os, subprocess, sys, time

def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

def update(kind, **more):
    send(method="session/update", params={"sessionId": session, "update": {"sessionUpdate": kind, **more}})

def say(words, **more):
    update("agent_message_chunk", content={"type": "text", "text": words}, **more)

def ask(method, **params):
    send(id=f"a-{method}", method=method, params={"sessionId": session, **params})
    reply = json.loads(sys.stdin.readline())
    return reply.get("result", {"error": reply.get("error")})

def permission(**call):
    options = [{"optionId": kind, "name": kind, "kind": kind} for kind in ("allow_always", "allow_once", "reject_once")]
    update("tool_call", toolCallId="t1", status="pending", title=call.get("title", "a tool"))
    return ask("session/request_permission", toolCall={"toolCallId": "t1", **call}, options=options)["outcome"].get("optionId")

def reply(message, result):
    send(id=message["id"], result=result)

session, loaded, prompts = "s-1", False, 0
USAGE = {"inputTokens": 100, "outputTokens": 7, "cachedReadTokens": 20, "totalTokens": 127}
for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params")
    if method == "initialize":
        reply(message, {"protocolVersion": 1, "agentInfo": {"name": "tiny", "version": "0.1"}, "agentCapabilities": {"loadSession": True}})
    elif method == "session/new":
        reply(message, {"sessionId": session, "models": {"currentModelId": "small", "availableModels": []}})
    elif method == "session/load":
        loaded = True
        say("what was said before")
        reply(message, {})
    elif method == "session/prompt":
        prompts += 1
        prompt = params["prompt"][0]["text"]
        WORK
        reply(message, {"stopReason": "end_turn", "usage": USAGE})
    elif "id" in message and method:
        reply(message, {})
"""


at_every_level = pytest.mark.parametrize("cell", ["bwrap", "landlock", "none"], indirect=True)


@pytest.fixture
def cell(request):
    level = getattr(request, "param", "bwrap")
    if level == "none":
        return Cell(Unsandboxed())
    if level == "landlock":
        if not (landlock_abi() and seccomp_works()):
            pytest.skip("this kernel has no Landlock or no seccomp")
        return Cell(Landlocked())
    program = bwrap.program()
    if program is None:
        pytest.skip("there is no bwrap")
    return Cell(bwrap.Bubblewrapped(program))


@pytest.fixture
def desk(desk, tmp_path):
    (tmp_path / "told").mkdir()
    for place in (desk.brief_json, desk.brief_md):
        place.rename(tmp_path / "told" / place.name)
    return replace(
        desk, brief_json=tmp_path / "told/brief.json", brief_md=tmp_path / "told/brief.md", home=tmp_path / "homes"
    )


@pytest.fixture
def build(tmp_path, folder, environ, cell):
    def call(work: str, **options):
        path = tmp_path / "tools" / "tiny"
        path.parent.mkdir(exist_ok=True)
        path.write_text(AGENT.replace("        WORK", textwrap.indent(textwrap.dedent(work).strip(), " " * 8)), "utf-8")
        path.chmod(0o755)
        keys = AcpOptions.model_validate({"command": [str(path)], **options})
        environment = {**environ, "HOME": str(tmp_path)}
        return PLUGIN(keys, folder=folder, environ=environment, stop=None, cell=cell)

    return call


@pytest.fixture
def propose(build, brief, desk):
    return lambda work, **options: build(work, **options).propose(brief(0), desk)


@at_every_level
def test_it_edits_the_copy_and_says_what_it_did(propose, desk):
    proposal = propose("""
        say("I look.")
        assert permission(kind="edit", locations=[{"path": os.path.abspath("a.py")}]) == "allow_once"
        open("a.py", "w").write("new\\n")
        update("tool_call_update", toolCallId="t1", status="completed")
        say('{"description": ')
        say('"shorter"}')
    """)
    assert (desk.workspace / "a.py").read_text() == "new\n"
    assert (proposal.description, proposal.ending) == ("shorter", "")
    assert (proposal.proposer, proposal.program, proposal.model) == ("acp:tiny", "acp:tiny tiny 0.1", "small")
    assert (proposal.tokens.input, proposal.tokens.cached, proposal.tokens.output) == (120, 20, 7)
    assert (proposal.tokens_source, proposal.requests) == ("tiny 0.1, its reply to the prompt", None)


def test_files_are_served_below_the_copy_and_nowhere_else(propose, desk, tmp_path):
    proposal = propose(f"""
        here = os.getcwd()
        read = ask("fs/read_text_file", path=here + "/a.py", line=2, limit=1)
        wrote = ask("fs/write_text_file", path=here + "/sub/b.py", content="made")
        outside = [ask("fs/read_text_file", path={str(tmp_path / "told/brief.md")!r}), ask("fs/write_text_file", path=here + "/../x", content="")]
        say(read["content"].strip() + str(["error" in one for one in outside]))
    """)
    assert proposal.description == "two[True, True]"
    assert (desk.workspace / "sub/b.py").read_text() == "made"
    assert not (desk.workspace.parent / "x").exists()


@at_every_level
def test_a_command_is_rejected_and_the_agent_told_to_go_on(propose):
    proposal = propose(
        """
        if prompts == 1:
            assert "make *" in prompt
            first = permission(kind="execute", rawInput={"command": "make x"})
            second = permission(kind="execute", rawInput={"command": "rm -r x"})
        else:
            say(first + " " + second + " " + str("rm -r x" in prompt))
        """,
        allow=["make *"],
    )
    assert proposal.description == "allow_once reject_once True"
    assert "not allowed to use the command rm -r x" in proposal.ending
    assert proposal.tokens.input is None  # whether its reply counts one prompt or both, nobody says


def test_an_agent_that_is_refused_for_ever_is_not_asked_for_ever(propose):
    proposal = propose("""permission(kind="fetch", title="the web " + str(prompts))""")
    assert "the web" in proposal.ending


def test_a_repair_goes_on_in_its_session_and_counts_only_what_is_new(build, brief, desk):
    proposer = build("""
        update("usage_update", used=1, size=2, cost={"amount": 0.5 + 0.25 * loaded, "currency": "USD"})
        say(f"loaded {loaded}")
    """)
    first = proposer.propose(brief(0), desk)
    assert (first.description, first.cost_usd) == ("loaded False", 0.5)
    again = proposer.propose(replace(brief(0), repair=Repair(Outcome.CRASH, "zebra")), desk)
    assert (again.description, again.cost_usd) == ("loaded True", 0.25)


@pytest.mark.parametrize(
    ("work", "raised", "words"),
    [
        ("sys.exit('out of cheese')", ProposerFailed, "the agent ended"),
        ("send(id=message['id'], error={'code': -32000, 'message': 'Authentication required'}); continue", AccessRefused, "Authentication"),
        ("send(id=message['id'], error={'code': -32603, 'message': 'Internal error', 'data': {'details': '503 overloaded'}}); continue",
         Unavailable, "overloaded"),
    ],
)  # fmt: skip
def test_a_failure_is_told_for_what_it_is(propose, work, raised, words):
    with pytest.raises(raised, match=words):
        propose(work)


def test_an_agent_that_tells_its_history_is_not_heard_twice(build, brief, desk):
    proposer = build('say(f"loaded {loaded}")')
    proposer.propose(brief(0), desk)
    proposer.propose(replace(brief(0), repair=Repair(Outcome.CRASH, "zebra")), desk)
    printed = (desk.output / "proposer.out").read_text()
    assert "loaded True" in printed
    assert "what was said before" not in printed


def test_an_agent_that_does_not_answer_is_ended_with_all_that_it_started(propose, desk):
    work = """
        subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(600)
    """
    with pytest.raises(Unavailable, match="it did nothing"):
        propose(work, idle="2s")
    assert alive_with(desk.marker) == []


@at_every_level
def test_what_an_agent_leaves_running_ends_with_it(propose, desk):
    assert propose("""
        subprocess.Popen(["sleep", "600"], start_new_session=True)
        say("left one")
    """).description == "left one"  # fmt: skip
    assert alive_with(desk.marker) == []


def test_words_that_are_no_protocol_do_not_stop_it(propose):
    proposal = propose("""
        print("a line of a log", flush=True)
        print('{"jsonrpc": "2.0", "method": "session/update", "params": [1]}', flush=True)
        send(method="session/update", params={"update": {"sessionUpdate": 7, "content": []}})
        ask("terminal/create", command="ls")
        say("x" * 300_000)
        update("tool_call", toolCallId="t9", status="pending")
        say("all the same")
    """)
    assert proposal.description == "all the same"


def test_a_model_is_chosen_by_the_command_or_by_the_protocol(propose, build):
    assert propose('say("ok")', model="big").model == "big"
    with pytest.raises(ValidationError, match="means nothing here"):
        AcpOptions.model_validate({"command": ["x", "{prompt}"]})


def test_the_command_is_needed():
    with pytest.raises(ValidationError, match="command"):
        AcpOptions.model_validate({})


def alive_with(marker: str) -> list[str]:
    """Name what still runs of the processes that a run has marked."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (place / "environ").read_bytes():
                found.append((place / "comm").read_text())
        except OSError:
            continue
    return found
