"""What a chooser says of a proposal, or raises when no member made one: who was asked and why, who could not, what it cost to hear that."""

from dataclasses import dataclass, field
from typing import Any

from autoexp.campaign.counting import plus
from autoexp.campaign.tallies import NOTHING_LEFT, UNAVAILABLE
from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, NothingLeft, Unavailable
from autoexp.proposers.choosing.rules import Choice

CHOSEN = "chosen"
"""Key of `asi` that tells why a member was asked."""
_WHY_CUT = 300


@dataclass(frozen=True, slots=True)
class Absent:
    """Who was asked for a change and did not propose: those with nothing left, and those whose service is away or refuses."""

    nothing: dict[str, NothingLeft]
    away: dict[str, Unavailable | AccessRefused] = field(default_factory=dict)


def told(said: Proposal, name: str, found: Choice, absent: Absent) -> Proposal:
    """Put a member's name to what it said, and say in `asi` why it was asked and who could not; what it cost to hear that is paid here, once."""
    notes: dict[str, Any] = {CHOSEN: found.why if (name,) == found.order[:1] else f"took over ({found.why})"}
    if absent.away:
        notes[UNAVAILABLE] = {other: _why(away) for other, away in absent.away.items()}
    if absent.nothing or found.spent:
        notes[NOTHING_LEFT] = sorted({*absent.nothing, *found.spent} - {name})
    said = paid(absent, said) or said
    asi = {key: value for key, value in said.asi.items() if key not in {CHOSEN, UNAVAILABLE, NOTHING_LEFT}}
    offers = tuple(offer.model_copy(update={"proposer": name}) for offer in said.offers)
    return said.model_copy(update={"proposer": name, "asi": {**asi, **notes}, "offers": offers})


def _why(absent: Unavailable | AccessRefused) -> str:
    text = f"{absent} ({absent.fix})" if isinstance(absent, AccessRefused) else str(absent)
    return text[:_WHY_CUT]


def _with_costs(said: Proposal, other: Proposal) -> Proposal:
    """Add what another member used, which did not propose."""
    tokens = {kind: plus(getattr(said.tokens, kind), getattr(other.tokens, kind)) for kind in Tokens.model_fields}
    return said.model_copy(
        update={
            "tokens": Tokens(**tokens),
            "cost_usd": plus(said.cost_usd, other.cost_usd),
            "requests": plus(said.requests, other.requests),
        }
    )


def none_serves(absent: Absent) -> Exception:
    """Give what is to be raised when no member proposed: wait if waiting may help, else mend, else there is nothing left."""
    reasons = {name: str(reason) for name, reason in {**absent.away, **absent.nothing}.items()}
    text = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    if len(reasons) == 1:
        text = next(iter(reasons.values()))
    waiting = [away for away in absent.away.values() if isinstance(away, Unavailable)]
    if waiting:
        soonest = min(waiting, key=_asked_for)
        return Unavailable(text, kind=soonest.kind, retry_after_s=soonest.retry_after_s, said=paid(absent))
    refusals = [away for away in absent.away.values() if isinstance(away, AccessRefused)]
    if refusals:
        fix = "; ".join(dict.fromkeys(refused.fix for refused in refusals))
        return AccessRefused(text, fix=fix, said=paid(absent))
    return NothingLeft(text, said=paid(absent))


def paid(absent: Absent, said: Proposal | None = None) -> Proposal | None:
    """Add what was used to hear that some do not propose. It is told once: who asks for it again finds nothing."""
    for absence in (*absent.nothing.values(), *absent.away.values()):
        if absence.said is not None:
            said = absence.said if said is None else _with_costs(said, absence.said)
            absence.said = None
    return said


def _asked_for(away: Unavailable) -> float:
    return float("inf") if away.retry_after_s is None else away.retry_after_s
