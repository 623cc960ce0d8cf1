"""What came of an agent's work: a proposal, or what the engine has to know instead. An exit code alone never decides."""

from dataclasses import dataclass

from autoexp.experiment.records import Proposal
from autoexp.ports import AccessRefused, NothingLeft, ProposerFailed, Unavailable
from autoexp.processes import Finished
from autoexp.proposers.agents.agent import MENDED_BY_PEOPLE, Facts, Failure, Heard
from autoexp.proposers.agents.closing import described, nothing_left
from autoexp.proposers.agents.watching import Reason

_WEATHER = frozenset({"rate_limit", "overloaded", "quota", "server", "hang", "reset", "cut", "malformed"})
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Work:
    """One run of an agent: how it ended, why we ended it if we did, what was heard, what it cost, and the end of what it printed."""

    facts: Facts
    finished: Finished
    reason: Reason
    words: str
    heard: Heard
    used: Proposal
    tail: str


def judged(work: Work) -> Proposal:
    """Give the proposal. Raises NothingLeft, ProposerFailed, Unavailable or AccessRefused, each with what was used."""
    said = _said(work)
    _refuse_unfinished(work, said)
    heard, name = work.heard, work.facts.title
    if work.reason == "cap":
        return said.model_copy(update={"ending": work.words})
    if heard.failure is not None and not heard.done:
        raise _failed(work, heard.failure, said)
    if heard.ending:
        return said.model_copy(update={"ending": f"{name}: {heard.ending}"})
    if not heard.done:
        code = work.finished.detail or "exit code 0"
        raise ProposerFailed(f"{name} ended without saying that it was done ({code}):\n{work.tail}".strip(), said=said)
    if reason := nothing_left(heard.text):
        raise NothingLeft(reason, said=said)
    if heard.denied:
        named = ", ".join(dict.fromkeys(heard.denied[:_MOST_NAMED]))
        return said.model_copy(update={"ending": f"{name} was not allowed to use {named} (proposer.allow)"})
    return said


def _refuse_unfinished(work: Work, said: Proposal) -> None:
    """Raise what there is to know of an agent that was ended from outside, or never started."""
    name, finished = work.facts.title, work.finished
    if work.reason == "stopped":
        raise ProposerFailed(work.words, said=said)
    lingered = work.heard.done and (work.reason == "idle" or finished.how == "timeout")
    if work.reason == "idle" and not lingered:
        raise Unavailable(f"{name}: {work.words}: its model does not answer", kind="hang", said=said)
    if finished.how in {"timeout", "memory", "processes", "flood"} and not lingered:
        raise ProposerFailed(f"{name}: {finished.detail}", said=said)
    if finished.how == "not_found":
        raise AccessRefused(
            f"{name} cannot be started: {finished.detail}", fix="`autoexp agents` tells what is missing"
        )


def _failed(work: Work, failure: Failure, said: Proposal) -> Exception:
    reason = f"{work.facts.title}: {failure.words}"
    if failure.kind in MENDED_BY_PEOPLE:
        return AccessRefused(reason, fix=_fix(work.facts, failure), said=said)
    if failure.kind in _WEATHER:
        return Unavailable(reason, kind=failure.kind, retry_after_s=failure.retry_after_s, said=said)
    return ProposerFailed(reason, said=said)


def _fix(facts: Facts, failure: Failure) -> str:
    if failure.kind == "no_model":
        return "correct proposer.model: the provider does not know it, or does not give it to you"
    login = f"log in with {facts.program} once" if facts.logins else ""
    key = f"put a valid key into the variable that proposer.api_key_env names ({facts.key})" if facts.key else ""
    return "; or ".join(filter(None, [key, login])) or "see to the key that the agent uses"


def _said(work: Work) -> Proposal:
    words = described(work.heard.text)
    figures = (
        "tokens", "tokens_source", "cost_usd", "cost_source", "requests", "proposer", "model", "program", "wall_s",
    )  # fmt: skip
    return words.model_copy(update={name: getattr(work.used, name) for name in figures})
