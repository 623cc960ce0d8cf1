"""What a campaign will probably use, before it starts: the proposer's own estimate and what the runs of `check` said that they cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autoexp.campaign.counting import cost_of_runs
from autoexp.campaign.state import CampaignState, Incumbent, Segment
from autoexp.campaign.typical import AGENT_REQUESTS, AGENT_TOKENS, CODING_AGENTS, PAID_REQUESTS
from autoexp.engine.briefing import next_brief
from autoexp.engine.contract import Contract
from autoexp.experiment.measurement import Measurement, Sample
from autoexp.experiment.records import Reserve
from autoexp.ports import Proposer


@dataclass(frozen=True, slots=True)
class Expected:
    """What one experiment, and the budget of experiments, will probably use; None is unknown.

    `runs_usd` is what the runs of the harness in one experiment cost, as they said themselves. `typical_usd`, `typical_tokens` and
    `typical_requests` are published figures of an experiment elsewhere, where the proposer cannot tell: nothing of it was measured here.
    `local` tells that the harness has no network, so that it can pay nobody. `ends_by` is the stop reason of the cap on dollars, tokens or
    requests that comes before the budget of experiments, after about `experiments` of them.
    """

    cost_usd: float | None = None
    tokens: int | None = None
    requests: float | None = None
    runs_usd: float | None = None
    campaign_usd: float | None = None
    campaign_tokens: int | None = None
    typical_usd: tuple[float, float] | None = None
    typical_tokens: int | None = None
    typical_requests: int | None = None
    local: bool = False
    ends_by: str | None = None
    experiments: int | None = None


def expected(
    contract: Contract,
    proposer: Proposer | None,
    commit: str,
    *,
    baseline: Measurement,
    samples: Sequence[Sample],
    runs: float,
) -> Expected:
    """Foretell it for `runs` runs of the harness an experiment, given those that `check` has made."""
    cost = cost_of_runs(samples)
    runs_usd = None if cost is None else cost / len(samples) * runs
    local = contract.spec.sandbox.harness.network == "off"
    own = _estimate(contract, proposer, commit, baseline)
    section, wanted = contract.spec.proposer, contract.spec.budget.experiments
    if own is None or own == Reserve():
        agent = section is not None and section.kind in CODING_AGENTS
        return Expected(
            runs_usd=runs_usd,
            local=local,
            typical_usd=PAID_REQUESTS.usd if agent else None,
            typical_tokens=AGENT_TOKENS if agent else None,
            typical_requests=AGENT_REQUESTS if agent else None,
        )
    several = section.options.get("several", 1) if section is not None else 1
    answers = None if wanted is None else math.ceil(wanted / several)
    usd = None if own.cost_usd is None else own.cost_usd / several
    total = None if own.cost_usd is None or answers is None else own.cost_usd * answers
    ends_by, count = _first_cap(contract, own, several=several, runs_usd=runs_usd or 0.0)
    return Expected(
        ends_by=ends_by,
        experiments=count,
        cost_usd=usd,
        tokens=None if own.tokens is None else round(own.tokens / several),
        requests=None if own.requests is None else own.requests / several,
        runs_usd=runs_usd,
        local=local,
        campaign_usd=None if total is None or wanted is None else total + (runs_usd or 0.0) * wanted,
        campaign_tokens=None if own.tokens is None or answers is None else own.tokens * answers,
    )


def _first_cap(contract: Contract, own: Reserve, *, several: int, runs_usd: float) -> tuple[str | None, int | None]:
    """Give the stop reason of the cap that comes before the budget of experiments, and after how many of them it does."""
    budget = contract.spec.budget
    each = {
        "cost": (budget.cost_usd, None if own.cost_usd is None else own.cost_usd / several + runs_usd),
        "tokens": (budget.tokens, None if own.tokens is None else own.tokens / several),
        "requests": (budget.requests, None if own.requests is None else own.requests / several),
    }
    left = {reason: cap / one for reason, (cap, one) in each.items() if cap is not None and one}
    first = min(left, key=lambda reason: left[reason], default=None)
    if first is None or (budget.experiments is not None and left[first] >= budget.experiments):
        return None, None
    return first, int(left[first] + 1e-9)


def _estimate(contract: Contract, proposer: Proposer | None, commit: str, baseline: Measurement) -> Reserve | None:
    """Ask the proposer, with the brief of a first experiment."""
    estimate = getattr(proposer, "estimate", None)
    if estimate is None:
        return None
    spec = contract.spec
    segment = Segment(0, commit, spec.model_dump(mode="json"), spec.digest, "", {}, {}, started=0.0)
    incumbent = Incumbent(commit, measurement=baseline)
    state = CampaignState(
        tag=spec.name, base=commit, segment=segment, segments=(segment,), incumbent=incumbent, checkpoint=incumbent
    )
    found: Reserve | None = estimate(next_brief(state, contract))
    return found
