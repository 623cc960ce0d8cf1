"""One run of the harness in an experiment, put on record."""

from autoexp.campaign.events import SampleTaken
from autoexp.engine.sampling import on_channel, valued
from autoexp.engine.seeds import sample_seed
from autoexp.engine.workshop import Workshop
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.records import Candidate


def take(shop: Workshop, n: int, side: Side, candidate: Candidate) -> None:
    """Run the harness once more on a side of experiment n."""
    i = len(taken(shop, side))
    commit = candidate.commit if side is Side.CANDIDATE else candidate.parent
    shop.observer.working(f"experiment {n}: measuring the {side.value}, sample {i + 1}")
    with shop.faults.around("sample", n):
        run = shop.executor.sample(commit, side, n=n, i=i, seed=sample_seed(shop.state, shop.spec, i))
        sample = valued(shop.spec, on_channel(shop.segment, run))
        if side is Side.CANDIDATE and sample.outcome is Outcome.MEASURED:
            sample = sample.model_copy(update={"values": {**sample.values, "diff_lines": float(candidate.diff_lines)}})
        shop.record(SampleTaken(n=n, sample=sample))


def taken(shop: Workshop, side: Side) -> tuple[Sample, ...]:
    """Give the runs of a side that are on record of the open experiment."""
    return shop.state.open.of_side(side) if shop.state.open else ()
