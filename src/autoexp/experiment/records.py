"""What is asked, offered, captured and ruled in one experiment. These values are written to the journal."""

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from autoexp.experiment.outcome import Verdict

Operator = Literal["draft", "improve", "repair", "merge", "tune", "ablate", "confirm"]

MAX_DEPTH = 20

NEEDS_REVIEW, OVERFIT = "needs_review", "overfit"
"""Flags of would-be keeps that were turned down: by odd figures or lines, until a person answers, and by the holdout."""


class Value(BaseModel):
    """A frozen record; keys of a newer version are tolerated when read back. Its numbers are finite: JSON has no others."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, ser_json_inf_nan="constants")


class Directive(Value):
    """What a strategy asks for.

    `of` is the number of the accepted experiment whose change is to be measured again, `again` that of one which was interrupted.
    `members` are the experiments whose changes are taken out together (operator ablate) or tried together (merge).
    What is left without them may be worse by `margin`, a fraction; None asks for the usual one.
    """

    operator: Operator = "improve"
    parents: tuple[str, ...] = ()
    lane: str = "main"
    mode: Literal["exploit", "explore"] = "exploit"
    hints: tuple[str, ...] = ()
    of: int | None = None
    again: int | None = None
    members: tuple[int, ...] = ()
    margin: float | None = None

    @property
    def by_person(self) -> bool:
        """Tell whether a person asked for it, of changes that are there: no proposer is asked, and nobody mends it."""
        return self.of is not None or bool(self.members)

    @property
    def takes_out(self) -> bool:
        """Tell whether its candidate is the best so far without some of its keeps."""
        return self.operator == "ablate" and bool(self.members)


class Tokens(Value):
    """Tokens that a proposer used; None where it did not say.

    `input` counts all that was read, with what came from a cache (`cached`) or was written to one (`cache_write`); `output` all that was
    written, with what was only thought (`reasoning`).
    """

    input: int | None = None
    cached: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cache_write: int | None = None

    @property
    def total(self) -> int | None:
        """Give input plus output, or None when neither is known."""
        known = [count for count in (self.input, self.output) if count is not None]
        return sum(known) if known else None


class Reserve(Value):
    """What an experiment will probably use, at most, set aside before it begins; None where nobody can tell, 0 where it uses nothing."""

    cost_usd: float | None = None
    tokens: int | None = None
    requests: int | None = None


class Traffic(Value):
    """What went through the proxy to one `host:port`: bytes each way, tunnels opened, requests refused."""

    sent: int = 0
    received: int = 0
    connections: int = 0
    refused: int = 0


class Idea(Value):
    """Something to try another time: why it waits, and which constraint of the contract is in its way, if one is."""

    text: str
    why: str = ""
    blocked_by: str = ""


class Offer(Value):
    """One of several hypotheses that a model gave in one answer, best first; `edits` is the text of its edits, as it was written.

    `gain` is the improvement that the model expects, as a fraction; `risk` and `effort` are its own words. `proposer` names whose it is,
    where there are several to choose from.
    """

    rank: int
    description: str = ""
    hypothesis: str = ""
    kind: str = ""
    gain: float | None = None
    risk: str = ""
    effort: str = ""
    asi: dict[str, Any] = Field(default_factory=dict)
    edits: str = ""
    proposer: str = ""


class Proposal(Value):
    """What a proposer says about the edits that it left in its workspace. Text, never data that counts.

    `wall_s`, `sandbox` and `traffic` are the engine's own: time, level, and whom the proposer talked to. `cost_source` tells who put a price on
    it (provider, contract, genai-prices, or the proposer itself), `tokens_source` who counted the tokens. `requests` are the answers of a
    model, None where nobody counts them; `proposer` and `model` name who proposed, `program` the coding agent with its version. `ending`
    says what cut its work short, where something did: a cap, or a refusal of what it needed. `offers` are all hypotheses of an answer that held several, `offer` is the rank of the one
    tried here, and `dropped` are the ranks of those that no longer fit.
    """

    hypothesis: str = ""
    description: str = ""
    asi: dict[str, Any] = Field(default_factory=dict)
    ideas: tuple[Idea, ...] = ()
    tokens: Tokens = Tokens()
    cost_usd: float | None = None
    cost_source: str = ""
    tokens_source: str = ""
    requests: int | None = None
    proposer: str = ""
    model: str = ""
    program: str = ""
    ending: str = ""
    offers: tuple[Offer, ...] = ()
    offer: int | None = None
    dropped: tuple[int, ...] = ()
    expect: tuple[str, ...] = ()
    wall_s: float | None = None
    sandbox: str = ""
    traffic: dict[str, Traffic] = Field(default_factory=dict)

    @field_validator("ideas", mode="before")
    @classmethod
    def _plain_ideas(cls, ideas: Any) -> Any:
        """Take an idea that is only a text, as older journals and simple programs write it."""
        if isinstance(ideas, list | tuple):
            return tuple({"text": idea} if isinstance(idea, str) else idea for idea in ideas)
        return ideas

    @field_validator("asi")
    @classmethod
    def _as_json_keeps_it(cls, asi: dict[str, Any]) -> dict[str, Any]:
        """Take what JSON cannot hold as text, so that a proposal reads back from the journal as it was."""
        return {_clean(key): _plain(value) for key, value in asi.items()}


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {_clean(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _clean(key: str) -> str:
    return key.encode("utf-8", "replace").decode()


class Candidate(Value):
    """A tree at a commit, with its parent, and the lines that differ; a binary file has none."""

    commit: str
    parent: str
    paths: tuple[str, ...] = ()
    diff_lines: int = 0
    lines_added: int = 0
    lines_removed: int = 0

    @property
    def net_lines(self) -> int:
        """Give the lines that the change makes the tree longer; below 0 it removes more than it adds."""
        return self.lines_added - self.lines_removed


class GuardResult(Value):
    """A guard that broke: metric, bound and value, and for a noisy metric the odds that it lies beyond the bound."""

    metric: str
    bound: str
    value: float | None = None
    odds: float | None = None


class Lesson(Value):
    """What an experiment taught about the noise of one metric, on the gain scale (see autoexp.decision.sequential).

    `residuals` are distances of runs from their own side's centre; `surprise` is how far the fresh runs of the incumbent lay
    from its history (squared), how many variances of a run of that is noise, and the probability that the machine's speed
    did not jump; `history` are runs of the incumbent to remember, instead of the older ones if it `replaces` them. `sizes` are
    the probabilities of effects of different size, if there is one.
    """

    residuals: tuple[float, ...] = ()
    surprise: tuple[float, float, float] | None = None
    moved: float = 0.0
    history: tuple[float, ...] = ()
    replaces: bool = False
    sizes: tuple[float, ...] = ()


class Decision(Value):
    """A ruling with its reasons; `effect` of `metric` is a fraction of the baseline, positive = better."""

    verdict: Verdict
    guard: GuardResult | None = None
    effect: float | None = None
    evidence: dict[str, float] = Field(default_factory=dict)
    level: float | None = None
    method: str = ""
    flags: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    metric: str = ""
    lessons: dict[str, Lesson] = Field(default_factory=dict)
