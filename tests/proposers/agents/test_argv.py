import json
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from autoexp import plugins
from autoexp.campaign.views import Repair
from autoexp.errors import AutoexpError
from autoexp.experiment.outcome import Outcome
from autoexp.ports import AccessRefused, ProposerFailed, Unavailable
from autoexp.processes.confine import landlock_abi, seccomp_works
from autoexp.processes.sandbox import bwrap
from autoexp.processes.sandbox.box import Landlocked, Unsandboxed
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.agents.argv_options import ArgvOptions

PLUGIN = plugins.find("autoexp.proposers", "argv")


@pytest.fixture
def desk(desk, tmp_path):
    """A desk whose brief has a folder of its own, as the engine makes it."""
    (tmp_path / "told").mkdir()
    for place in (desk.brief_json, desk.brief_md):
        place.rename(tmp_path / "told" / place.name)
    return replace(desk, brief_json=tmp_path / "told/brief.json", brief_md=tmp_path / "told/brief.md")


@pytest.fixture(params=["bwrap", "landlock", "none"])
def cell(request):
    if request.param == "none":
        return Cell(Unsandboxed())
    if request.param == "landlock":
        if not (landlock_abi() and seccomp_works()):
            pytest.skip("this kernel has no Landlock or no seccomp")
        return Cell(Landlocked())
    program = bwrap.program()
    if program is None:
        pytest.skip("there is no bwrap")
    return Cell(bwrap.Bubblewrapped(program))


@pytest.fixture
def tool(tmp_path):
    """Write a program of the user's own, and give its path."""

    def write(text: str, name: str = "mytool") -> str:
        path = tmp_path / "tools" / name
        path.parent.mkdir(exist_ok=True)
        head = "#!/usr/bin/env python3\nimport json, os, subprocess, sys, time\n"
        path.write_text(head + textwrap.dedent(text), encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def user(environ, tmp_path):
    home = tmp_path / "user"
    home.mkdir()
    return {**environ, "HOME": str(home)}


@pytest.fixture
def build(user, folder, cell):
    def call(argv, *, stop=None, cell=cell, **options):
        keys = ArgvOptions.model_validate({"argv": argv, **options})
        return PLUGIN(keys, folder=folder, environ=user, stop=stop, cell=cell)

    return call


@pytest.fixture
def propose(build, desk, brief):
    def call(argv, **options):
        return build(argv, **options).propose(brief(0), desk)

    return call


def test_it_edits_the_copy_and_says_what_it_did(propose, tool, desk):
    program = tool("""
        open("a.py", "w").write("new\\n")
        print("I looked around.")
        print(json.dumps({"description": "shorter", "asi": {"kind": "loop"}}))
    """)
    proposal = propose([program, "{prompt}"])
    assert (desk.workspace / "a.py").read_text() == "new\n"
    assert (proposal.description, proposal.asi) == ("shorter", {"kind": "loop"})
    assert (proposal.proposer, proposal.program) == ("argv:mytool", "argv:mytool")
    assert (proposal.tokens.total, proposal.requests, proposal.cost_usd, proposal.tokens_source) == (
        None,
        None,
        None,
        "",
    )


def test_every_placeholder_leads_to_what_it_names(propose, tool):
    program = tool("""
        prompt, file, brief, as_json, model, home, workspace, brace = sys.argv[1:]
        assert "Make the change now" in prompt
        assert open(file).read() == prompt
        assert open(brief).read() == "# fast"
        assert json.load(open(as_json)) == {"goal": "fast"}
        assert home == os.environ["HOME"] and os.listdir(home) == [".autoexp"], os.listdir(home)
        assert os.path.samefile(workspace, ".")
        print(model + brace)
    """)
    names = ("prompt", "prompt_file", "brief", "brief_json", "model", "home", "workspace")
    proposal = propose([program, *(f"{{{name}}}" for name in names), "-{{x}}"], model="small")
    assert proposal.description == "small-{x}"


def test_usage_in_one_document_is_read_where_the_contract_says(propose, tool):
    told = {
        "result": "done", "ok": True, "spent": 0.25, "id": "s-1",
        "models": {"a": {"in": 100, "hit": 20, "out": 7}, "b": {"in": 10, "hit": 0, "out": 1}}, "calls": 3,
    }  # fmt: skip
    program = tool(f"print('a line of a log'); print(json.dumps({told!r}, indent=1))")
    proposal = propose(
        [program, "{prompt}"],
        output="json", text="result", done="ok", session="id",
        usage={"input": "models.*.in", "cached": "models.*.hit", "output": "models.*.out", "cost_usd": "spent",
               "requests": "calls", "input_includes_cache": False},
    )  # fmt: skip
    assert (proposal.tokens.input, proposal.tokens.cached, proposal.tokens.output) == (130, 20, 8)
    assert (proposal.cost_usd, proposal.cost_source, proposal.requests) == (0.25, "argv:mytool", 3)
    assert proposal.tokens_source == "mytool, its own output"
    assert proposal.description == "done"


@pytest.mark.parametrize(("added", "tokens"), [(True, 30), (False, 20)])
def test_lines_of_usage_are_added_or_the_last_one_counts(propose, tool, added, tokens):
    program = tool("""
        print(json.dumps({"usage": {"in": 10}, "say": "one"}))
        print(json.dumps({"usage": {"in": 20}, "say": "two"}))
        print(json.dumps({"type": "end", "status": "success"}))
    """)
    proposal = propose(
        [program, "{prompt}"], output="jsonl", text="say", usage={"input": "usage.in", "sum": added},
        done={"path": "status", "equals": "success"},
    )  # fmt: skip
    assert (proposal.tokens.input, proposal.description) == (tokens, "two")


def test_an_exit_code_of_0_is_no_success_where_the_stream_does_not_say_so(propose, tool):
    program = tool("""print(json.dumps({"status": "failed", "usage": {"in": 10}}))""")
    with pytest.raises(ProposerFailed, match="without saying that it was done") as caught:
        propose(
            [program, "{prompt}"], output="jsonl", usage={"input": "usage.in"},
            done={"path": "status", "equals": "success"},
        )  # fmt: skip
    assert caught.value.said.tokens.input == 10


def test_another_exit_code_is_a_failure_with_the_last_words(propose, tool):
    with pytest.raises(ProposerFailed, match="out of cheese"):
        propose([tool("sys.exit('out of cheese')"), "{prompt}"])


@pytest.mark.parametrize(
    ("words", "raised"),
    [
        ("429 Too Many Requests", Unavailable),
        ("401 Unauthorized: bad key", AccessRefused),
        ("the moon is full", ProposerFailed),
    ],
)
def test_a_line_that_matches_is_an_error_whatever_the_exit_code(propose, tool, words, raised):
    program = tool(f"""
        open("a.py", "w").write("half\\n")
        print("fatal: {words}", file=sys.stderr)
    """)
    with pytest.raises(raised, match=words):
        propose([program, "{prompt}"], error="(?i)^fatal: ")


def test_an_error_of_the_stream_is_told_with_its_kind(propose, tool):
    program = tool("""print(json.dumps({"error": {"message": "503 the model is overloaded"}}))""")
    with pytest.raises(Unavailable, match="overloaded") as caught:
        propose([program, "{prompt}"], output="jsonl", error="error")
    assert caught.value.kind == "overloaded"


def test_a_repair_goes_on_in_the_session_of_the_change(build, tool, desk, brief):
    program = tool("""
        if sys.argv[1] == "again":
            assert sys.argv[2] == "s-77" and "zebra" in sys.argv[3] and open(os.environ["HOME"] + "/memory").read() == "x"
            print(json.dumps({"session": "s-77", "text": "mended"}))
        else:
            open(os.environ["HOME"] + "/memory", "w").write("x")
            print(json.dumps({"session": "s-77", "text": "made"}))
    """)
    proposer = build(
        [program, "{prompt}"], resume=[program, "again", "{session}", "{prompt}"],
        output="jsonl", session="session", text="text",
    )  # fmt: skip
    desk = replace(desk, home=desk.output.parent / "home")
    assert proposer.propose(brief(0), desk).description == "made"
    again = replace(brief(0), repair=Repair(Outcome.CRASH, "zebra"))
    assert proposer.propose(again, desk).description == "mended"


def test_its_standing_rules_settings_and_login_are_in_its_home(propose, tool, user):
    login = Path(user["HOME"]) / ".mytool"
    login.mkdir()
    (login / "auth.json").write_text(json.dumps({"access_token": "tok-0123456789abcdef"}), encoding="utf-8")
    (login / "other.json").write_text("{}", encoding="utf-8")
    program = tool("""
        home = os.environ["HOME"]
        assert "How you work here" in open(home + "/.mytool/RULES.md").read()
        assert "How you work here" not in sys.argv[1]
        assert sorted(os.listdir(home + "/.mytool")) == ["RULES.md", "auth.json", "conf"]
        print(open(home + "/.mytool/auth.json").read(), open(home + "/.mytool/conf").read())
    """)
    proposal = propose(
        [program, "{prompt}"], rules=".mytool/RULES.md", logins=[".mytool/auth.json"], files={".mytool/conf": "a=1"}
    )
    assert "tok-0123456789abcdef" not in proposal.model_dump_json()


def test_a_program_that_hangs_is_ended_after_its_silence(propose, tool, desk):
    program = tool("""
        print(json.dumps({"say": "hello"}), flush=True)
        time.sleep(600)
    """)
    with pytest.raises(Unavailable, match="it did nothing for 1 s") as caught:
        propose([program, "{prompt}"], output="jsonl", idle="1s")
    assert caught.value.kind == "hang"
    assert alive_with(desk.marker) == []


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_program_that_speaks_only_at_its_end_is_not_idle_before(output):
    keys = ArgvOptions.model_validate({"argv": ["x", "{prompt}"], "output": output, "timeout": "2h"})
    assert keys.idle_s == 7200
    assert ArgvOptions.model_validate({"argv": ["x", "{prompt}"], "output": "jsonl"}).idle_s == 600


def test_forged_usage_is_bounded_and_never_negative(propose, tool):
    program = tool("""
        for one in (-5, 1e30, 10**15, True, "9", None, [], {"in": 3}):
            print(json.dumps({"usage": {"in": one, "cost": one}}))
        print(json.dumps({"usage": {"in": 12, "cost": "nan"}}))
    """)
    proposal = propose(
        [program, "{prompt}"], output="jsonl", usage={"input": "usage.in", "cost_usd": "usage.cost", "sum": True}
    )
    assert proposal.tokens.input == 12
    assert proposal.cost_usd is None or proposal.cost_usd >= 0


def test_a_cap_ends_it_with_what_it_had_done(propose, tool):
    program = tool("""
        open("a.py", "w").write("half\\n")
        print(json.dumps({"usage": {"in": 5000}}), flush=True)
        time.sleep(600)
    """)
    proposal = propose([program, "{prompt}"], output="jsonl", usage={"input": "usage.in"}, tokens=4000)
    assert "4,000 tokens" in proposal.ending
    assert proposal.tokens.input == 5000


def test_output_without_end_does_not_stop_the_reading(propose, tool):
    program = tool("""
        for _ in range(40):
            sys.stdout.write("x" * 1_000_000)
        print()
        print("made the loop shorter")
        print('{"description": "after all"}')
    """)
    assert propose([program, "{prompt}"]).description == "after all"


def test_a_daemon_in_a_session_of_its_own_is_dead_afterwards(propose, tool, desk):
    program = tool("""
        started = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL)
        print(f"left {started.pid} behind")
    """)
    assert propose([program, "{prompt}"]).description.startswith("left ")
    assert alive_with(desk.marker) == []


def test_what_it_writes_outside_does_not_take_effect(build, tool, desk, folder, tmp_path, brief):
    program = bwrap.program()
    if program is None:
        pytest.skip("there is no bwrap")
    aim = tmp_path / "outside.txt"
    aim.write_text("mine")
    wrote = tool(f"""
        for path in ({str(aim)!r}, {str(folder)!r} + "/x", {str(desk.brief_json)!r}, os.environ["AUTOEXP_BRIEF"], sys.argv[0]):
            try:
                open(path, "w").write("forged")
            except OSError:
                continue
        print("tried")
    """)
    before = Path(wrote).read_text(encoding="utf-8")
    cell = Cell(bwrap.Bubblewrapped(program))
    assert build([wrote, "{prompt}"], cell=cell).propose(brief(0), desk).description == "tried"
    assert (aim.read_text(), desk.brief_json.read_text(), list(folder.iterdir())) == ("mine", '{"goal": "fast"}', [])
    assert Path(wrote).read_text(encoding="utf-8") == before


def test_a_program_of_the_users_folder_brings_nothing_else_of_it(build, tool, desk, folder, brief):
    program = bwrap.program()
    if program is None:
        pytest.skip("there is no bwrap")
    (folder / "holdout.txt").write_text("secret")
    mine = folder / "agent"
    Path(tool(f"print(os.path.exists({str(folder / 'holdout.txt')!r}))")).rename(mine)
    cell = Cell(bwrap.Bubblewrapped(program), closed=(str(folder),))
    assert build(["./agent", "{prompt}"], cell=cell).propose(brief(0), desk).description == "False"


def test_a_program_that_is_not_there_is_told_before_anything_starts(build):
    with pytest.raises(AutoexpError, match="no program nosuchtool") as caught:
        build(["nosuchtool", "{prompt}"])
    assert caught.value.fix == "install it, or correct the first word of proposer.argv"


def test_only_an_asked_version_is_recorded(propose, tool):
    program = tool("""
        if sys.argv[1:] == ["-V"]:
            print("mytool 1.2.3")
        else:
            print("worked")
    """)
    assert propose([program, "{prompt}"], version=["-V"]).program == "argv:mytool mytool 1.2.3"


def test_its_network_is_what_the_contract_lists():
    keys = ArgvOptions.model_validate({"argv": ["x", "{prompt}"], "hosts": ["api.example.com:443"]})
    assert PLUGIN.hosts(keys) == ("api.example.com:443",)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"argv": ["x", "{promt}"]}, "{promt} means nothing here"),
        ({"argv": ["x", '{"a": 1', "{prompt}"]}, "a brace that does not close"),
        ({"argv": ["x", "{session}", "{prompt}"]}, "{session} means nothing"),
        ({"argv": ["x"]}, "not told what to do"),
        ({"argv": []}, "at least 1 item"),
        ({"argv": ["sh", "-c", "tool '{prompt}'"]}, "a shell would read"),
        ({"argv": ["x", "{prompt}"], "allow": ["make *"]}, "up to the sandbox alone"),
        ({"argv": ["x", "{prompt}"], "resume": ["x", "-c"]}, "not told what to mend"),
        ({"argv": ["x", "{prompt}"], "resume": ["x", "{session}", "{prompt}"]}, "resume names {session}"),
        ({"argv": ["x", "{prompt}"], "usage": {"input": "a.b"}}, "say output: json"),
        ({"argv": ["x", "{prompt}"], "done": "a.b"}, "say output: json"),
        ({"argv": ["x", "{prompt}"], "error": "("}, "no regular expression"),
        ({"argv": ["x", "{prompt}"], "error": {"path": "a", "regex": "b"}}, "either a path or a regex"),
        ({"argv": ["x", "{prompt}"], "output": "json", "usage": {"input": "a..b"}}, "is no path"),
        ({"argv": ["x", "{prompt}"], "logins": ["/etc/shadow"]}, "no path below HOME"),
        ({"argv": ["x", "{prompt}"], "files": {"../x": ""}}, "no path below HOME"),
        ({"argv": ["x", "{prompt}"], "rules": "~/x"}, "no path below HOME"),
        ({"argv": ["x", "{prompt}"], "api_key_env": "KEY"}, "env_from"),
        ({"argv": ["x", "{prompt}"], "base_url": "http://127.0.0.1:1"}, "hosts"),
    ],
)
def test_keys_that_cannot_be_kept_are_refused_with_the_reason(keys, words):
    with pytest.raises(ValidationError) as caught:
        ArgvOptions.model_validate(keys)
    assert words in str(caught.value)


def test_a_shell_gets_the_prompt_as_an_argument(propose):
    proposal = propose(["sh", "-c", 'test -n "$1" && echo "got $(echo "$1" | wc -l) lines"', "sh", "{prompt}"])
    assert proposal.description.startswith("got ")


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
