"""The named, versioned facts that a journal holds. Keys of newer versions are tolerated, so old files fold for ever."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from autoexp.campaign.confirmation_events import ConfirmationBegun, ConfirmationEnded, ConfirmationRun, HeldOutAtEnd
from autoexp.experiment.measurement import Measurement, Sample, Usage
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate, Decision, Directive, Idea, Proposal, Reserve, Value

StopReason = Literal[
    "experiments",
    "cost",
    "tokens",
    "requests",
    "wall_clock",
    "crashes",
    "discards",
    "plateau",
    "target",
    "exhausted",
    "user",
    "error",
]


class CampaignOpened(Value):
    """The first record: which goal, in which repository, from which commit."""

    event: Literal["campaign"] = "campaign"
    tag: str
    base: str
    object_format: str
    seed: int
    version: str


class SessionOpened(Value):
    """A process began to work on the campaign, with the budget that its contract gives.

    `host` and `place` are short hashes of the machine and of the repository's place on it, `contract` is the folder of the contract, seen from
    the repository's top; all three are empty in records of earlier versions. One whose `purpose` is to confirm leaves a campaign stopped that is stopped.
    """

    event: Literal["session"] = "session"
    pid: int
    sandbox: dict[str, str] = Field(default_factory=dict)
    notice: str = ""
    budget: dict[str, Any] = Field(default_factory=dict)
    host: str = ""
    place: str = ""
    contract: str = ""
    purpose: Literal["run", "confirm"] = "run"


class SegmentOpened(Value):
    """Numbers compare only from here to the next segment: spec, harness and environment are fixed."""

    event: Literal["segment"] = "segment"
    k: int
    commit: str
    spec: dict[str, Any]
    spec_text: str
    program: str
    spec_digest: str
    harness_digest: str
    environment: dict[str, str] = Field(default_factory=dict)
    sandbox: dict[str, str] = Field(default_factory=dict)


class BaselineMeasured(Value):
    """The segment's first number, on the incumbent of that moment."""

    event: Literal["baseline"] = "baseline"
    k: int
    outcome: Outcome
    detail: str = ""
    measurement: Measurement = Measurement()
    deterministic: bool = False
    noise: float | None = None


class Intent(Value):
    """Number `n` is used up: written before anything is done for it, with what is set aside of the budget."""

    event: Literal["intent"] = "intent"
    n: int
    directive: Directive
    parent: str
    segment: int
    seed: int
    reserved: Reserve = Reserve()


class Proposed(Value):
    """What the proposer said and used, as soon as it is known."""

    event: Literal["proposal"] = "proposal"
    n: int
    proposal: Proposal


class Waiting(Value):
    """The service behind the proposer cannot answer now: it is asked again after `wait_s` seconds, for the `row`-th time in a row.

    `kind` is the weather, as ports.Unavailable names it; `said` is what was used before it came, where that is known.
    """

    event: Literal["waiting"] = "waiting"
    n: int
    kind: str
    reason: str
    wait_s: float
    row: int = 1
    said: Proposal | None = None


class MendAsked(Value):
    """A try of experiment `n` ended like this, and the same proposer is asked to mend it. Nothing measured counts any more."""

    event: Literal["mend"] = "mend"
    n: int
    outcome: Outcome
    detail: str = ""
    reserved: Reserve = Reserve()


class Captured(Value):
    """The edits in scope, as a commit that can never be lost."""

    event: Literal["candidate"] = "candidate"
    n: int
    candidate: Candidate


class SampleTaken(Value):
    """One execution of the harness; n = 0 while a baseline is measured."""

    event: Literal["sample"] = "sample"
    n: int
    sample: Sample


class ChecksRun(Value):
    """The answer of the checks; outcome measured means that they passed."""

    event: Literal["checks"] = "checks"
    n: int
    outcome: Outcome
    detail: str = ""
    usage: Usage = Usage()


class HoldoutRun(Value):
    """The runs of the holdout on both sides: what people may look at, and no brief holds.

    `gain` is what it showed, `claimed` what the samples had shown, both on the gain scale; `passed` is None when it gave no answer.
    """

    event: Literal["holdout"] = "holdout"
    n: int
    samples: tuple[Sample, ...] = ()
    claimed: float | None = None
    needed: float | None = None
    gain: float | None = None
    passed: bool | None = None
    detail: str = ""


class Continued(Value):
    """A session takes up experiment `n`, which another one left `pause_s` seconds ago.

    `candidate` and `incumbent` are how many of the samples on record still count, the first ones of each side; the others are taken again.
    """

    event: Literal["continued"] = "continued"
    n: int
    pause_s: float
    candidate: int
    incumbent: int


class Decided(Value):
    """The verdict. From here on it stands, whatever happens to the process.

    `flags` are those of an outcome without a decision.
    """

    event: Literal["decision"] = "decision"
    n: int
    outcome: Outcome
    detail: str = ""
    decision: Decision | None = None
    measurement: Measurement = Measurement()
    commit: str | None = None
    base: str = ""
    flags: tuple[str, ...] = ()


class Done(Value):
    """Number `n` is closed: its refs stand."""

    event: Literal["done"] = "done"
    n: int
    status: str


class Withdrawn(Value):
    """Number `n` is closed without an experiment: the proposer had nothing left to propose."""

    event: Literal["withdrawn"] = "withdrawn"
    n: int
    reason: str


class Noted(Value):
    """Something that a reader of the record should know."""

    event: Literal["note"] = "note"
    text: str


class Answered(Value):
    """A request from a face was read and answered."""

    event: Literal["request"] = "request"
    request: str
    text: str = ""
    answer: str = ""


class Reviewed(Value):
    """A person has looked at a would-be keep that waited for it: it is measured again, or it is settled."""

    event: Literal["reviewed"] = "reviewed"
    n: int
    verdict: Literal["accept", "reject"]
    why: str


class Hinted(Value):
    """A person gives every proposer a hint, until hints are cleared."""

    event: Literal["hint"] = "hint"
    text: str


class HintsCleared(Value):
    """A person takes all hints back."""

    event: Literal["hints_cleared"] = "hints_cleared"


class IdeaAdded(Value):
    """A person parks an idea, or opens one again."""

    event: Literal["idea"] = "idea"
    idea: Idea


class IdeaDropped(Value):
    """A person gives up an idea of the backlog."""

    event: Literal["idea_dropped"] = "idea_dropped"
    id: str
    why: str = ""


class SessionClosed(Value):
    """A process stopped working on the campaign; the campaign may go on later."""

    event: Literal["session_end"] = "session_end"
    reason: str


class Stopped(Value):
    """A budget, a rule, a person or an empty proposer ended the campaign."""

    event: Literal["stopped"] = "stopped"
    reason: StopReason
    detail: str = ""
    fix: str = ""


class Unknown(Value):
    """An event of a newer version: kept in the file, without effect here."""

    event: Literal["unknown"] = "unknown"
    name: str = ""


Event = (
    CampaignOpened
    | SessionOpened
    | SegmentOpened
    | BaselineMeasured
    | Intent
    | Proposed
    | Waiting
    | MendAsked
    | Captured
    | SampleTaken
    | ChecksRun
    | HoldoutRun
    | HeldOutAtEnd
    | Continued
    | Decided
    | Done
    | Withdrawn
    | Noted
    | Answered
    | Reviewed
    | Hinted
    | HintsCleared
    | IdeaAdded
    | IdeaDropped
    | ConfirmationBegun
    | ConfirmationRun
    | ConfirmationEnded
    | SessionClosed
    | Stopped
    | Unknown
)

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
_NAMES = frozenset(model.model_fields["event"].default for model in Event.__args__)


@dataclass(frozen=True, slots=True)
class Record:
    """An event with its number, and when it was written: wall clock, monotonic clock and boot."""

    number: int
    wall: float
    monotonic: float
    boot: str
    event: Event


def parse_event(body: Any) -> Event:
    """Read an event's body. Raises ValueError when a known event is not well formed."""
    name = body.get("event") if isinstance(body, dict) else None
    if not isinstance(name, str):
        raise ValueError("an event without a name")
    if name not in _NAMES:
        return Unknown(name=name)
    try:
        return _ADAPTER.validate_python(body)
    except ValidationError as error:
        raise ValueError(f"event {name}: {error}") from None
