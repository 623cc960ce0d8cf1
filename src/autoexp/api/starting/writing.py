"""init writes: the contract, the goal in prose, and perhaps a harness to begin with."""

from contextlib import suppress
from pathlib import Path

from autoexp.api.harnesses import refuse_existing_files, texts_of
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE
from autoexp.api.starting.answers import Answers, Started
from autoexp.api.starting.contract import contract_text, spec_of
from autoexp.api.starting.notices import notices
from autoexp.api.starting.program import program_text
from autoexp.errors import AutoexpError


def refuse_existing(folder: Path) -> None:
    """Raise AutoexpError when the folder is none, or has a contract already."""
    if not folder.is_dir():
        raise AutoexpError(
            "there is no such folder", where=str(folder), fix="make it, as a git repository with a commit"
        )
    path = folder / CONTRACT_FILE
    if path.exists() or path.is_symlink():
        raise AutoexpError(
            "it exists already",
            where=str(path),
            fix="edit it; `autoexp run --tag NAME` starts another campaign with it; for another contract name "
            "another folder with --repo, or remove this one first",
        )


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
    text = contract_text(answers)
    found = tuple(notices(folder, spec_of(text), answers))
    return write(folder, {CONTRACT_FILE: text, **files}, program=program_text(answers), found=found)


def write(folder: Path, files: dict[str, str], *, program: str, found: tuple[str, ...]) -> Started:
    """Write files that are not there yet, and the program unless there is one. Raises AutoexpError, with nothing written, when one cannot be."""
    if (folder / PROGRAM_FILE).exists():
        found = (f"{folder / PROGRAM_FILE} is left as it is; the proposer reads it", *found)
    else:
        files = {**files, PROGRAM_FILE: program}
    written: list[Path] = []
    try:
        for name, content in files.items():
            written.append(_write_new(folder / name, content))
    except AutoexpError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return Started(tuple(written), found)


def _write_new(path: Path, text: str) -> Path:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if not isinstance(error, FileExistsError):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise AutoexpError(f"it cannot be written: {error.strerror}", where=str(path)) from error
    return path
