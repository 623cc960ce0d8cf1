"""init writes a contract that holds, overwrites nothing, and says what will not work yet."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autoexp import api
from autoexp.api import authors
from autoexp.errors import AutoexpError
from autoexp.spec import load

ANSWERS = api.Answers(
    goal="Make it fast",
    measure="python bench.py",
    checks="pytest -q",
    edit=("src/*.py",),
    metric="parse_ms",
    direction="lower",
    unit="ms",
    propose="./mine.sh",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("a = 1\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True)
    return tmp_path


def test_written_contract_holds_what_was_answered(repository: Path) -> None:
    started = api.init(repository, ANSWERS)
    spec = load((repository / "autoexp.yaml").read_text())
    assert (spec.goal, spec.harness.measure, spec.harness.checks) == ("Make it fast", "python bench.py", "pytest -q")
    assert (spec.scope.edit, spec.primary, spec.metrics["parse_ms"].unit) == (("src/*.py",), "parse_ms", "ms")
    assert [path.name for path in started.written] == ["autoexp.yaml", "program.md"]
    assert started.notices == ()


@pytest.mark.parametrize("text", ["a: b # c", "'", '"', "line\nline", "- x", "{", "yes", "1e3", "é €", "\t"])
def test_any_answer_survives_the_file(repository: Path, text: str) -> None:
    api.init(repository, replace(ANSWERS, goal=text, measure=text + "x", unit=text))
    spec = load((repository / "autoexp.yaml").read_text())
    assert (spec.goal, spec.harness.measure) == (text, text + "x")


@pytest.mark.parametrize("there", [True, False])
def test_file_of_edits_is_no_command(repository: Path, *, there: bool) -> None:
    if there:
        (repository / "edits.yaml").write_text("[]\n")
    started = api.init(repository, replace(ANSWERS, propose="edits.yaml"))
    spec = load((repository / "autoexp.yaml").read_text())
    assert spec.proposer is not None
    assert (spec.proposer.kind, spec.proposer.options) == ("script", {"file": "edits.yaml"})
    assert "is taken as a file of edits" in started.notices[0]
    assert ("no such file" in started.notices[0]) != there


def test_contract_that_exists_is_not_overwritten(repository: Path) -> None:
    (repository / "autoexp.yaml").write_text("mine")
    with pytest.raises(AutoexpError, match="exists already"):
        api.init(repository, ANSWERS)
    assert (repository / "autoexp.yaml").read_text() == "mine"
    assert not (repository / "program.md").exists()


@pytest.mark.parametrize("objective", ["", "geomean"])
def test_force_replaces_what_init_wrote_and_nothing_of_a_person(repository: Path, objective: str) -> None:
    first = replace(ANSWERS, objective=objective, secondary=("b_ms",) if objective else ())
    api.init(repository, replace(first, harness="python"))
    api.init(repository, replace(ANSWERS, goal="Make it small", harness="python", target="src/a.py:f"), force=True)
    contract, program, bench = (repository / name for name in ("autoexp.yaml", "program.md", "bench.py"))
    assert load(contract.read_text()).goal == "Make it small"
    assert "# Make it small" in program.read_text()
    assert "src/a.py:f" in bench.read_text()
    program.write_text(program.read_text() + "mine\n")
    bench.write_text(bench.read_text() + "mine()\n")
    before = contract.read_bytes()
    with pytest.raises(AutoexpError, match=r"bench\.py exists already"):
        api.init(repository, replace(ANSWERS, harness="python"), force=True)
    assert contract.read_bytes() == before
    started = api.init(repository, ANSWERS, force=True)
    assert program.read_text().endswith("mine\n")
    assert started.notices[0] == "replaced, because of --force: autoexp.yaml"


def test_program_that_exists_is_kept_and_told(repository: Path) -> None:
    (repository / "program.md").write_text("mine")
    started = api.init(repository, ANSWERS)
    assert (repository / "program.md").read_text() == "mine"
    assert "left as it is" in started.notices[0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"metric": "two words"}, "not the name of a metric"),
        ({"measure": ""}, "--measure must be given"),
        ({"edit": ()}, "--edit must be given"),
        ({"name": "No Tag"}, "a tag has"),
    ],
)
def test_wrong_answer_writes_nothing(repository: Path, wrong: dict[str, str], words: str) -> None:
    with pytest.raises(AutoexpError, match=words):
        api.init(repository, replace(ANSWERS, **wrong))
    assert not (repository / "autoexp.yaml").exists()
    assert not (repository / "program.md").exists()


def test_scope_without_a_file_is_told(repository: Path) -> None:
    assert "matches no file of HEAD: srcc" in api.init(repository, replace(ANSWERS, edit=("srcc",))).notices[0]


def test_missing_proposer_is_told_and_stays_a_comment(repository: Path) -> None:
    assert "no proposer is named yet" in api.init(repository, replace(ANSWERS, propose="")).notices[0]
    text = (repository / "autoexp.yaml").read_text()
    assert load(text).proposer is None
    assert "# proposer: {kind: command" in text


def test_folder_without_repository_is_told(tmp_path: Path) -> None:
    assert "git init" in api.init(tmp_path, ANSWERS).notices[0]


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AutoexpError, match="no such folder"):
        api.init(tmp_path / "none", ANSWERS)


def test_lab_is_a_repository_with_one_commit_in_which_a_run_can_start(tmp_path: Path) -> None:
    api.init_lab(tmp_path / "lab", "etl")
    git = ["git", "-C", str(tmp_path / "lab")]
    assert subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True).stdout == b""
    assert subprocess.run([*git, "rev-list", "--count", "HEAD"], capture_output=True, check=True).stdout == b"1\n"
    assert api.contract_of(api.Place(tmp_path / "lab")).spec.proposer is not None


def test_lab_needs_a_folder_of_its_own(repository: Path) -> None:
    before = sorted(repository.rglob("*"))
    with pytest.raises(AutoexpError, match="not empty"):
        api.init_lab(repository, "etl")
    assert sorted(repository.rglob("*")) == before


def test_unknown_lab_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(AutoexpError, match=r"labs: .*etl"):
        api.init_lab(tmp_path / "lab", "elt")
    assert not (tmp_path / "lab").exists()


def test_every_name_of_the_api_is_there() -> None:
    for name in api.__all__:
        assert getattr(api, name)
    with pytest.raises(AttributeError):
        _ = api.nonsense


@pytest.mark.parametrize(
    ("kind", "target", "files", "line"),
    [
        ("python", "src/a.py:solve", ["bench.py"], 'TARGET = "src/a.py:solve"'),
        ("shell", "sh solve.sh", ["bench.sh"], "CANDIDATE='sh solve.sh'"),
        ("c", "solve.c", ["bench_c.sh", "bench.c"], "CANDIDATE=solve.c"),
    ],
)
def test_harness_of_a_kind_measures_the_target(
    repository: Path, kind: str, target: str, files: list[str], line: str
) -> None:
    started = api.init(repository, replace(ANSWERS, harness=kind, target=target, measure=api.measure_of(kind)))
    assert [path.name for path in started.written] == ["autoexp.yaml", *files, "program.md"]
    assert any(found.startswith(line) for found in (repository / files[0]).read_text().splitlines())
    assert any(files[0] in notice for notice in started.notices)


def test_harness_that_is_there_already_is_not_overwritten(repository: Path) -> None:
    (repository / "bench.py").write_text("mine")
    with pytest.raises(AutoexpError, match="exists already"):
        api.init(repository, replace(ANSWERS, harness="python"))
    assert (repository / "bench.py").read_text() == "mine"
    assert not (repository / "autoexp.yaml").exists()


def test_unknown_kind_of_harness_is_refused_with_those_there_are(repository: Path) -> None:
    with pytest.raises(AutoexpError, match="python, shell, c"):
        api.init(repository, replace(ANSWERS, harness="perl"))


@pytest.mark.parametrize(
    ("answers", "section"),
    [
        ({"model": "gpt-5"}, {"api": "openai", "model": "gpt-5", "api_key_env": "OPENAI_API_KEY"}),
        ({"model": "claude-x"}, {"api": "anthropic", "model": "claude-x", "api_key_env": "ANTHROPIC_API_KEY"}),
        (
            {"model": "m", "model_url": "http://127.0.0.1:8000/v1"},
            {"api": "openai", "model": "m", "base_url": "http://127.0.0.1:8000/v1"},
        ),
        (
            {"model": "m", "api": "anthropic", "key_env": "K"},
            {"api": "anthropic", "model": "m", "api_key_env": "K"},
        ),
    ],
)
def test_model_that_is_named_proposes(repository: Path, answers: dict[str, str], section: dict[str, str]) -> None:
    started = api.init(repository, replace(ANSWERS, propose="", **answers))
    spec = load((repository / "autoexp.yaml").read_text())
    found = spec.proposer
    assert found is not None
    assert (spec.budget.experiments, spec.budget.tokens) == (50, 3_000_000)
    assert (found.kind, found.options) == ("model", section)
    key_env = section.get("api_key_env")
    assert any(f"export {key_env}=" in notice for notice in started.notices) == (key_env is not None)


@pytest.mark.parametrize(
    ("answers", "section"),
    [
        ({}, {}),
        ({"model": "sonnet", "key_env": "K"}, {"model": "sonnet", "api_key_env": "K"}),
        ({"model_url": "http://127.0.0.1:8000"}, {"base_url": "http://127.0.0.1:8000"}),
    ],
)
def test_agent_that_is_named_proposes_within_a_cap_of_tokens(
    repository: Path, answers: dict[str, str], section: dict[str, str]
) -> None:
    started = api.init(repository, replace(ANSWERS, propose="", agent="claude-code", **answers))
    found = api.contract_of(api.Place(repository)).spec
    assert found.proposer is not None
    assert (found.proposer.kind, found.proposer.options) == ("claude-code", section)
    assert found.budget.tokens
    assert any("autoexp agents claude-code" in notice for notice in started.notices)


def test_what_a_model_needs_is_named_where_it_is_missing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = replace(ANSWERS, propose="", model="m", model_url="http://127.0.0.1:1/v1", name="a")
    assert not any("autoexp[models]" in notice for notice in api.init(repository, there).notices)
    (repository / "autoexp.yaml").unlink()
    (repository / "program.md").unlink()
    monkeypatch.setattr(authors, "CLIENT", "a_package_that_nobody_installed")
    assert any("autoexp[models]" in notice for notice in api.init(repository, there).notices)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"propose": "./p", "model": "m"}, "both say who proposes"),
        ({"model_url": "http://x"}, "--model-url belong to --model"),
        ({"propose": "./p", "agent": "codex"}, "--propose and --agent both say who proposes"),
        ({"agent": "clod"}, "there is no agent clod"),
        ({"agent": "command"}, "there is no agent command"),
        ({"agent": "claude-code", "api": "openai"}, "claude-code does not take that: api"),
        ({"agent": "claude-code", "key_env": "sk-1 2"}, "never the key itself"),
        ({"model": "m", "api": "soap"}, "--api soap is not known"),
    ],
)
def test_wrong_answers_about_the_proposer_write_nothing(repository: Path, answers: dict[str, str], told: str) -> None:
    with pytest.raises(AutoexpError, match=told):
        api.init(repository, replace(ANSWERS, **{"propose": "", **answers}))
    assert not (repository / "autoexp.yaml").exists()
