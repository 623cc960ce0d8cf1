"""The proposer `choose`: several proposers, one of which is asked for each change.

Who is asked follows from the brief alone (see choosing/rules.py). Where its service is away, or it has nothing left, another member takes
over for that experiment, and the proposal's `asi` says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import Field, model_validator

from autoexp import briefs
from autoexp.campaign.counting import plus
from autoexp.campaign.tallies import NOTHING_LEFT, UNAVAILABLE, Tally
from autoexp.campaign.views import Brief
from autoexp.errors import AutoexpError, ContractError
from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, Desk, NothingLeft, Proposer, ProposerFailed, Unavailable
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.choosing.members import Among, Member, Place, refused
from autoexp.proposers.choosing.rules import By, Choice, Policy, choose
from autoexp.proposers.options import ProposerOptions

CHOSEN = "chosen"
"""Key of `asi` that tells why a member was asked."""
_WHY_CUT = 300
_ASIDE = "asked-"
"""How folders begin that hold what members printed that were asked and did not propose."""
_PATIENCE_S = 86_400.0
"""What the engine takes for a proposer that does not say how long to wait for its service."""


class ChooseOptions(ProposerOptions):
    """Keys of `proposer: {kind: choose}`."""

    among: tuple[Among, ...]
    by: By | None = None
    explore: str = ""
    validator: str = Field("", alias="validate")

    @model_validator(mode="after")
    def _agree(self) -> "ChooseOptions":
        faults = [*_wrong_names(self.among), *_pair(self), *_weights_in_vain(self)]
        if faults:
            raise refused(*faults)
        return self

    @property
    def policy(self) -> Policy:
        """Give what the rules need."""
        weights = {member.name: member.weight or 1.0 for member in self.among}
        return Policy(weights, by=self.by or "weights", explore=self.explore, validate=self.validator)


def _wrong_names(among: Sequence[Member]) -> list[tuple[Place, str]]:
    if not among:
        return [(("among",), "name at least one proposer, for example [{kind: command, command: ./propose.sh}]")]
    names = [member.name for member in among]
    return [
        (("among", i), f"a second member is called {name}; give each a name of its own")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def _pair(options: ChooseOptions) -> list[tuple[Place, str]]:
    """Refuse names of nobody, one of the pair without the other, and a second rule beside the pair."""
    names = [member.name for member in options.among]
    asked = {"explore": options.explore, "validate": options.validator}
    faults: list[tuple[Place, str]] = [
        ((key,), f"{name} is no member; members are {', '.join(names)}")
        for key, name in asked.items()
        if name and name not in names
    ]
    missing = [key for key, name in asked.items() if not name]
    if len(missing) == 1:
        given = next(key for key in asked if key not in missing)
        faults.append(((given,), f"it needs {missing[0]} beside it: one member explores, another validates"))
    if not missing and options.explore == options.validator:
        faults.append((("validate",), "another member than the one that explores is expected"))
    if not missing and options.by is not None:
        faults.append((("by",), "explore and validate say who proposes; remove this key, or those two"))
    return faults


def _weights_in_vain(options: ChooseOptions) -> list[tuple[Place, str]]:
    if options.by != "cost-aware" and not (options.explore and options.validator):
        return []
    return [
        (("among", i, "weight"), "weights count only with by: weights; remove it")
        for i, member in enumerate(options.among)
        if member.weight is not None
    ]


class ChooseProposer:
    """Asks the member that the rules choose, and the next one where it cannot serve."""

    Options = ChooseOptions
    chooses = True

    def __init__(
        self,
        options: ChooseOptions,
        *,
        folder: Path,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
        cell: Cell | None = None,
    ) -> None:
        """Build the members. Raises ContractError or AutoexpError with what a member refuses, at its place among them."""
        self._policy = options.policy
        self._stop = stop
        built = _built(options.among, folder=folder, environ=environ, stop=stop, cell=cell)
        self._members = built
        self.repairs = max(int(getattr(member, "repairs", 0)) for member in built.values())
        self.patience_s = max(float(getattr(member, "patience_s", _PATIENCE_S)) for member in built.values())
        self._nothing: tuple[tuple[int, int], dict[str, NothingLeft]] = ((-1, -1), {})

    def repairs_of(self, name: str) -> int:
        """Give how often the member of that name may be asked to mend its change."""
        return int(getattr(self._members.get(name), "repairs", 0))

    def estimate(self, brief: Brief) -> Any:
        """Give what the member that will be asked expects to use; None where it cannot tell."""
        found = choose(brief, self._policy)
        chosen = next(iter(found.order), "")
        ask = getattr(self._members.get(chosen), "estimate", None)
        return ask(_own(brief, chosen, found)) if ask is not None else None

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Let one member propose.

        Raises what it raises; NothingLeft when that is so of all members, and Unavailable (the one that is to be asked again soonest) or else
        AccessRefused when none of them can serve.
        """
        found = choose(brief, self._policy)
        if not found.order and not found.spent:
            raise ProposerFailed(
                f"there is no member {brief.repair.proposer if brief.repair else ''} to mend its change"
            )
        nothing = self._said_before(brief)
        away: dict[str, Unavailable | AccessRefused] = {}
        before = ""
        for name in (*found.order, *found.spent):
            if name in nothing or (name in found.spent and away):
                continue
            if before:
                if self._stop is not None and self._stop():
                    raise ProposerFailed("stopped")
                _clear(desk, before)
            said = self._asked(name, _own(brief, name, found), desk, nothing, away)
            if said is not None:
                return _told(said, name, found, nothing, away)
            before = name
        raise _none_serves(nothing, away)

    def _said_before(self, brief: Brief) -> dict[str, NothingLeft]:
        """Give who said that nothing is left when asked for this very experiment: while others are waited for, nobody pays for that again."""
        moment = (brief.seed, brief.position)
        if self._nothing[0] != moment:
            self._nothing = (moment, {})
        return self._nothing[1]

    def _asked(
        self,
        name: str,
        brief: Brief,
        desk: Desk,
        nothing: dict[str, NothingLeft],
        away: dict[str, Unavailable | AccessRefused],
    ) -> Proposal | None:
        """Ask one member, with its own brief. None when it cannot serve or has nothing left, which is noted."""
        desk.brief_json.write_text(json.dumps(briefs.as_json(brief)), encoding="utf-8")
        desk.brief_md.write_text(briefs.as_markdown(brief), encoding="utf-8")
        try:
            return self._members[name].propose(brief, desk)
        except NothingLeft as left:
            nothing[name] = left
        except (Unavailable, AccessRefused) as absent:
            away[name] = absent
        except ProposerFailed as failed:
            if self._stop is not None and self._stop():
                raise
            said = _signed(failed.said or Proposal(), name)
            raise ProposerFailed(str(failed), said=said, outcome=failed.outcome, mendable=failed.mendable) from failed
        return None


def _clear(desk: Desk, before: str) -> None:
    """Make the desk ready for the next member: the copy as it was, and what `before` printed put aside."""
    if desk.fresh is not None:
        desk.fresh()
    files = [path for path in desk.output.glob("*") if not path.name.startswith(_ASIDE)]
    if files:
        target = desk.output / (_ASIDE + "".join(letter if letter.isalnum() else "-" for letter in before))
        target.mkdir(exist_ok=True)
        for path in files:
            path.replace(target / path.name)


def _built(among: Sequence[Member], **around: Any) -> dict[str, Proposer]:
    """Build the members, and tell the mistakes of all of them at once."""
    built, problems = {}, []
    for i, member in enumerate(among):
        try:
            built[member.name] = cast("Proposer", member.plugin(member.options, **around))
        except ContractError as error:
            for problem in error.problems:
                key = problem.key.removeprefix("proposer.")
                inside = key != problem.key
                problems.append(replace(problem, key=f"proposer.among.{i}.{key}") if inside else problem)
        except AutoexpError as error:
            raise AutoexpError(error.what, where=error.where or f"proposer.among.{i}", fix=error.fix) from error
    if problems:
        raise ContractError(problems)
    return built


def _own(brief: Brief, name: str, found: Choice) -> Brief:
    """Give the brief as a member reads it: with what is asked of it alone, its own `position`, and no hypotheses that others were paid for."""
    offers = tuple(offer for offer in brief.offers if offer.proposer == name)
    task = found.tasks.get(name)
    return replace(
        brief,
        position=brief.tallies.get(name, Tally()).attempts,
        offers=offers,
        hints=(*brief.hints, task) if task else brief.hints,
    )


def _signed(said: Proposal, name: str) -> Proposal:
    """Put a member's name to what it said; what a chooser says in `asi` is its own."""
    asi = {key: value for key, value in said.asi.items() if key not in {CHOSEN, UNAVAILABLE, NOTHING_LEFT}}
    offers = tuple(offer.model_copy(update={"proposer": name}) for offer in said.offers)
    return said.model_copy(update={"proposer": name, "asi": asi, "offers": offers})


def _told(
    said: Proposal,
    name: str,
    found: Choice,
    nothing: Mapping[str, NothingLeft],
    away: Mapping[str, Unavailable | AccessRefused],
) -> Proposal:
    """Say why this member proposed, and who could not; what it cost to hear that is paid here."""
    said = _signed(said, name)
    notes: dict[str, Any] = {CHOSEN: found.why if (name,) == found.order[:1] else f"took over ({found.why})"}
    if away:
        notes[UNAVAILABLE] = {other: _why(absent) for other, absent in away.items()}
    if nothing or found.spent:
        notes[NOTHING_LEFT] = sorted({*nothing, *found.spent} - {name})
    for left in nothing.values():
        if left.said is not None:
            said = _with_costs(said, left.said)
    return said.model_copy(update={"asi": {**said.asi, **notes}})


def _why(absent: Unavailable | AccessRefused) -> str:
    text = f"{absent} ({absent.fix})" if isinstance(absent, AccessRefused) else str(absent)
    return text[:_WHY_CUT]


def _with_costs(said: Proposal, other: Proposal) -> Proposal:
    """Add what another member used to say that it has nothing left."""
    tokens = {kind: plus(getattr(said.tokens, kind), getattr(other.tokens, kind)) for kind in Tokens.model_fields}
    return said.model_copy(
        update={
            "tokens": Tokens(**tokens),
            "cost_usd": plus(said.cost_usd, other.cost_usd),
            "requests": plus(said.requests, other.requests),
        }
    )


def _none_serves(nothing: Mapping[str, NothingLeft], away: Mapping[str, Unavailable | AccessRefused]) -> Exception:
    """Give what is to be raised when no member proposed: wait if waiting may help, else mend, else there is nothing left."""
    told = [f"{name}: {text}" for name, text in {**away, **nothing}.items()]
    text = "; ".join(told) if len(told) > 1 else told[0].partition(": ")[2]
    waiting = [absent for absent in away.values() if isinstance(absent, Unavailable)]
    if waiting:
        soonest = min(waiting, key=_asked_for)
        return Unavailable(text, kind=soonest.kind, retry_after_s=soonest.retry_after_s)
    refusals = [absent for absent in away.values() if isinstance(absent, AccessRefused)]
    if refusals:
        return AccessRefused(text, fix="; ".join(dict.fromkeys(absent.fix for absent in refusals)))
    said = None
    for left in nothing.values():
        if left.said is not None:
            said = left.said if said is None else _with_costs(said, left.said)
    ended = NothingLeft(text)
    ended.said = said
    return ended


def _asked_for(absent: Unavailable) -> float:
    return float("inf") if absent.retry_after_s is None else absent.retry_after_s
