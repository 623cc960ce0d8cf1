"""What a person should know of a contract that has just been made, though none of it is a mistake of it."""

from collections.abc import Iterator
from pathlib import Path

from autoexp.api.authors import edits_of, notice_on
from autoexp.api.harnesses import KINDS
from autoexp.api.starting.answers import Answers
from autoexp.engine.preflight import refuse_bare_hidden, refuse_empty_scope
from autoexp.errors import AutoexpError, RepositoryError
from autoexp.spec.model import Spec
from autoexp.workspaces.discovery import NO_REPOSITORY
from autoexp.workspaces.repository import Repository


def notices(folder: Path, spec: Spec, answers: Answers) -> Iterator[str]:
    """Say what is still to be done, and what of the contract does not fit the repository yet. Raises AutoexpError where git will not read it."""
    if answers.harness:
        first = KINDS[answers.harness][0]
        yield f"{first} is an example: say in it what is measured, on which inputs, and what is right; then commit it"
    if notice := notice_on(answers.author):
        yield notice
    if edits := edits_of(answers.author):
        there = "" if (folder / edits).is_file() else f"; there is no such file in {folder} yet"
        yield f"--propose {edits} is taken as a file of edits, and not as a command (proposer: {{kind: script}}){there}"
    try:
        repository = Repository.open(folder)
    except RepositoryError as error:
        if error.what != NO_REPOSITORY:
            raise
        yield f"{folder} is not in a git repository yet; experiments need one: git init, and commit the files"
        return
    try:
        head = repository.head()
        refuse_empty_scope(spec, repository, head)
        refuse_bare_hidden(spec, repository, head)
    except AutoexpError as error:
        yield str(error)
    finally:
        repository.close()
