"""The contract that lies at a place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from autoexp import briefs
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE, Place, contract_folder, read_text
from autoexp.engine import parts
from autoexp.engine.completing import refuse_absent
from autoexp.engine.contract import Contract
from autoexp.engine.mistakes import Ground
from autoexp.engine.mistakes import problems as mistakes
from autoexp.engine.signals import StopFlag
from autoexp.errors import AutoexpError, ContractError, Problem
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec import Spec
from autoexp.spec.load import place_of, read_as_far_as_possible
from autoexp.workspaces.repository import Repository


def contract_of(place: Place) -> Contract:
    """Read the two contract files. Raises ContractError with all mistakes of their text, those of plugins' keys included."""
    contract, problems, _ = _read(place)
    if contract is None or problems:
        raise ContractError(problems)
    return contract


def sound_contract(
    place: Place, *, environ: Mapping[str, str], proposes: Literal["must", "may", "no"] = "may", goes_on: bool = False
) -> Contract:
    """Read the two contract files, and compare them with repository and machine; nothing is written.

    Raises ContractError with all mistakes of both kinds, RepositoryError where there is no repository or no commit. Whether the contract
    names a proposer matters where it `proposes`; where there are mistakes, what the proposer refuses is told as well. A campaign that
    `goes_on` is compared with a commit of its own, as HEAD may have gone elsewhere.
    """
    contract, problems, missing = _read(place)
    if contract is None:
        raise ContractError(problems)
    try:
        repository = Repository.open(place.folder)
    except AutoexpError:
        if problems:
            raise ContractError(problems) from None
        raise
    try:
        commit = _goes_on_at(repository, place.tag or contract.spec.name) if goes_on else ""
        refuse_absent(repository, commit or repository.head())
        ground = Ground(
            contract.spec, contract.spec_text, contract.folder, repository, environ, missing=missing, commit=commit
        )
        problems += _new(mistakes(ground), problems)
    except AutoexpError:
        if problems:
            raise ContractError(problems) from None
        raise
    finally:
        repository.close()
    if proposes == "must":
        problems += _new(_nobody(contract), problems)
    if problems and proposes != "no":
        problems += _new(_of_proposer(contract, environ, problems), problems)
    if problems:
        raise ContractError(problems)
    return contract


def _goes_on_at(repository: Repository, tag: str) -> str:
    """Give the best so far of a campaign in which something was tried: HEAD may have gone elsewhere. Empty where nothing was."""
    tried = repository.resolve(f"refs/autoexp/{tag}/record/1")
    return (repository.resolve(f"refs/autoexp/{tag}/best") or "") if tried else ""


def _read(place: Place) -> tuple[Contract | None, list[Problem], frozenset[str]]:
    """Give the contract as far as it can be read, what is wrong with its text, and the required keys that it lacks."""
    folder = contract_folder(place)
    text = read_text(folder / CONTRACT_FILE)
    program = read_text(folder / PROGRAM_FILE) if (folder / PROGRAM_FILE).is_file() else ""
    reading = read_as_far_as_possible(text, file=CONTRACT_FILE)
    problems, spec = list(reading.problems), reading.spec or reading.sound
    if spec is None:
        return None, problems, reading.missing
    contract = Contract(spec=spec, spec_text=text, program=program, folder=folder)
    problems += _new([*parts.plugin_problems(contract), *_unknown_audits(contract)], problems)
    return contract, problems, reading.missing


def _new(found: Iterable[Problem], known: Sequence[Problem]) -> list[Problem]:
    """Leave out what is said of a key that is wrong already."""
    keys = {problem.key for problem in known}
    return [problem for problem in found if not problem.key or problem.key not in keys]


def _nobody(contract: Contract) -> Iterator[Problem]:
    try:
        parts.refuse_without_proposer(contract)
    except ContractError as error:
        yield from error.problems


def _of_proposer(contract: Contract, environ: Mapping[str, str], known: Sequence[Problem]) -> Iterator[Problem]:
    """Give what a proposer refuses when it is built, if its own keys are right."""
    if contract.spec.proposer is None or any(problem.key.split(".")[0] == "proposer" for problem in known):
        return
    try:
        parts.proposer(contract, environ, StopFlag(), Cell())
    except ContractError as error:
        yield from error.problems
    except AutoexpError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        yield Problem(CONTRACT_FILE, place_of(contract.spec_text, ("proposer",)), "proposer", what, error.fix)


def _unknown_audits(contract: Contract) -> Iterator[Problem]:
    if not contract.spec.check.skip:
        return
    from autoexp.harness.audits import unknown  # noqa: PLC0415  only who skips one pays for the names of all

    line = place_of(contract.spec_text, ("check", "skip"))
    for name in contract.spec.check.skip:
        if fix := unknown(name):
            yield Problem(CONTRACT_FILE, line, "check.skip", f"there is no audit {name!r}", fix)


def spec_schema() -> dict[str, object]:
    """Give the JSON Schema of autoexp.yaml."""
    return Spec.model_json_schema(by_alias=True)


def brief_schema() -> dict[str, object]:
    """Give the JSON Schema of the brief that a proposer reads."""
    return briefs.schema()
