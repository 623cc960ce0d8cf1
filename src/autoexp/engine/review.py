"""What a would-be keep meets after its samples and checks: the holdout, and a look for what honest changes rarely bring."""

from autoexp.campaign.evidence import evidence_for
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.learning import numbered
from autoexp.decision.plausibility import added_lines, suspicions
from autoexp.decision.review import reviewed
from autoexp.engine.holding import Failure, hold_out
from autoexp.engine.taking import take, taken
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision
from autoexp.workspaces.changes import EXECUTABLE

LONGEST_READ = 4 << 20
"""Letters of a diff that are looked at: a search through more takes minutes, and whoever adds more may well be asked why."""


def review(shop: Workshop, n: int, candidate: Candidate, decision: Decision) -> Decision | Failure:
    """Give the last word on a ruling; only a would-be keep of a single experiment is looked at again."""
    opened = shop.state.open
    if decision.verdict is not Verdict.KEEP or opened is None or opened.tests:
        return decision
    passed = None
    if shop.spec.harness.holdout is not None:
        with shop.faults.around("holdout", n):
            answer = hold_out(shop, n, candidate, decision)
        if not isinstance(answer, bool):
            return answer
        passed = answer
    is_known = opened.directive.takes_out  # a person asked for it, and the lines were there before
    figures, change = ((), ()) if is_known else (_odd_figures(shop, n, candidate), _odd_change(shop, candidate))
    return reviewed(
        decision,
        evidence_for(shop.state, shop.spec),
        n=n,
        passed=passed,
        odd=(*figures, *change),
        unanswered=() if _apart(shop) else change,
        accepted=_accepted(shop, opened.directive.of),
    )


def _apart(shop: Workshop) -> bool:
    """Tell whether the holdout kept the candidate out of its own process: what runs in there can forge its number, too."""
    run = shop.state.open.holdout if shop.state.open else None
    return run is not None and bool(run.samples) and all(sample.channel == "kit" for sample in run.samples)


def _accepted(shop: Workshop, of: int | None) -> str:
    found = numbered(shop.state, of)
    return found.review.why if found and found.review else ""


def _odd_figures(shop: Workshop, n: int, candidate: Candidate) -> tuple[str, ...]:
    """Say what is odd about the numbers of a candidate. What is odd beside old runs of the best so far is held against a fresh one."""
    opened = shop.state.open
    if opened is None:
        return ()
    found = _odd_beside(shop, opened.of_side(Side.INCUMBENT) or _kept_with(shop, opened))
    if not found or opened.of_side(Side.INCUMBENT) or shop.stop():
        return found
    take(shop, n, Side.INCUMBENT, candidate)
    fresh = taken(shop, Side.INCUMBENT)
    return _odd_beside(shop, fresh) if all(one.outcome is Outcome.MEASURED for one in fresh) else found


def _odd_beside(shop: Workshop, incumbent: tuple[Sample, ...]) -> tuple[str, ...]:
    ours = taken(shop, Side.CANDIDATE)
    return suspicions(spec=shop.spec, added=(), new_paths=(), candidate=ours, incumbent=incumbent)


def _odd_change(shop: Workshop, candidate: Candidate) -> tuple[str, ...]:
    """Say what is odd about the lines and the files of a candidate."""
    changes = shop.repository.changed(candidate.parent, candidate.commit)
    new = [change for change in changes if change.old is None]
    diff = shop.repository.text_diff(candidate.parent, candidate.commit)
    unread = f"the change is longer than {LONGEST_READ >> 20} MB: the rest of its lines was not read"
    found = suspicions(
        spec=shop.spec,
        added=added_lines(diff[:LONGEST_READ]),
        new_paths=[change.path for change in new],
        executable=[change.path for change in new if change.new is not None and change.new.mode == EXECUTABLE],
        tree=frozenset(shop.repository.paths(candidate.parent)) if new else frozenset(),
        candidate=(),
        incumbent=(),
    )
    return (*found, unread) if len(diff) > LONGEST_READ else found


def _kept_with(shop: Workshop, opened: Experiment) -> tuple[Sample, ...]:
    """Give the runs that the best so far was kept with, where this experiment took none of it; those of another segment are none."""
    best = numbered(shop.state, shop.state.incumbent.n)
    if best is not None and best.segment == opened.segment:
        return best.of_side(Side.CANDIDATE)
    return tuple(sample for sample in shop.segment.samples if sample.side is Side.BASELINE)
