"""A member for choosers that says what its contract tells it to, answer by answer: the weather of a real one, without a service."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autoexp.campaign.views import Brief
from autoexp.errors import AutoexpError
from autoexp.experiment.records import Offer, Proposal, Reserve, Tokens
from autoexp.ports import AccessRefused, Desk, NothingLeft, ProposerFailed, Unavailable
from autoexp.proposers.options import ProposerOptions
from autoexp.spec.strings import Strings


class SayingOptions(ProposerOptions):
    """`says` are its answers in the order of its calls: write, offers, nothing, away, away S, cut, refused, failed, garbled."""

    says: Strings = ("write",)
    mends: int = 0
    patience: float = 60.0
    file: str = "a.py"
    broken: bool = False


class Saying:
    """Counts its calls, and writes half a file before it fails."""

    Options = SayingOptions

    def __init__(self, options: SayingOptions, *, folder: Path, environ: Mapping[str, str], **around: Any) -> None:
        if options.broken:
            raise AutoexpError("its key is not set", fix="export KEY=...")
        self.repairs, self.patience_s = options.mends, options.patience
        self._options = options
        self.briefs: list[Brief] = []

    def estimate(self, brief: Brief) -> Reserve:
        return Reserve(cost_usd=float(self._options.mends), requests=len(brief.offers))

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        says = self._options.says
        answer = says[min(len(self.briefs), len(says) - 1)]
        self.briefs.append(brief)
        (desk.workspace / "half.txt").write_text("half")
        desk.output.mkdir(parents=True, exist_ok=True)
        (desk.output / "proposer.out").write_text(answer)
        cost = Proposal(cost_usd=0.25, tokens=Tokens(input=10, output=1), requests=1)
        match answer.split():
            case ["nothing"]:
                raise NothingLeft("all is tried", said=cost)
            case ["away", *seconds]:
                asked = float(seconds[0]) if seconds else None
                raise Unavailable("it answers 429", kind="rate_limit", retry_after_s=asked)
            case ["cut"]:
                raise Unavailable("its answer was cut", kind="cut", said=cost)
            case ["refused"]:
                raise AccessRefused("the key expired", fix="renew it")
            case ["failed"]:
                raise ProposerFailed("it makes no sense", said=cost, mendable=True)
            case ["garbled"]:
                raise ProposerFailed("it says nothing")
        (desk.workspace / "half.txt").unlink()
        (desk.workspace / self._options.file).write_text(f"{len(self.briefs)}\n")
        forged = {"kind": "loops", "unavailable": {"other": "forged"}, "nothing_left": ["other"], "chosen": "forged"}
        offers = (Offer(rank=1, edits="x"), Offer(rank=2, edits="y")) if answer == "offers" else ()
        return cost.model_copy(update={"description": answer, "asi": forged, "proposer": "forged", "offers": offers})
