"""Looking at a campaign: everything is folded from its journal."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autoexp.api import transcripts
from autoexp.api.places import CONTRACT_FILE, Place, contract_folder, read_text
from autoexp.api.showing import checks_of, compared_of
from autoexp.campaign import confirming, interruptions
from autoexp.campaign import rows as campaign_rows
from autoexp.campaign.events import Withdrawn
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.campaign.summary import summary
from autoexp.engine.lost import is_lost, lost_tags, refuse_behind, refuse_lost
from autoexp.errors import AutoexpError, CampaignError
from autoexp.exchange.exports import exports_home
from autoexp.spec import load
from autoexp.stores import inbox
from autoexp.stores.journal import is_locked
from autoexp.stores.layout import CampaignFolder, tags
from autoexp.stores.reading import Torn, read_from
from autoexp.stores.snapshots import Snapshot, Snapshots
from autoexp.workspaces.repository import Repository

SLOW = 5_000
"""Records; to fold as many takes half a second or more."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A campaign as it stands on disk."""

    state: CampaignState
    running: bool
    folder: CampaignFolder
    exports: Path
    torn: str | None = None

    def experiment(self, n: int) -> Experiment:
        """Give experiment `n`. Raises CampaignError when there is none."""
        is_open = self.state.open is not None and self.state.open.n == n
        if found := self.state.open if is_open else self.state.experiments.numbered(n):
            return found
        last = self.state.experiments[-1].n if self.state.experiments else 0
        raise CampaignError(
            f"there is no experiment {n}{self._withdrawn(n)}",
            fix=f"`autoexp log` lists them, up to {last}" if last else "run some first",
        )

    def _withdrawn(self, n: int) -> str:
        """Say why a number that was used up names no experiment; empty where the journal does not tell."""
        if not 0 < n <= self.state.last_n:
            return ""
        events = (read[0].event for read in read_from(self.folder.journal) if not isinstance(read, Torn))
        reason = next((event.reason for event in events if isinstance(event, Withdrawn) and event.n == n), None)
        if reason is None:
            return ""
        return f": its number was used up by asking a proposer that had nothing left ({reason or 'no reason given'})"


def inspect(place: Place) -> Inspection:
    """Fold a campaign's journal, and keep what took long to fold for the next look. Raises CampaignError when there is none.

    Also when an experiment is missing in it that git still holds, unless an engine works: its refs may be newer than what was read.
    """
    repository = Repository.open(place.folder)
    try:
        tag = tag_of(place, repository)
        folder = CampaignFolder(repository.common_dir, tag)
        home = exports_home(repository.root, repository.common_dir) / tag
        refuse_lost(folder, repository)
        if not folder.journal.exists():
            known = ", ".join(tags(folder.common_dir))
            others = f", or name another with --tag (known: {known})" if known else ""
            raise CampaignError(f"there is no campaign named {tag} yet", fix=f"start it with `autoexp run`{others}")
        snapshots = Snapshots(folder.snapshot, folder.journal)
        was_running = is_locked(folder.path)
        found, running = snapshots.look(), is_locked(folder.path)
        if not was_running and not running:
            refuse_behind(folder, repository, found.state)
    finally:
        repository.close()
    if found.folded >= SLOW and not running:
        with suppress(OSError):
            snapshots.save(Snapshot(found.state, found.position))
    return Inspection(found.state, running, folder, home, found.torn)


def tag_of(place: Place, repository: Repository) -> str:
    """Give the tag to look at: the one asked for, the contract's name, or the only campaign there is, or that refs are left of."""
    if place.tag is not None:
        return place.tag
    found = tags(repository.common_dir)
    name = _name_in_contract(place)
    if name in found or (name and is_lost(repository, name)):
        return name
    found = found or lost_tags(repository)
    if name and not found:
        return name
    if len(found) == 1:
        return found[0]
    if not found:
        raise CampaignError("there is no campaign in this repository yet", fix="start one with `autoexp run`")
    raise CampaignError(f"several campaigns are here: {', '.join(found)}", fix="name one with --tag")


def _name_in_contract(place: Place) -> str:
    try:
        return load(read_text(contract_folder(place) / CONTRACT_FILE)).name
    except AutoexpError:
        return ""


def diff(place: Place, n: int) -> str:
    """Give the change of experiment `n` against its parent, as a unified diff."""
    experiment = inspect(place).experiment(n)
    candidate = experiment.candidate
    if candidate is None:
        raise CampaignError(
            f"experiment {n} has no change to show: it ended as {experiment.status or 'nothing yet'}",
            fix=f"`autoexp show {n}` tells how it ended",
        )
    repository = Repository.open(place.folder)
    try:
        return repository.diff(candidate.parent, candidate.commit)
    finally:
        repository.close()


def status(place: Place) -> dict[str, Any]:
    """Give what `autoexp status --json` holds."""
    found = inspect(place)
    return {**status_of(found.state, running=found.running), "torn": found.torn if not found.running else None}


def status_of(state: CampaignState, *, running: bool = False) -> dict[str, Any]:
    """Give a state's status, with the unit of what is shown as `metric`."""
    headline = state.segment.headline if state.segment else None
    return {**summary(state, running=running), "unit": headline.unit if headline else ""}


def rows(place: Place) -> list[campaign_rows.Row]:
    """Give a flat row per experiment, baseline first."""
    return rows_of(inspect(place).state)


def rows_of(state: CampaignState) -> list[campaign_rows.Row]:
    """Give a state's flat rows, baseline first."""
    return list(campaign_rows.rows(state))


def brief(place: Place) -> tuple[dict[str, Any], str]:
    """Give what the proposer of the next experiment would read: as data, and as prose. Hints and ideas that wait are in it."""
    from autoexp import briefs  # noqa: PLC0415  only this look needs the contract and its parts
    from autoexp.api.contracts import contract_of  # noqa: PLC0415
    from autoexp.engine.briefing import foreseen, next_brief  # noqa: PLC0415

    found = inspect(place)
    waiting = (request for _, request in inbox.take(found.folder.inbox) if request is not None)
    made = next_brief(foreseen(found.state, waiting), contract_of(place))
    return briefs.as_json(made), briefs.as_markdown(made)


def show(place: Place, n: int) -> dict[str, Any]:
    """Give everything about experiment `n`."""
    found = inspect(place)
    experiment = found.experiment(n)
    row = campaign_rows.experiment_row(found.state, experiment, cost_total=None)
    samples = [sample.model_dump(mode="json") for sample in experiment.samples]
    holdout = experiment.holdout.model_dump(mode="json") if experiment.holdout else None
    proposal = experiment.proposal
    return {
        **row,
        **transcripts.of(experiment, found.folder.output / str(n)),
        "checks": checks_of(found.state, experiment),
        "compared": compared_of(found.state, experiment),
        "all_samples": samples,
        "holdout": holdout,
        "ablation": next(
            (one.model_dump(mode="json") for one in confirming.ablations(found.state) if one.n == n), None
        ),
        "measured_again_by": interruptions.measured_again_by(found.state, n),
        "waits_again": n in interruptions.waiting_again(found.state),
        "given_up": interruptions.is_given_up(found.state, experiment),
        "pauses": list(experiment.pauses),
        "void_samples": [sample.model_dump(mode="json") for sample in experiment.void],
        "sandbox": proposal.sandbox if proposal else "",
        "paid_before": proposal is not None and proposal.offer is not None and row["requests"] == 0,
        "priced_by": sorted({said.cost_source for said in experiment.paid if said.cost_source}),
        "set_aside": experiment.reserved.model_dump(),
        "traffic": {host: counts.model_dump() for host, counts in proposal.traffic.items()} if proposal else {},
        "ideas_parked": [asdict(idea) for idea in found.state.ideas if idea.n == n],
        "ideas_tried": [asdict(idea) for idea in found.state.ideas if idea.tried_by == n],
        "output": str(found.folder.output / str(n)),
    }
