"""Working on a campaign: check, run, and requests to the engine that runs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autoexp.api.contracts import contract_of
from autoexp.api.looking import inspect
from autoexp.api.places import CONTRACT_FILE, Place
from autoexp.engine import parts
from autoexp.engine.checkup import Checkup, check_up
from autoexp.engine.session import Result, stamp, work
from autoexp.engine.signals import StopFlag
from autoexp.engine.watching import Observer
from autoexp.spec.model import Spec
from autoexp.stores import inbox
from autoexp.workspaces.repository import Repository


@dataclass(frozen=True, slots=True)
class Checked:
    """A contract that holds, and what its harness said on HEAD."""

    path: Path
    spec: Spec
    checkup: Checkup

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found = asdict(self.checkup)
        found["baseline"] = {name: summary.model_dump() for name, summary in self.checkup.baseline.metrics.items()}
        return {"contract": str(self.path), "primary": self.spec.primary, **found}


def check(place: Place, *, environ: Mapping[str, str], tell: Callable[[str], None]) -> Checked:
    """Validate the contract and run the harness on HEAD; nothing is recorded."""
    contract = contract_of(place)
    if contract.spec.proposer is not None:
        parts.proposer(contract, environ, StopFlag())  # what it refuses, for example a script of edits, shows here
    repository = Repository.open(place.folder)
    try:
        checkup = check_up(contract, repository, environ=environ, tell=tell)
    finally:
        repository.close()
    return Checked(contract.folder / CONTRACT_FILE, contract.spec, checkup)


def run(
    place: Place,
    *,
    environ: Mapping[str, str],
    experiments: int | None = None,
    observer: Observer | None = None,
) -> Result:
    """Start or resume a campaign, and work until something ends it."""
    contract = contract_of(place)
    tag = contract.spec.name if place.tag is None else place.tag
    repository = Repository.open(place.folder)
    try:
        return work(contract, repository, tag, environ=environ, experiments=experiments, observer=observer)
    finally:
        repository.close()


def request(place: Place, name: inbox.RequestName, text: str = "") -> bool:
    """Leave a request for the engine. False when no engine is running, then nothing is left behind."""
    inspection = inspect(place)
    if not inspection.running:
        return False
    inbox.leave(inspection.folder.inbox, inbox.Request(name, text), stamp=f"{stamp().wall:.6f}")
    return True
