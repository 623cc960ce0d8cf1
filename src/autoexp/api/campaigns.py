"""Working on a campaign: check, run, and requests to the engine that runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autoexp.api.contracts import sound_contract
from autoexp.api.looking import inspect
from autoexp.api.places import CONTRACT_FILE, Place
from autoexp.campaign.reviews import refusal
from autoexp.campaign.reviews import waiting as waiting_in
from autoexp.engine import parts
from autoexp.engine.neighbours import busy_note
from autoexp.engine.session import Result, stamp, work
from autoexp.engine.signals import StopFlag
from autoexp.engine.watching import Observer
from autoexp.errors import AutoexpError, CampaignError
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec.model import Spec
from autoexp.stores import inbox
from autoexp.workspaces.repository import Repository

if TYPE_CHECKING:
    from autoexp.engine.checkup import Checkup


@dataclass(frozen=True, slots=True)
class Checked:
    """A contract that holds, and what its harness said on HEAD."""

    path: Path
    spec: Spec
    checkup: "Checkup"

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        found = asdict(self.checkup)
        found["mutation"] = next(
            (f["values"] for f in found["figures"] if f["audit"] == "unarmed-checks" and f["values"]), None
        )
        found["baseline"] = {name: summary.model_dump() for name, summary in self.checkup.baseline.metrics.items()}
        return {"contract": str(self.path), "primary": self.spec.primary, **found}


def check(
    place: Place,
    *,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    allow_unsandboxed: bool = False,
    audits: bool = True,
    skip: Sequence[str] = (),
    audits_s: float | None = None,
) -> Checked:
    """Validate the contract, run the harness on HEAD, then the `audits` but those to `skip`; nothing is recorded.

    Raises AutoexpError when no audit has a name in `skip`.
    """
    from autoexp.engine.checkup import AUDITS_S, check_up  # noqa: PLC0415  only this needs what looks at agents
    from autoexp.harness.audits import AUDITS, unknown  # noqa: PLC0415

    for name in skip:
        if fix := unknown(name):
            raise AutoexpError(f"there is no audit {name!r}", where="--skip", fix=fix)

    contract = sound_contract(place, environ=environ)
    proposer = None
    if contract.spec.proposer is not None:  # what it refuses, for example a script of edits, shows here
        proposer = parts.proposer(contract, environ, StopFlag(), Cell())
    repository = Repository.open(place.folder)
    try:
        if note := busy_note(repository.common_dir, ""):
            tell(f"note: {note}")
        checkup = check_up(
            contract,
            repository,
            environ=environ,
            tell=tell,
            allow_unsandboxed=allow_unsandboxed,
            proposer=proposer,
            skip=skip if audits else [audit.name for audit in AUDITS],
            audits_s=AUDITS_S if audits_s is None else audits_s,
        )
    finally:
        repository.close()
    return Checked(contract.folder / CONTRACT_FILE, contract.spec, checkup)


def run(
    place: Place,
    *,
    environ: Mapping[str, str],
    experiments: int | None = None,
    observer: Observer | None = None,
    allow_unsandboxed: bool = False,
) -> Result:
    """Start or resume a campaign, and work until something ends it. Raises AutoexpError when no sandbox holds, unless that is allowed."""
    contract = sound_contract(place, environ=environ, proposes="must", goes_on=True)
    tag = contract.spec.name if place.tag is None else place.tag
    repository = Repository.open(place.folder)
    try:
        return work(
            contract,
            repository,
            tag,
            environ=environ,
            experiments=experiments,
            observer=observer,
            allow_unsandboxed=allow_unsandboxed,
            chosen=place.tag is not None,
        )
    finally:
        repository.close()


def review(place: Place, n: int, verdict: Literal["accept", "reject"], why: str) -> bool:
    """Leave a person's word on a would-be keep that waits for it. Tells whether an engine is running, which reads it soon.

    Raises CampaignError when that experiment does not wait for one, or has an answer in the inbox already.
    """
    found = inspect(place)
    if not why.strip():
        raise CampaignError("a review needs a reason", fix=f"autoexp {verdict} {n} --why '...'")
    for _, waiting in inbox.take(found.folder.inbox):
        if waiting is not None and waiting.n == n and waiting.name in inbox.LASTING:
            raise CampaignError(
                f"experiment {n} was already {waiting.name}ed: {waiting.text}", fix="the next `autoexp run` reads it"
            )
    if refused := refusal(found.state, n):
        open_ = ", ".join(map(str, waiting_in(found.state))) or "none"
        raise CampaignError(refused, fix=f"`autoexp status` tells which wait for a review (now: {open_})")
    inbox.leave(found.folder.inbox, inbox.Request(verdict, why.strip(), n), stamp=f"{stamp().wall:.6f}")
    return found.running


def request(place: Place, name: inbox.RequestName, text: str = "") -> bool:
    """Leave a request for the engine. False when no engine is running, then nothing is left behind."""
    inspection = inspect(place)
    if not inspection.running:
        return False
    inbox.leave(inspection.folder.inbox, inbox.Request(name, text), stamp=f"{stamp().wall:.6f}")
    return True
