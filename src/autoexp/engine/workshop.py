"""Everything that one session works with, and the two verbs that keep journal and state in step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autoexp.campaign.events import Event, Record
from autoexp.campaign.fold import fold, fold_all
from autoexp.campaign.state import CampaignState, Segment
from autoexp.engine.faults import Faults
from autoexp.ports import Executor, Journal, Proposer, Strategy
from autoexp.spec.model import Spec
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.proposal import ProposalCopy
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope


class Observer(Protocol):
    """Whoever watches a session: told of every record, with the state after it, and of the current step."""

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Hear of a durable record."""
        ...

    def working(self, text: str) -> None:
        """Hear what is being done now."""
        ...


class Silent:
    """Nobody watches."""

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Do nothing."""

    def working(self, text: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The two files as read at start."""

    spec: Spec
    spec_text: str
    program: str
    folder: Path


@dataclass(slots=True)
class StopFlag:
    """Set by a signal or a request; polled by whoever runs a command."""

    reason: str = ""

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return bool(self.reason)


@dataclass(slots=True)
class Workshop:
    """One session's parts. `state` is always the fold of everything that `record` has written."""

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
    sandbox: dict[str, str]
    desk: Path
    torn: str | None
    clock: Callable[[], float]
    observer: Observer = field(default_factory=Silent)
    state: CampaignState = field(default_factory=CampaignState)

    @property
    def spec(self) -> Spec:
        """Give the contract's spec."""
        return self.contract.spec

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
        """Make an event durable, then known."""
        record = self.journal.append(event)
        self.state = fold(self.state, record)
        self.observer.recorded(record, self.state)

    def ref(self, *parts: str | int) -> str:
        """Give the full name of one of the campaign's refs."""
        return "/".join(["refs/autoexp", self.folder.tag, *(str(part) for part in parts)])
