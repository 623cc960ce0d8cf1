"""Audit `unarmed-checks`: small mistakes are put into the target. Do checks, guards and the harness notice those that change its answers?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from autoexp.harness.audits.attempts import attempt, gain, margin
from autoexp.harness.audits.finding import Figure, Finding
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.kinds import programs
from autoexp.harness.audits.mutants import Mutant, Watched, mutants, watch
from autoexp.harness.audits.mutants.watching import told_by

NAME = "unarmed-checks"
MOST = 12
"""Mutants that are tried."""
ENOUGH = 6
"""Mutants that count, after which more would not change the answer, if all are noticed, or none is."""
FEWEST = 2
BOUND, BLIND_BOUND = 0.65, 0.5
"""The share of mistakes that has to be noticed: sound contracts notice all but one or two of twelve, one without checks those that crash.

It is lower where nobody knows whether an answer changed, for some mistakes are none.
"""
NAMED = 4


@dataclass(slots=True)
class _Score:
    """What became of the mutants so far."""

    tried: int = 0
    noticed: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return self.noticed + len(self.survivors)

    @property
    def share(self) -> float:
        return self.noticed / self.counted

    @property
    def is_clear(self) -> bool:
        return self.counted >= ENOUGH and self.share in {0.0, 1.0}


def unarmed_checks(ground: Ground) -> Iterator[Finding]:
    """Tell when too few of the mutants that give other answers are noticed."""
    if not programs(ground):
        return
    watched = watch(ground)
    score = _tried(ground, watched)
    if score.counted:
        ground.figure(_figure(score))
    if score.counted < FEWEST or score.share >= (BOUND if watched else BLIND_BOUND):
        return
    named = "; ".join(mutant.words for mutant in score.survivors[:NAMED])
    how = "changed what the target answers" if watched else "was put into the target"
    yield Finding(
        audit=NAME,
        what=f"of {score.counted} small mistakes, {len(score.survivors)} passed: the run, its guards and the checks let wrong answers through",
        evidence=f"each of these {how}, and nothing objected: {named}",
        fix="compare answers with known right ones in harness.checks, on inputs that reach these lines, or by a guard on a metric that the "
        "harness prints (correct: {role: guard, equals: 1})",
    )


def _tried(ground: Ground, watched: Watched | None) -> _Score:
    score = _Score()
    for mutant, edits in mutants(ground, watched):
        if score.tried >= MOST or score.is_clear or ground.left_s() < 2 * (ground.sample_s + ground.checks_s):
            break
        score.tried += 1
        ground.tell(f"mutant {score.tried}: {mutant.words}")
        _judge(ground, watched, score, mutant, edits())
    return score


def _judge(ground: Ground, watched: Watched | None, score: _Score, mutant: Mutant, edits: Edits) -> None:
    """Count a mutant that is noticed, or that passes though it gives other answers; the rest may well be as good as HEAD."""
    made = attempt(ground, edits, checked=False)
    if made.noticed:
        score.noticed += ground.left_s() > 0  # a run may have been cut short for lack of time
        return
    if watched is not None and not watched.differs(told_by(ground, made)):
        return
    better = gain(ground, made.sample, against=watched.sample if watched else None)
    if attempt(ground, edits).noticed or better < -margin(ground):
        score.noticed += 1
    elif watched is not None or better > margin(ground) or not ground.deterministic:
        score.survivors.append(mutant)


def _figure(score: _Score) -> Figure:
    words = (
        f"{score.noticed} of {score.counted} mistakes were noticed ({score.tried} tried, the others changed no answer)"
    )
    values = {"score": score.share, "noticed": score.noticed, "counted": score.counted, "tried": score.tried}
    passed = "".join(f"; passed: {mutant.words}" for mutant in score.survivors[:NAMED])
    return Figure(NAME, f"{words}{passed}", values)
