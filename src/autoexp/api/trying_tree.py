"""try: what the loop would say to the user's own change. It is measured and judged as a candidate, and nothing of it is recorded."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autoexp.api.contracts import sound_contract
from autoexp.api.places import Place
from autoexp.campaign.events import Noted, Record, SessionOpened
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.rows import primary_of
from autoexp.campaign.state import CampaignState
from autoexp.engine.lost import refuse_lost
from autoexp.engine.neighbours import busy_note
from autoexp.engine.trying.session import Tried, try_out
from autoexp.errors import CampaignError
from autoexp.experiment.measurement import Side, measure
from autoexp.experiment.records import NEEDS_REVIEW
from autoexp.stores.journal import is_locked
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.repository import Repository

_ANSWER = "`autoexp accept "
"""Begins the reason that tells how a person answers; of what is not on record nobody can."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric on both sides: means, None where a side has none. `fresh` tells that the best so far was measured again beside the change."""

    name: str
    unit: str
    role: str
    change: float | None
    best: float | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a candidate with the same change would have got. `status` is that of an experiment, `unclear` when the runs did not do, empty without a change.

    `against` is the commit that it was measured on top of: experiment `n` of the campaign, or its baseline when that is 0. `effect` is a
    fraction of the baseline, positive = better; of an unclear one that of the runs so far. Paths `behind` are what the campaign has kept and the checkout lacks.
    """

    tag: str
    what: str
    against: str
    n: int
    campaign: bool
    status: str = ""
    would_be_kept: bool = False
    needs_review: bool = False
    effect: float | None = None
    figures: tuple[Figure, ...] = ()
    runs: dict[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    evidence: dict[str, float] = field(default_factory=dict)
    detail: str = ""
    paths: tuple[str, ...] = ()
    lines_added: int = 0
    lines_removed: int = 0
    not_measured: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)


def try_tree(
    place: Place,
    *,
    n: int | None = None,
    runs: int | None = None,
    anyway: bool = False,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    allow_unsandboxed: bool = False,
) -> Verdict:
    """Measure the working tree as it is, or the change of experiment `n`, against the best so far, in at most so many `runs`.

    Raises AutoexpError, also while an engine works on the campaign, unless it is measured `anyway`; KeyboardInterrupt after a signal.
    """
    contract = sound_contract(place, environ=environ, proposes="no", goes_on=True)
    tag = contract.spec.name if place.tag is None else place.tag
    repository = Repository.open(place.folder)
    try:
        folder = CampaignFolder(repository.common_dir, tag)
        refuse_lost(folder, repository)
        if is_locked(folder.path) and not anyway:
            raise CampaignError(
                f"the campaign {tag} is running: its measurements and these would disturb each other",
                where=str(folder.path),
                fix="wait for its end or `autoexp stop` it; or --anyway, where timing does not matter",
            )
        if note := busy_note(repository.common_dir, tag):
            tell(f"note: {note}")
        campaign = folder.journal.exists()
        tried = try_out(
            contract,
            repository,
            tag,
            n=n,
            runs=runs,
            environ=environ,
            observer=_Telling(tell),
            allow_unsandboxed=allow_unsandboxed,
        )
    finally:
        repository.close()
    return _verdict(tried, tag, campaign=campaign)


class _Telling:
    """An observer that tells the steps, and what a reader of a record would be told."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Tell what is news."""
        del state
        if isinstance(record.event, SessionOpened) and record.event.notice:
            self._tell(record.event.notice)
        if isinstance(record.event, Noted):
            self._tell(f"note: {record.event.text}")

    def working(self, text: str) -> None:
        """Tell the step; the number of the experiment that it is not is left out."""
        before, _, step = text.partition(": ")
        self._tell(step if step and before.startswith("experiment ") else text)


def _verdict(tried: Tried, tag: str, *, campaign: bool) -> Verdict:
    state, experiment = tried.state, tried.experiment
    begun = Verdict(
        tag=tag,
        what=tried.wanted.what,
        against=state.incumbent.commit,
        n=state.incumbent.n,
        campaign=campaign,
        not_measured=tried.wanted.elsewhere,
        behind=tried.wanted.behind,
    )
    return begun if experiment is None or experiment.candidate is None else _judged(begun, tried, experiment)


def _judged(begun: Verdict, tried: Tried, experiment: Experiment) -> Verdict:
    decision, candidate = experiment.decision, experiment.candidate
    sides = {side.value: len(experiment.of_side(side)) for side in (Side.CANDIDATE, Side.INCUMBENT)}
    if experiment.holdout is not None:
        sides["holdout"] = len(experiment.holdout.samples)
    more = {
        "status": experiment.ruled_status if tried.judged else "unclear",
        "would_be_kept": experiment.kept,
        "needs_review": decision is not None and NEEDS_REVIEW in decision.flags,
        "effect": _effect_so_far(tried.state, experiment)
        if not tried.judged
        else decision.effect
        if decision
        else None,
        "figures": tuple(_figures(tried.state, experiment)),
        "runs": sides,
        "reasons": tuple(one for one in decision.reasons if not one.startswith(_ANSWER)) if decision else (),
        "evidence": decision.evidence if decision else {},
        "detail": experiment.detail,
        "paths": candidate.paths if candidate else (),
        "lines_added": candidate.lines_added if candidate else 0,
        "lines_removed": candidate.lines_removed if candidate else 0,
    }
    return Verdict(**{**{name: getattr(begun, name) for name in Verdict.__slots__}, **more})


def _effect_so_far(state: CampaignState, experiment: Experiment) -> float | None:
    """Compare the means of the runs that there are, as a fraction of the baseline; None where a side has none, or the baseline is 0."""
    segment = state.segment
    name = primary_of(state)
    figure = next((one for one in _figures(state, experiment) if one.name == name), None)
    if segment is None or segment.headline is None or segment.baseline is None or figure is None:
        return None
    base = segment.baseline.measurement.means().get(name)
    if figure.change is None or figure.best is None or not base:
        return None
    better = figure.best - figure.change if segment.headline.direction == "lower" else figure.change - figure.best
    return better / abs(base)


def _figures(state: CampaignState, experiment: Experiment) -> list[Figure]:
    """Give what the contract names, the metric that is decided on first; nothing where no run passed."""
    segment = state.segment
    ours = measure(experiment.of_side(Side.CANDIDATE)).means()
    if segment is None or not ours:
        return []
    fresh = measure(experiment.of_side(Side.INCUMBENT)).means()
    theirs = fresh or state.incumbent.measurement.means()
    primary, headline = primary_of(state), segment.headline
    named = {name: section for name, section in segment.spec["metrics"].items() if name in ours and name != primary}
    return [
        Figure(
            primary, headline.unit if headline else "", "primary", ours.get(primary), theirs.get(primary), bool(fresh)
        ),
        *(
            Figure(name, one.get("unit") or "", one.get("role") or "", ours[name], theirs.get(name), bool(fresh))
            for name, one in named.items()
        ),
    ]
