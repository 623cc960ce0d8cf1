"""The contract that lies at a place."""

from collections.abc import Iterator

from autoexp import briefs
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE, Place, contract_folder, read_text
from autoexp.engine import parts
from autoexp.engine.contract import Contract
from autoexp.errors import ContractError, Problem
from autoexp.spec import Spec, load
from autoexp.spec.load import place_of


def contract_of(place: Place) -> Contract:
    """Read the two contract files. Raises ContractError with all mistakes, those of plugins' keys included."""
    folder = contract_folder(place)
    text = read_text(folder / CONTRACT_FILE)
    program = read_text(folder / PROGRAM_FILE) if (folder / PROGRAM_FILE).is_file() else ""
    contract = Contract(spec=load(text, file=CONTRACT_FILE), spec_text=text, program=program, folder=folder)
    if problems := [*parts.plugin_problems(contract), *_unknown_audits(contract)]:
        raise ContractError(problems)
    return contract


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
