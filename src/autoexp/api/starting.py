"""init: the two contract files, from answers or from a lab."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from autoexp.api.contracts import CONTRACT_FILE, PROGRAM_FILE
from autoexp.errors import AutoexpError, ContractError, RepositoryError
from autoexp.spec import load


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person says about a new campaign."""

    goal: str
    measure: str
    checks: str
    edit: tuple[str, ...]
    metric: str
    direction: str
    unit: str
    propose: str


def init(folder: Path, answers: Answers) -> list[Path]:
    """Write autoexp.yaml and program.md. Raises AutoexpError when one exists or an answer is missing or wrong."""
    missing = [flag for flag, value in (("--measure", answers.measure), ("--edit", answers.edit)) if not value]
    if missing:
        raise AutoexpError(f"{' and '.join(missing)} must be given", fix="autoexp init --help shows an example")
    text = _contract_text(answers)
    try:
        load(text, file="your answers")
    except ContractError as error:
        raise AutoexpError(str(error), fix="give the flag again with a valid value") from None
    files = {folder / CONTRACT_FILE: text, folder / PROGRAM_FILE: _program_text(answers)}
    _refuse_existing(files)
    for path, content in files.items():
        path.write_text(content, encoding="utf-8")
    return list(files)


def _contract_text(answers: Answers) -> str:
    harness: dict[str, object] = {"measure": answers.measure}
    if answers.checks:
        harness["checks"] = answers.checks
    metric = {"role": "primary", "direction": answers.direction}
    if answers.unit:
        metric["unit"] = answers.unit
    body: dict[str, object] = {
        "version": 1,
        "goal": answers.goal or f"Make {answers.metric} {answers.direction}.",
        "scope": {"edit": list(answers.edit)},
        "harness": harness,
        "metrics": {answers.metric: metric},
        "proposer": {"kind": "command", "command": answers.propose or "./propose.sh"},
        "budget": {"experiments": 50},
    }
    out = StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(body, out)
    return (
        "# The contract of this campaign; `autoexp schema` prints all keys, `autoexp check` validates it.\n"
        + out.getvalue()
    )


def _program_text(answers: Answers) -> str:
    return (
        f"# {answers.goal or 'Goal'}\n\nThe proposer reads this page before each experiment.\n\n"
        f"- Change only: {', '.join(answers.edit)}\n- Improve `{answers.metric}` ({answers.direction} is better).\n"
        "- Simpler is better: a small gain is not worth much more code.\n\n## What is known of the domain\n\n"
    )


def _refuse_existing(paths: Iterable[Path]) -> None:
    existing = [str(path) for path in paths if path.exists()]
    if existing:
        raise AutoexpError(f"{' and '.join(existing)} exist already", fix="edit them, or remove them first")


def init_lab(folder: Path, name: str) -> list[Path]:
    """Write a lab into a folder, as a repository with one commit. Raises AutoexpError when the folder is in use."""
    from autoexp.labs import gallery  # noqa: PLC0415  only who asks for a lab pays for it

    if name not in gallery.names():
        raise AutoexpError(f"there is no lab named {name}", fix=f"labs: {', '.join(gallery.names())}")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists() and _inside_a_repository(folder) and any(folder.iterdir()):
        raise RepositoryError(
            "this folder belongs to another repository", where=str(folder), fix="name an empty folder with --repo"
        )
    try:
        written = gallery.write(name, folder)
    except FileExistsError as error:
        raise AutoexpError(str(error), where=str(folder), fix="name an empty folder with --repo") from None
    if not (folder / ".git").exists():
        _git(folder, "init", "--quiet", "--initial-branch=main")
        _git(folder, "add", "--all")
        _git(
            folder,
            "-c",
            "user.name=autoexp",
            "-c",
            "user.email=autoexp@localhost",
            "commit",
            "--quiet",
            "-m",
            f"Lab {name}",
        )
    return written


def _inside_a_repository(folder: Path) -> bool:
    asked = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--git-dir"], capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    return asked.returncode == 0


def _git(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL, text=True
    )
    if done.returncode:
        raise RepositoryError(f"git {arguments[0]} failed: {done.stderr.strip()}", where=str(folder))
