"""Whose campaign a tag is: two contracts of one repository must not go on with the same one by mistake."""

from pathlib import Path
from typing import Any

from autoexp.campaign.state import CampaignState
from autoexp.engine.contract import Contract
from autoexp.engine.dirty import CONTRACT_FILE
from autoexp.errors import CampaignError
from autoexp.spec.model import Spec
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.repository import Repository


def contract_place(folder: Path, root: Path | None) -> str:
    """Give the folder of a contract, seen from the repository's top; `.` for the top, and for one that does not lie below it."""
    if root is None or not folder.resolve().is_relative_to(root.resolve()):
        return "."
    return folder.resolve().relative_to(root.resolve()).as_posix()


def refuse_other_contract(
    state: CampaignState, contract: Contract, repository: Repository, folder: CampaignFolder
) -> None:
    """Raise CampaignError when a campaign was begun with what is plainly another contract: of another folder, or with nothing in common.

    A contract that was changed goes on with its campaign, in a new segment.
    """
    if not state.last_n or state.segment is None:
        return
    here = contract_place(contract.folder, repository.root)
    if state.contract and state.contract != here:
        why = f"it was begun with the contract in {_shown(state.contract)}, and this one lies in {_shown(here)}"
    elif _nothing_in_common(state.segment.spec, contract.spec):
        why = "its contract has another goal, another scope and another primary metric than this one"
    else:
        return
    raise CampaignError(
        f"the tag {folder.tag} is in use by another campaign: {why}",
        where=str(contract.folder / CONTRACT_FILE),
        fix=(
            "give this one a name of its own: write `name: OTHER` there, or run with --tag OTHER; `autoexp delete "
            f"{folder.tag}` takes the old one away; to go on with the old one under this contract, say so: `autoexp run --tag {folder.tag}`"
        ),
    )


def _shown(place: str) -> str:
    return "the repository's top folder" if place == "." else f"{place}/"


def _nothing_in_common(before: dict[str, Any], now: Spec) -> bool:
    metrics = before.get("metrics", {})
    primaries = {name for name, metric in metrics.items() if metric.get("role") == "primary"}
    scope = before.get("scope", {}).get("edit", ())
    return (
        before.get("goal") != now.goal
        and set(scope) != set(now.scope.edit)
        and not primaries & {name for name, metric in now.metrics.items() if metric.role == "primary"}
    )
