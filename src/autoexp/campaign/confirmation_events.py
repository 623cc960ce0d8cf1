"""The facts of a journal that tell how what was kept is measured again: the holdout at the end, and confirmations."""

from typing import Literal

from autoexp.experiment.confirmation import Ablation, Arm, Interval
from autoexp.experiment.measurement import Sample
from autoexp.experiment.records import Value


class HeldOutAtEnd(Value):
    """The runs of the holdout as a rule ended the campaign: of its baseline, on the side `baseline`, and of the best so far.

    `n` is the experiment that made the best so far. `gain` is what showed, `claimed` what the keeps together had shown, both as a fraction of
    the baseline (None where that is 0); `passed` is None when it gave no answer.
    """

    event: Literal["holdout_end"] = "holdout_end"
    n: int
    segment: int
    baseline: str
    commit: str
    samples: tuple[Sample, ...] = ()
    claimed: float | None = None
    gain: float | None = None
    passed: bool | None = None
    detail: str = ""


class ConfirmationBegun(Value):
    """Confirmation `c` begins: fresh runs of these trees in random order, round by round, by the holdout or, with fresh seeds, by the harness.

    `pairs` is how many rounds the gain takes, and `enough` as many do where no tree gives two values; `cap` is how many rounds the ablation may
    take, `alpha` the share of false claims that it may make, `worth` the gain below which a keep adds nothing that would matter. `n` is the
    experiment that made the best so far; keeps that are `entangled` have no tree without them.
    """

    event: Literal["confirmation"] = "confirmation"
    c: int
    segment: int
    arms: tuple[Arm, ...]
    source: Literal["holdout", "harness"]
    pairs: int
    seed: int
    alpha: float = 0.1
    n: int = 0
    enough: int | None = None
    cap: int = 0
    level: float = 0.95
    worth: float = 0.03
    entangled: tuple[Ablation, ...] = ()


class ConfirmationRun(Value):
    """One run of confirmation `c`: of the arm with index `arm`, in a round that counts from 0."""

    event: Literal["confirmation_run"] = "confirmation_run"
    c: int
    arm: int
    round: int
    sample: Sample


class ConfirmationEnded(Value):
    """What confirmation `c` found; `gain` is None where it gave no answer, and `detail` says why."""

    event: Literal["confirmed"] = "confirmed"
    c: int
    gain: Interval | None = None
    ablations: tuple[Ablation, ...] = ()
    detail: str = ""
