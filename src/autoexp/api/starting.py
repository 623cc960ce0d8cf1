"""init: the two contract files, from answers or from a lab."""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from autoexp.api.authors import Author, notice_on, section_of
from autoexp.api.committing import commit_all
from autoexp.api.harnesses import KINDS, refuse_existing_files, texts_of
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE
from autoexp.engine.preflight import refuse_empty_scope
from autoexp.errors import AutoexpError, ContractError, RepositoryError
from autoexp.spec import load
from autoexp.spec.model import Spec
from autoexp.workspaces.repository import Repository

TOKENS = "3M"
"""What a model may use until somebody says otherwise; cost_usd can only be kept where its price is known."""
TOKENS_OF_AGENTS = "20M"
"""The same for a coding agent, which reads its own work again at every step."""


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
    model: str = ""
    model_url: str = ""
    key_env: str = ""
    api: str = ""
    name: str = ""
    harness: str = ""
    target: str = ""
    agent: str = ""

    @property
    def author(self) -> Author:
        """Give who proposes."""
        return Author(self.propose, self.agent, self.model, self.model_url, self.key_env, self.api)


@dataclass(frozen=True, slots=True)
class Started:
    """The files that were written, and what a person should know before going on."""

    written: tuple[Path, ...]
    notices: tuple[str, ...] = ()


def refuse_existing(folder: Path) -> None:
    """Raise AutoexpError when the folder is none, or has a contract already."""
    if not folder.is_dir():
        raise AutoexpError(
            "there is no such folder", where=str(folder), fix="make it, as a git repository with a commit"
        )
    path = folder / CONTRACT_FILE
    if path.exists() or path.is_symlink():
        raise AutoexpError("it exists already", where=str(path), fix="edit it, or remove it first")


def init(folder: Path, answers: Answers) -> Started:
    """Write autoexp.yaml, and program.md where there is none.

    Raises AutoexpError, with nothing written, when there is a contract already or an answer is missing or wrong.
    """
    refuse_existing(folder)
    files = texts_of(answers.harness, answers.target) if answers.harness else {}
    refuse_existing_files(folder, list(files))
    missing = [flag for flag, value in (("--measure", answers.measure), ("--edit", answers.edit)) if not value]
    if missing:
        raise AutoexpError(f"{' and '.join(missing)} must be given", fix="autoexp init --help shows an example")
    text = _contract_text(answers)
    try:
        spec = load(text, file="your answers")
    except ContractError as error:
        raise AutoexpError(str(error), fix="give the flag again with a valid value") from None
    notices = _notices(folder, spec, answers)
    written = [_write_new(folder / CONTRACT_FILE, text)]
    written += [_write_new(folder / name, content) for name, content in files.items()]
    program = folder / PROGRAM_FILE
    if program.exists():
        notices = (f"{program} is left as it is; the proposer reads it", *notices)
    else:
        written.append(_write_new(program, _program_text(answers)))
    return Started(tuple(written), notices)


def _write_new(path: Path, text: str) -> Path:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise AutoexpError(f"it cannot be written: {error.strerror}", where=str(path)) from error
    return path


def _notices(folder: Path, spec: Spec, answers: Answers) -> tuple[str, ...]:
    notices = []
    if answers.harness:
        first = KINDS[answers.harness][0]
        notices.append(
            f"{first} is an example: say in it what is measured, on which inputs, and what is right; then commit it"
        )
    if notice := notice_on(answers.author):
        notices.append(notice)
    try:
        repository = Repository.open(folder)
    except RepositoryError:
        return (
            *notices,
            f"{folder} is not in a git repository yet; experiments need one: git init, and commit the files",
        )
    try:
        refuse_empty_scope(spec, repository, repository.head())
    except AutoexpError as error:
        notices.append(str(error))
    finally:
        repository.close()
    return tuple(notices)


def _contract_text(answers: Answers) -> str:
    harness: dict[str, object] = {"measure": answers.measure}
    if answers.checks:
        harness["checks"] = answers.checks
    metric = {"role": "primary", "direction": answers.direction}
    if answers.unit:
        metric["unit"] = answers.unit
    body: dict[str, object] = {
        "version": 1,
        **({"name": answers.name} if answers.name else {}),
        "goal": answers.goal or f"Make {answers.metric} {answers.direction}.",
        "scope": {"edit": list(answers.edit)},
        "harness": harness,
        "metrics": {answers.metric: metric},
        "proposer": section_of(answers.author),
        "budget": {"experiments": 50, **_cap(answers)},
    }
    out = StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(body, out)
    return (
        "# The contract of this campaign; `autoexp schema` prints all keys, `autoexp check` validates it.\n"
        + out.getvalue()
    )


def _cap(answers: Answers) -> dict[str, str]:
    if answers.agent:
        return {"tokens": TOKENS_OF_AGENTS}
    return {"tokens": TOKENS} if answers.model else {}


def _program_text(answers: Answers) -> str:
    return (
        f"# {answers.goal or 'Goal'}\n\nThe proposer reads this page before each experiment.\n\n"
        f"- Change only: {', '.join(answers.edit)}\n- Improve `{answers.metric}` ({answers.direction} is better).\n"
        "- Simpler is better: a small gain is not worth much more code.\n\n## What is known of the domain\n\n"
    )


def init_lab(folder: Path, name: str) -> Started:
    """Write a lab into an empty folder, as a repository with one commit. Raises AutoexpError when the folder is in use."""
    from autoexp.labs import gallery  # noqa: PLC0415  only who asks for a lab pays for it

    if name not in gallery.names():
        raise AutoexpError(f"there is no lab named {name}", fix=f"labs: {', '.join(gallery.names())}")
    if folder.exists() and (not folder.is_dir() or any(path.name != ".git" for path in folder.iterdir())):
        raise AutoexpError(
            "a lab needs a folder of its own, and this one is not empty",
            where=str(folder),
            fix="name an empty or new folder with --repo",
        )
    try:
        written = gallery.write(name, folder)
    except OSError as error:
        raise AutoexpError(f"the lab cannot be written: {error}", where=str(folder)) from None
    commit_all(folder, f"Lab {name}")
    return Started(tuple(written))
