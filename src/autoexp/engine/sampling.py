"""What every sample goes through, of a baseline, an incumbent or a candidate: the value of the objective, and the noise."""

from collections.abc import Sequence
from dataclasses import replace

from autoexp.campaign.state import Segment
from autoexp.decision.objective import with_objective
from autoexp.experiment.measurement import Sample
from autoexp.experiment.outcome import Outcome
from autoexp.harness.calibrate import Calibration, calibrate
from autoexp.spec.expression import ExpressionError
from autoexp.spec.model import Spec


def valued(spec: Spec, sample: Sample) -> Sample:
    """Add the value of the objective to a measured sample; one that has none becomes a bad_metric that says why."""
    if sample.outcome is not Outcome.MEASURED:
        return sample
    try:
        return sample.model_copy(update={"values": with_objective(spec, sample.values)})
    except ExpressionError as error:
        return sample.model_copy(update={"outcome": Outcome.BAD_METRIC, "values": {}, "detail": str(error)})


def on_channel(segment: Segment, sample: Sample) -> Sample:
    """Take a report only from where the baseline's came from: only the candidate can have changed that."""
    channels = {taken.channel for taken in segment.samples if taken.outcome is Outcome.MEASURED}
    if sample.outcome is not Outcome.MEASURED or not channels or sample.channel in channels:
        return sample
    detail = f"the metrics came by {sample.channel}, and those of the baseline by {' and '.join(sorted(channels))}"
    return sample.model_copy(update={"outcome": Outcome.TAMPERED, "values": {}, "items": {}, "detail": detail})


def calibrated(spec: Spec, samples: Sequence[Sample]) -> Calibration:
    """Judge a baseline: its noise is that of what is shown as `metric`, and it repeats if all that is decided on does."""
    found = [calibrate(samples, criterion.name) for criterion in spec.criteria]
    return replace(found[0], deterministic=all(one.deterministic for one in found))
