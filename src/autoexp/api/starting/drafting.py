"""A draft of a contract: what a person said, filled up with what the repository shows; nothing is run or written."""

import os
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autoexp.api.inference import Files, Inferred, files_of, infer
from autoexp.api.starting.answers import Answers
from autoexp.api.starting.commands import absent, runnable
from autoexp.errors import AutoexpError, RepositoryError
from autoexp.spec.commands import started
from autoexp.workspaces.discovery import NO_REPOSITORY
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

NO_CHECKS = "none"
"""What --checks is given to have none, although the repository shows some."""
SCRIPT = re.compile(r"\.(?:sh|bash|zsh)$|(?:^|/)[^.]+$")


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers, and what came to them: `told` says what was inferred from where, `notes` what a person should look at.

    `paths` are the files of HEAD, `texts` the commands and the scripts that they name. `absent` says what of the measure command is not there,
    and `blocked` why it cannot be run now. `hint` is a way to what measures when the folder has nothing that does.
    """

    answers: Answers
    folder: Path
    inferred: Inferred
    paths: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    absent: str = ""
    blocked: str = ""
    hint: str = ""

    def matched(self, patterns: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Give the files of HEAD that patterns match; those of the answers when none are named."""
        scope = Scope(self.answers.edit if patterns is None else patterns)
        return tuple(path for path in self.paths if scope.matches(path))


def draft(folder: Path, answers: Answers, *, environ: Mapping[str, str]) -> Draft:
    """Fill up what was not said from the files of HEAD. Raises AutoexpError when git cannot or will not read them."""
    with _reading(folder) as (everything, below, problem):
        said = replace(answers, checks="" if answers.checks == NO_CHECKS else answers.checks)
        prefix = "" if _means_top(said.measure, everything, below) else below
        files = everything.below(prefix)
        measure, measure_note = runnable(said.measure, files, environ)
        checks, checks_note = runnable(said.checks, files, environ)
        inferred = infer(files, measure=measure, checks=checks)
        filled = _merged(replace(said, measure=measure, checks=checks), inferred, prefix)
        if answers.checks == NO_CHECKS:
            filled = replace(filled, checks="")
        notes = [f"--{name}: {note}" for name, note in (("measure", measure_note), ("checks", checks_note)) if note]
        lacking = {}
        if not problem and not said.harness:
            lacking = {"measure": filled.measure, "checks": filled.checks}
            lacking = {
                name: lack
                for name, text in lacking.items()
                if (lack := absent(text, files, folder, environ, provided=inferred.provide))
            }
            notes += [f"--{name}: {lack}" for name, lack in lacking.items()]
        lack = lacking.get("measure", "")
        return Draft(
            answers=filled,
            folder=folder,
            inferred=inferred,
            paths=everything.paths,
            texts=_texts(filled, files),
            told=tuple(_told(said, filled, inferred)),
            notes=(*notes, *_missing(said, filled, inferred)),
            absent=lack,
            hint=_hint(folder, below) if below and not filled.measure and infer(everything).measure else "",
            blocked=lack or problem or ("what it starts is not committed yet" if said.harness else ""),
        )


@contextmanager
def _reading(folder: Path) -> Iterator[tuple[Files, str, str]]:
    """Give the files of HEAD, the folder's place in the repository, and why there are none; they can be read until the block ends."""
    try:
        repository = Repository.open(folder)
    except RepositoryError as error:
        if error.what != NO_REPOSITORY:
            raise
        yield Files.of({}), "", "there is no git repository yet"
        return
    try:
        commit = repository.resolve("HEAD")
        below = "." if repository.root is None else os.path.relpath(folder.resolve(), repository.root.resolve())
        prefix = "" if below.startswith(".") else below
        if commit is None:
            yield Files.of({}), prefix, "nothing is committed yet"
        else:
            yield files_of(repository, commit), prefix, ""
    finally:
        repository.close()


def _hint(folder: Path, below: str) -> str:
    top = folder.resolve().parents[below.count("/")]
    return f"autoexp init --repo {shlex.quote(str(top))}: at the repository's top there is what measures"


def _means_top(measure: str, files: Files, prefix: str) -> bool:
    """Tell whether a command is meant to run at the repository's top, although the contract lies below it: only there is what it starts."""
    named = [path for path in started(measure) if files.has(path)]
    return bool(named) and not any(files.has(f"{prefix}/{path}") for path in named)


def _texts(answers: Answers, files: Files) -> tuple[str, ...]:
    """Give the commands, and the texts of the scripts of HEAD that they name: what a run does."""
    commands = [text for text in (answers.measure, answers.checks) if text]
    named = {word.removeprefix("./") for command in commands for word in command.split()}
    return (*commands, *(files.text(path) for path in sorted(named) if files.has(path) and SCRIPT.search(path)))


def _merged(said: Answers, inferred: Inferred, prefix: str) -> Answers:
    """Give the answers with what was inferred for each that was not said."""

    def placed(patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_below(pattern, prefix) for pattern in patterns)

    own = inferred.measure == said.measure or not said.measure
    return replace(
        said,
        measure=said.measure or inferred.measure,
        checks=said.checks or inferred.checks,
        edit=said.edit or placed(inferred.edit),
        provide=said.provide or tuple(posixpath.join(prefix, path) for path in inferred.provide),
        writable=said.writable or tuple(posixpath.join(prefix, path) for path in inferred.writable),
        write=said.write or (inferred.write if own else ()),
        env={**inferred.env, **said.env},
        cwd=said.cwd or "/".join(filter(None, (prefix, inferred.cwd))),
        timeout=said.timeout or (inferred.timeout if own else ""),
        checks_timeout=inferred.checks_timeout,
    )


def _below(pattern: str, prefix: str) -> str:
    """Give a pattern of a folder as it is seen from the repository's top."""
    if not prefix:
        return pattern
    sign, rest = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    inner = rest.lstrip("/") if "/" in rest.rstrip("/") else f"**/{rest}"
    return f"{sign}{prefix}/{inner}"


def _told(said: Answers, filled: Answers, inferred: Inferred) -> Iterator[str]:
    """Give the sentences about what was not said."""
    given = {
        "measure": said.measure,
        "checks": said.checks,
        "edit": said.edit,
        "provide": said.provide,
        "writable": said.writable,
    }
    for line in inferred.why:
        name = line.partition(":")[0]
        if given.get(name) or (name == "checks" and not filled.checks) or name == "metric":
            continue
        yield line


def _missing(said: Answers, filled: Answers, inferred: Inferred) -> Iterator[str]:
    """Give the sentences about what was neither said nor found, but for what `refuse_incomplete` refuses."""
    for line in inferred.missing:
        name = line.partition(":")[0]
        if not getattr(said, name, "") and not (name in {"measure", "edit"} and not getattr(filled, name)):
            yield line


def refuse_incomplete(drafted: Draft) -> None:
    """Raise AutoexpError when what measures or what may change is neither said nor found."""
    answers = drafted.answers
    missing = [name for name, value in (("measure", answers.measure), ("edit", answers.edit)) if not value]
    if not missing:
        return
    found = [line.partition(": ")[2] for line in drafted.inferred.missing if line.partition(":")[0] in missing]
    why = [drafted.blocked] if drafted.blocked and not drafted.paths else found
    raise AutoexpError(
        f"{' and '.join(f'--{name}' for name in missing)} must be given, the repository does not show "
        f"{'it' if len(missing) == 1 else 'them'}" + (f": {'; '.join(why)}" if why else ""),
        where=str(drafted.folder.resolve()),
        fix=drafted.hint or "autoexp init --help shows examples; on a terminal `autoexp init` asks",
    )
