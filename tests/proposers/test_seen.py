"""What a command proposer sees of the user's folder: the programs that its command names, and its brief."""

import os
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from autoexp.ports import Desk, ProposerFailed
from autoexp.processes.confine import landlock_abi, seccomp_works
from autoexp.processes.sandbox import bwrap
from autoexp.processes.sandbox.box import Landlocked, Unsandboxed
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.view import Bind
from autoexp.proposers.command import CommandOptions, CommandProposer
from autoexp.proposers.program import located
from autoexp.proposers.seen import brief_seen, programs_seen
from autoexp.spec.sections import Command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "user's folder"
    for name in ("propose.py", "tools/a b.sh", "secret.txt", "ümläut.py"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).touch()
    return made


def seen(command: Command, folder: Path) -> list[str]:
    return [str(bind.source.relative_to(folder)) for bind in programs_seen(command, folder)]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("python propose.py", ["propose.py"]),
        ("propose.py", []),
        ("./propose.py --fast", ["propose.py"]),
        ("python ümläut.py", ["ümläut.py"]),
        ("sh 'tools/a b.sh' x", ["tools/a b.sh"]),
        (("sh", "tools/a b.sh"), ["tools/a b.sh"]),
        ('cat x | sh "$AUTOEXP_FOLDER/tools/a b.sh"', ["tools/a b.sh"]),
        ("cd /tmp && python $AUTOEXP_FOLDER/propose.py; true", ["propose.py"]),
        ("python ${AUTOEXP_FOLDER}/propose.py>out", ["propose.py"]),
        ('python "${AUTOEXP_FOLDER}"/propose.py', ["propose.py"]),
        ('sh -c "python $AUTOEXP_FOLDER/propose.py"', ["propose.py"]),
        ("PYTHONPATH=$AUTOEXP_FOLDER/tools python $AUTOEXP_FOLDER/propose.py", ["propose.py", "tools"]),
        (("sh", "-c", "python $AUTOEXP_FOLDER/propose.py"), ["propose.py"]),
        ("python $AUTOEXP_FOLDER/gone.py", []),
        ("ls $AUTOEXP_FOLDER", []),
        ("ls $AUTOEXP_FOLDER/", []),
        ("ls $AUTOEXP_FOLDER/.", []),
        ("ls $AUTOEXP_FOLDER/..", []),
        ("ls $AUTOEXP_FOLDER/../", []),
        ("echo it's $AUTOEXP_FOLDER/propose.py", ["propose.py"]),
        ("true", []),
    ],
)
def test_what_a_command_names_in_the_folder_is_seen_and_nothing_else(
    folder: Path, tmp_path: Path, command: Command, names: list[str]
) -> None:
    assert seen(located(command, folder=folder, workspace=tmp_path), folder) == names


def test_the_brief_stands_where_the_variables_say(desk: Desk) -> None:
    cell = Cell(bwrap.Bubblewrapped("/usr/bin/bwrap"))
    bind, told = brief_seen(desk, cell)
    assert bind == Bind(desk.brief_json.parent, "/brief")
    assert told == {"AUTOEXP_BRIEF": "/brief/brief.json", "AUTOEXP_BRIEF_MD": "/brief/brief.md"}
    assert brief_seen(desk, Cell())[1]["AUTOEXP_BRIEF"] == str(desk.brief_json)


@pytest.fixture(params=["none", "landlock", "bwrap"])
def cell(request: pytest.FixtureRequest) -> Cell:
    if request.param == "bwrap":
        if (program := bwrap.program()) is None:
            pytest.skip("bubblewrap is not installed")
        return Cell(bwrap.Bubblewrapped(program))
    if request.param == "landlock":
        if not (landlock_abi() and seccomp_works()):
            pytest.skip("this kernel has no Landlock or no seccomp")
        return Cell(Landlocked())
    return Cell(Unsandboxed())


def apart(desk: Desk, tmp_path: Path) -> Desk:
    """Give the brief a folder of its own, as the engine does."""
    (tmp_path / "desk").mkdir()
    for place in (desk.brief_json, desk.brief_md):
        place.rename(tmp_path / "desk" / place.name)
    return Desk(desk.workspace, tmp_path / "desk/brief.json", tmp_path / "desk/brief.md", desk.output, desk.marker)


def propose(folder: Path, desk: Desk, cell: Cell, brief, command: Command) -> str:
    options = CommandOptions.model_validate({"command": command})
    proposer = CommandProposer(options, folder=folder, environ={"PATH": os.environ["PATH"]}, cell=cell)
    return proposer.propose(brief(0), desk).description


def test_a_program_beside_the_contract_runs_at_every_level(folder, desk, cell, brief, tmp_path) -> None:
    (folder / "propose.sh").write_text('cat "$AUTOEXP_BRIEF" "$AUTOEXP_BRIEF_MD" > said; echo \'{"description": "d"}\'')
    assert propose(folder, apart(desk, tmp_path), cell, brief, "sh propose.sh") == "d"
    assert (desk.workspace / "said").read_text() == '{"goal": "fast"}# fast'


def test_the_brief_cannot_be_changed(folder, desk, cell, brief, tmp_path) -> None:
    if cell.level == "none":
        pytest.skip("a command without a sandbox has the user's rights")
    desk = apart(desk, tmp_path)
    propose(
        folder,
        desk,
        cell,
        brief,
        'echo x > "$AUTOEXP_BRIEF"; rm -f "$AUTOEXP_BRIEF_MD"; touch "$(dirname "$AUTOEXP_BRIEF")/new"; true',
    )
    assert desk.brief_json.read_text() == '{"goal": "fast"}'
    assert sorted(path.name for path in desk.brief_json.parent.iterdir()) == ["brief.json", "brief.md"]


def test_what_the_command_does_not_name_is_not_seen(folder, desk, cell, brief, tmp_path) -> None:
    if cell.level == "none":
        pytest.skip("a command without a sandbox has the user's rights")
    (folder / "secret.txt").write_text("secret")
    command = 'cat "$AUTOEXP_FOLDER/$(echo secret).txt" > said; cat "$AUTOEXP_FOLDER/propose.py"; true'
    propose(folder, apart(desk, tmp_path), cell, brief, command)
    assert (desk.workspace / "said").read_text() == ""


def installed(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (".venv/bin/python propose.py", [".venv", "propose.py"]),
        (".venv/bin/python -u propose.py secret.txt", [".venv", "propose.py"]),
        (".venv/bin/propose secret.txt", [".venv"]),
        ("node_modules/.bin/propose", ["node_modules"]),
        ("bin/propose", ["bin/propose"]),
        ("tools/python propose.py", ["propose.py", "tools/python"]),
    ],
)
def test_a_program_of_an_environment_in_the_folder_brings_the_environment_and_its_script(
    folder: Path, tmp_path: Path, command: str, names: list[str]
) -> None:
    installed(folder, ".venv/pyvenv.cfg", ".venv/bin/python", ".venv/bin/propose", "node_modules/.bin/propose")
    installed(folder, "bin/propose", "lib/x", "tools/python")
    assert sorted(seen(located(command, folder=folder, workspace=tmp_path / "copy"), folder)) == names


def test_a_script_runs_in_the_environment_that_its_command_names(folder, desk, cell, brief, tmp_path) -> None:
    venv.create(folder / ".venv", symlinks=True)
    library = next((folder / ".venv/lib").glob("python*/site-packages"))
    (library / "helper.py").write_text("WORDS = 'of the environment'\n")
    (folder / "propose.py").write_text("import helper, json\nprint(json.dumps({'description': helper.WORDS}))\n")
    cell = replace(cell, closed=(str(folder),), checkout=str(folder))
    said = propose(folder, apart(desk, tmp_path), cell, brief, ".venv/bin/python propose.py")
    assert said == "of the environment"


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("echo \"ModuleNotFoundError: No module named 'mine'\" >&2; exit 1", "sandbox.proposer.read"),
        ("echo 'Could not resolve host: api.example.com' >&2; exit 1", "sandbox.proposer.network"),
    ],
)
def test_a_proposer_that_misses_something_is_told_the_key(folder, desk, cell, brief, tmp_path, command, key) -> None:
    with pytest.raises(ProposerFailed) as failed:
        propose(folder, apart(desk, tmp_path), cell, brief, command)
    assert (key in str(failed.value)) == (cell.level != "none")
