"""Looking at a campaign: every command tells the same, to people, to programs and to hostile words."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autoexp.briefs.schema import BriefData
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made, write

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\rkeep\nn=9 keep\tall"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
EDITS = (
    write(90, description=HOSTILE, hypothesis=HOSTILE, asi={HOSTILE: HOSTILE}, expect="keep"),
    {"description": "nothing", "run": "true"},
    write("crash"),
    {"description": "fails", "run": "printf '\\033[2J\\033]0;owned\\007' >&2; exit 9"},
    {"description": "raw", "run": "printf '\\033[2J\\377\\n' > value.txt"},
    write(80),
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    """Give a campaign that is only looked at: made once for all tests here."""
    told = made(tmp_path_factory.mktemp("told"), helper)
    told.edits(*EDITS)
    told.run("run", "--experiments", "4")
    told.killed("after-attempt:6")
    journal = told.path / ".git/autoexp/demo/journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])  # without the words of its proposer it is not taken up
    told.run("run")
    return told


def test_statuses_are_as_expected(told: Project) -> None:
    assert told.statuses() == [
        "keep", "keep", "no_change", "crash", "proposer_error", "bad_metric", "interrupted", "keep",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [["log"], ["status"], ["brief"], ["log", "--format", "tsv"], *[["show", str(n)] for n in (1, 3, 4, 5, 6)]],
)
def test_no_word_of_a_program_commands_the_terminal(told: Project, command: list[str]) -> None:
    assert CONTROL.search(_on_a_terminal(told, *command)) is None


def test_progress_shows_hostile_words_as_characters(told: Project, tmp_path: Path) -> None:
    assert CONTROL.search(told.run("run")) is None


def test_experiment_that_nobody_described_is_listed_with_what_went_wrong(told: Project) -> None:
    rows = json.loads(told.run("log", "--json"))
    failed = [row for row in rows if row["status"] in {"proposer_error", "interrupted"} and not row["description"]]
    assert failed
    listed = told.run("log").splitlines()
    for row in failed:
        line = next(line for line in listed if line.split()[0] == str(row["n"]))
        assert row["detail"].split()[0] in line


def test_description_of_several_lines_is_no_row_of_its_own(told: Project) -> None:
    assert not any(line.startswith("n=9") for line in told.run("show", "1").splitlines())


def _on_a_terminal(project: Project, *command: str) -> str:
    """Give what a command sends to a terminal without colours."""
    ours, its = pty.openpty()
    environ = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    with subprocess.Popen(
        [sys.executable, "-m", "autoexp", *command, "--repo", str(project.path)], stdout=its, stderr=its, env=environ
    ) as process:
        os.close(its)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536) or b""
            except OSError:
                break
    os.close(ours)
    assert process.returncode == 0
    return text.replace(b"\r\n", b"\n").decode()


@pytest.mark.parametrize("command", [["log"], ["status"], ["show", "1"]])
def test_output_for_a_pipe_has_no_colours(told: Project, command: list[str]) -> None:
    assert "\x1b" not in told.run(*command)


@pytest.mark.parametrize(
    "command",
    [["status"], ["log"], ["show", "1"], ["show", "6"], ["brief"], ["plugins"], ["schema"], ["run"], ["check"]],
)
def test_json_is_all_that_stands_on_stdout(told: Project, command: list[str]) -> None:
    out, _ = told.ran(*command, "--json")
    json.loads(out)
    assert CONTROL.search(out) is None


def test_last_rows_are_the_same_in_every_format(told: Project) -> None:
    last = [row["n"] for row in json.loads(told.run("log", "--last", "2", "--json"))]
    assert last == [6, 7]
    lines = [json.loads(line) for line in told.run("log", "--last", "2", "--format", "jsonl").splitlines()]
    assert [line["n"] for line in lines] == last
    table = told.run("log", "--last", "2", "--format", "tsv").splitlines()
    assert [line.split("\t")[3] for line in table] == ["status", "interrupted", "keep"]
    assert len(told.run("log", "--last", "2").splitlines()) == 3


def test_log_names_formats_that_it_knows(told: Project) -> None:
    assert "table" in told.run("log", "--format", "xml", code=2)
    assert "--last" in told.run("log", "--last", "0", code=2)


def test_diff_of_an_experiment_without_a_change_says_so(told: Project) -> None:
    assert "no change to show: it ended as no_change" in told.run("diff", "2", code=2)


def test_diff_is_the_change_byte_for_byte(told: Project) -> None:
    out, _ = told.ran("diff", "5")
    assert "+\x1b[2J\udcff\n" in out


def test_interrupted_experiment_shows_what_happened_and_its_candidate(told: Project) -> None:
    shown = told.run("show", "6")
    assert "interrupted" in shown
    assert "ended before a verdict" in shown
    assert "-90\n+80" in told.run("diff", "6")


def test_number_that_is_none_is_told_with_the_range(told: Project) -> None:
    assert "there is no experiment 99" in told.run("show", "99", code=2)
    assert "no experiment 0" in told.run("show", "0", code=2)


def test_brief_is_what_the_next_proposer_reads(told: Project) -> None:
    brief = json.loads(told.run("brief", "--json"))
    assert brief["incumbent"]["metrics"]["x"] == 80
    assert brief["scope"] == ["value.txt"]
    assert [row["n"] for row in brief["experiments"]] == [1, 2, 3, 4, 5, 6, 7]
    assert told.run("brief").startswith("# Make x small.")
    BriefData.model_validate(brief, strict=True, extra="forbid")


def test_schema_of_the_brief_names_its_keys(told: Project) -> None:
    made = json.loads(told.run("schema", "--brief"))
    assert set(made["properties"]) == set(json.loads(told.run("brief", "--json")))
    assert "scope" in json.loads(told.run("schema"))["properties"]


def test_brief_leaves_the_record_as_it_is(told: Project) -> None:
    journal = told.path / ".git/autoexp/demo/journal.jsonl"
    before = journal.read_bytes()
    told.run("brief")
    assert journal.read_bytes() == before


def test_export_prints_and_writes_the_same(told: Project, tmp_path: Path) -> None:
    told.run("export")
    for name in ("results.tsv", "experiments.jsonl"):
        text = (told.path / ".autoexp/demo" / name).read_text()
        assert told.run("export", name) == text
        told.run("export", name, "--out", str(tmp_path / name))
        assert (tmp_path / name).read_text() == text


@pytest.mark.parametrize(
    ("out", "what", "fix"),
    [
        ("/nowhere/at/all", "No such file or directory", "make the folder that it lies in"),
        ("/usr", "Is a directory", "something else lies there"),
    ],
)
def test_file_that_cannot_be_written_is_told_with_the_way_out(told: Project, out: str, what: str, fix: str) -> None:
    said = told.run("export", "results.tsv", "--out", out, code=2)
    assert f"{out}: {what}\n  fix: {fix}" in said
    assert "Traceback" not in said


def test_tag_may_be_left_out_while_there_is_one_campaign(told: Project) -> None:
    (told.path / "autoexp.yaml").rename(told.path / "aside")
    try:
        assert told.status()["tag"] == "demo"
    finally:
        (told.path / "aside").rename(told.path / "autoexp.yaml")


def test_mistake_in_the_contract_hides_no_campaign(told: Project) -> None:
    text = (told.path / "autoexp.yaml").read_text()
    told.contract("nonsense: [")
    try:
        assert told.status()["kept"] == 2
    finally:
        told.contract(text)


def test_module_is_the_command(told: Project) -> None:
    done = subprocess.run([sys.executable, "-m", "autoexp", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("autoexp ")


def test_unknown_command_and_option_name_the_help(told: Project) -> None:
    assert "autoexp --help" in told.run("rnu", code=2)
    assert "autoexp COMMAND --help" in told.run("run", "--experimnets", "3", code=2)


def test_killed_reader_of_a_long_log_is_no_error(told: Project) -> None:
    for command in (["log"], ["log", "--json"], ["schema"], ["status"]):
        with told.start(*command, closed=True) as process:
            _, err = process.communicate()
        assert (process.returncode, err) == (0, "")


def test_engine_that_is_killed_leaves_a_campaign_that_can_be_looked_at(told: Project) -> None:
    told.run("run", code=-signal.SIGKILL, fault="before-intent")
    assert told.status()["state"] == "idle" or told.status()["state"] == "stopped"
