"""Everything that one session works with, and the two verbs that keep journal and state in step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autoexp.campaign.events import Event, Noted
from autoexp.campaign.fold import fold, fold_all
from autoexp.campaign.state import CampaignState, Segment
from autoexp.engine import clocks
from autoexp.engine.cells import Cells
from autoexp.engine.clocks import Clocks
from autoexp.engine.contract import Contract
from autoexp.engine.disk import Room
from autoexp.engine.faults import Faults
from autoexp.engine.signals import StopFlag
from autoexp.engine.watching import Observer, Silent
from autoexp.ports import Executor, Journal, Proposer, Strategy
from autoexp.spec.model import Spec
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.reading import Position
from autoexp.workspaces.contents import Contents
from autoexp.workspaces.proposal import ProposalCopy
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


@dataclass(slots=True)
class Workshop:
    """One session's parts. `state` is always the fold of everything that `record` has written.

    `desk` holds the brief of the open experiment, `home` what its proposer needs to remember until its end.
    `torn` tells what was cut from the journal's end, `late` are the requests that came after the last session,
    `told` what a person was told once and needs to know no more than once. `mirrored` is how far git holds the journal in refs that are not
    moved any more; None until somebody looks. `contents` is what the measured trees hold besides their commits.
    """

    contract: Contract
    folder: CampaignFolder
    repository: Repository
    refs: Refs
    journal: Journal
    copy: ProposalCopy
    scope: Scope
    proposer: Proposer
    strategy: Strategy
    executor: Executor
    faults: Faults
    stop: StopFlag
    marker: str
    cells: Cells
    desk: Path
    home: Path
    torn: str | None
    late: frozenset[Path]
    clock: Callable[[], float]
    observer: Observer = field(default_factory=Silent)
    secrets: Callable[[], tuple[str, ...]] = tuple
    told: set[str] = field(default_factory=set)
    mirrored: Position | None = None
    room: Room = field(default_factory=Room)
    clocks: Clocks = field(default_factory=lambda: Clocks(clocks.look))
    state: CampaignState = field(default_factory=CampaignState)
    contents: Contents | None = None

    @property
    def spec(self) -> Spec:
        """Give the contract's spec."""
        return self.contract.spec

    @property
    def sandbox(self) -> dict[str, str]:
        """Give the level at which each side runs."""
        return self.cells.levels

    @property
    def segment(self) -> Segment:
        """Give the open segment. There is one from the first baseline on."""
        if self.state.segment is None:
            msg = "no segment is open"
            raise RuntimeError(msg)
        return self.state.segment

    def load(self) -> None:
        """Fold what the journal holds."""
        self.state = fold_all(self.journal.read())

    def record(self, event: Event) -> None:
        """Make an event durable, then known. What the clocks did since the last one is noted before it."""
        for leap in self.clocks.leaps():
            self._record(Noted(text=leap))
        self._record(event)

    def _record(self, event: Event) -> None:
        record = self.journal.append(event)
        if self.room.spent and not self.stop():
            self.stop.reason = "there is no room left on the disk"
        self.state = fold(self.state, record)
        self.observer.recorded(record, self.state)

    def ref(self, *parts: str | int) -> str:
        """Give the full name of one of the campaign's refs."""
        return "/".join(["refs/autoexp", self.folder.tag, *(str(part) for part in parts)])
