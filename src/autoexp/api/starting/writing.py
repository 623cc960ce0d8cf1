"""init writes: the contract, the goal in prose, and perhaps a harness to begin with."""

import os
from contextlib import suppress
from pathlib import Path

from autoexp.api.harnesses import as_written, refuse_existing_files, texts_of
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE, read_text
from autoexp.api.starting.answers import Answers, Started
from autoexp.api.starting.contract import OBJECTIVES, contract_text, spec_of
from autoexp.api.starting.notices import notices
from autoexp.api.starting.program import program_text
from autoexp.errors import AutoexpError
from autoexp.spec import load


def refuse_existing(folder: Path, *, force: bool = False) -> None:
    """Raise AutoexpError when the folder is none, or has a contract already that is not to be replaced (`force`)."""
    if not folder.is_dir():
        raise AutoexpError(
            "there is no such folder", where=str(folder), fix="make it, as a git repository with a commit"
        )
    path = folder / CONTRACT_FILE
    if force and (path.is_symlink() or (path.exists() and not path.is_file())):
        raise AutoexpError("it is no plain file, so --force does not replace it", where=str(path), fix="move it away")
    if not force and (path.exists() or path.is_symlink()):
        raise AutoexpError(
            "it exists already",
            where=str(path),
            fix="edit it, or write it anew with --force; `autoexp run --tag NAME` starts another campaign with it; for another "
            "contract name another folder with --repo",
        )


def init(folder: Path, answers: Answers, *, force: bool = False) -> Started:
    """Write autoexp.yaml, and program.md where there is none.

    With `force` a contract that is there is replaced, and a program or a harness when it is as init wrote it. Raises AutoexpError, with
    nothing written, when there is a contract already or an answer is missing or wrong.
    """
    refuse_existing(folder, force=force)
    files = texts_of(answers.harness, answers.target) if answers.harness else {}
    changed = [name for name in files if not (force and as_written(answers.harness, name, folder / name))]
    refuse_existing_files(folder, changed)
    missing = [flag for flag, value in (("--measure", answers.measure), ("--edit", answers.edit)) if not value]
    if missing:
        raise AutoexpError(f"{' and '.join(missing)} must be given", fix="autoexp init --help shows an example")
    text = contract_text(answers)
    found = tuple(notices(folder, spec_of(text), answers))
    replaced = [name for name in (CONTRACT_FILE, *files) if force and (folder / name).exists()]
    if force and _untouched(folder):
        replaced.append(PROGRAM_FILE)
    return write(
        folder, {CONTRACT_FILE: text, **files}, program=program_text(answers), found=found, replaced=tuple(replaced)
    )


def write(
    folder: Path, files: dict[str, str], *, program: str, found: tuple[str, ...], replaced: tuple[str, ...] = ()
) -> Started:
    """Write files that are not there yet or are named as `replaced`, and the program unless there is one.

    Raises AutoexpError, with nothing written, when one cannot be.
    """
    if (folder / PROGRAM_FILE).exists() and PROGRAM_FILE not in replaced:
        found = (f"{folder / PROGRAM_FILE} is left as it is; the proposer reads it", *found)
    else:
        files = {**files, PROGRAM_FILE: program}
    if replaced:
        found = (f"replaced, because of --force: {', '.join(replaced)}", *found)
    written: list[Path] = []
    before: dict[Path, str] = {}
    try:
        for name, content in files.items():
            path = folder / name
            if name in replaced:
                before[path] = read_text(path)
                written.append(_write_over(path, content))
            else:
                written.append(_write_new(path, content))
    except AutoexpError:
        for path in written:
            if path in before:
                _write_over(path, before[path])
            else:
                path.unlink(missing_ok=True)
        raise
    return Started(tuple(written), found)


def _untouched(folder: Path) -> bool:
    """Tell whether the program is what init makes of the contract beside it, so that no person's words are in it."""
    try:
        spec = load(read_text(folder / CONTRACT_FILE), file=CONTRACT_FILE)
        program = read_text(folder / PROGRAM_FILE)
    except AutoexpError:
        return False
    joined = spec.objective.kind if spec.objective.kind in OBJECTIVES else ""
    first, *others = getattr(spec.objective, "metrics", None) or (spec.primary,)
    said = Answers(
        goal=spec.goal,
        checks=spec.harness.checks if isinstance(spec.harness.checks, str) else "",
        edit=spec.scope.edit,
        metric=first,
        secondary=tuple(others),
        objective=joined,
        direction=(spec.metrics[first].direction or "") if first in spec.metrics else "",
    )
    return program == program_text(said)


def _write_over(path: Path, text: str) -> Path:
    new = _write_new(path.with_name(f".{path.name}.{os.getpid()}"), text)
    try:
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise AutoexpError(f"it cannot be replaced: {error.strerror}", where=str(path)) from error
    return path


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
