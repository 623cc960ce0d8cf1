"""The contract that lies at a place."""

from autoexp import briefs
from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE, Place, contract_folder, read_text
from autoexp.engine import parts
from autoexp.engine.contract import Contract
from autoexp.errors import ContractError
from autoexp.spec import Spec, load


def contract_of(place: Place) -> Contract:
    """Read the two contract files. Raises ContractError with all mistakes, those of plugins' keys included."""
    folder = contract_folder(place)
    text = read_text(folder / CONTRACT_FILE)
    program = read_text(folder / PROGRAM_FILE) if (folder / PROGRAM_FILE).is_file() else ""
    contract = Contract(spec=load(text, file=CONTRACT_FILE), spec_text=text, program=program, folder=folder)
    if problems := parts.plugin_problems(contract):
        raise ContractError(problems)
    return contract


def spec_schema() -> dict[str, object]:
    """Give the JSON Schema of autoexp.yaml."""
    return Spec.model_json_schema(by_alias=True)


def brief_schema() -> dict[str, object]:
    """Give the JSON Schema of the brief that a proposer reads."""
    return briefs.schema()
