"""The proposer `choose`: several proposers, one of which is asked for each change.

Who is asked follows from the brief alone (see choosing/rules.py). Where its service is away, or it has nothing left, another member takes
over for that experiment, and the proposal's `asi` says so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from autoexp import briefs
from autoexp.campaign.tallies import Tally
from autoexp.campaign.views import Brief
from autoexp.errors import AutoexpError, ContractError
from autoexp.experiment.records import Proposal, Reserve
from autoexp.ports import AccessRefused, Desk, NothingLeft, Proposer, ProposerFailed, Unavailable
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.choosing.members import Member
from autoexp.proposers.choosing.options import ChooseOptions
from autoexp.proposers.choosing.rules import Choice, choose
from autoexp.proposers.choosing.telling import Absent, none_serves, paid, told

_ASIDE = "asked-"
"""How folders begin that hold what members printed that were asked and did not propose."""
_PATIENCE_S = 86_400.0
"""What the engine takes for a proposer that does not say how long to wait for its service."""


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
        self._nothing: tuple[tuple[int, int, bool], dict[str, NothingLeft]] = ((-1, -1, False), {})

    @staticmethod
    def hosts(options: ChooseOptions) -> tuple[str, ...]:
        """Give the places that the members have to reach."""
        asked = ((getattr(member.plugin, "hosts", None), member.options) for member in options.among)
        return tuple(dict.fromkeys(host for ask, own in asked if ask is not None for host in ask(own)))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give the values of the members' keys and logins."""
        return tuple(value for member in self._members.values() for value in getattr(member, "secrets", ()))

    def reclaim(self, home: Path) -> None:
        """Let the members take back what must not be lost of a home that a killed session left."""
        for member in self._members.values():
            if (ask := getattr(member, "reclaim", None)) is not None:
                ask(home)

    def repairs_of(self, name: str) -> int:
        """Give how often the member of that name may be asked to mend its change."""
        return int(getattr(self._members.get(name), "repairs", 0))

    def estimate(self, brief: Brief) -> Reserve | None:
        """Give what the member that will be asked expects to use; None where it cannot tell."""
        found = choose(brief, self._policy)
        chosen = next(iter(found.order), "")
        ask = getattr(self._members.get(chosen), "estimate", None)
        reserve: Reserve | None = ask(_own(brief, chosen, found)) if ask is not None else None
        return reserve

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
        absent = Absent(nothing=self._said_before(brief))
        before = ""
        for name in (*found.order, *found.spent):
            if name in absent.nothing or (name in found.spent and absent.away):
                continue
            if before:
                if self._stop is not None and self._stop():
                    raise ProposerFailed("stopped", said=paid(absent))
                _clear(desk, before)
            said = self._asked(name, _own(brief, name, found), desk, found, absent)
            if said is not None:
                return said
            before = name
        raise none_serves(absent)

    def _said_before(self, brief: Brief) -> dict[str, NothingLeft]:
        """Give who said that nothing is left when asked for this very change: while others are waited for, nobody pays for that again."""
        moment = (brief.seed, brief.position, brief.repair is not None)
        if self._nothing[0] != moment:
            self._nothing = (moment, {})
        return self._nothing[1]

    def _asked(self, name: str, brief: Brief, desk: Desk, found: Choice, absent: Absent) -> Proposal | None:
        """Ask one member, with its own brief. None when it cannot serve or has nothing left, which is noted."""
        desk.brief_json.write_text(json.dumps(briefs.as_json(brief)), encoding="utf-8")
        desk.brief_md.write_text(briefs.as_markdown(brief), encoding="utf-8")
        try:
            return told(self._members[name].propose(brief, desk), name, found, absent)
        except NothingLeft as left:
            absent.nothing[name] = left
        except (Unavailable, AccessRefused) as away:
            absent.away[name] = away
        except ProposerFailed as failed:
            if self._stop is not None and self._stop():
                failed.said = paid(absent, failed.said)
                raise
            said = told(failed.said or Proposal(), name, found, absent)
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
            where = error.where.removeprefix("proposer.")
            inside = not error.where or where != error.where
            place = f"proposer.among.{i}.{where}".rstrip(".") if inside else error.where
            raise AutoexpError(error.what, where=place, fix=error.fix) from error
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
