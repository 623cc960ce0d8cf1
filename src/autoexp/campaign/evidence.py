"""What the state says about the open experiment: all that a ruling may look at, and nothing that a journal does not hold."""

from collections.abc import Iterable

from autoexp.campaign.state import CampaignState
from autoexp.decision.case import Evidence
from autoexp.experiment.measurement import Sample, Side, items, rows
from autoexp.experiment.outcome import Outcome
from autoexp.spec.model import Spec


def evidence_for(state: CampaignState, spec: Spec) -> Evidence:
    """Give the evidence on the open experiment. Same state and spec, same evidence, so a ruling can be checked later.

    Raises ValueError while no segment or no experiment with a candidate is open.
    """
    segment, experiment, incumbent = state.segment, state.open, state.incumbent
    if segment is None or experiment is None or experiment.candidate is None:
        msg = "there is evidence on an open experiment with a candidate only"
        raise ValueError(msg)
    ours, theirs = experiment.of_side(Side.CANDIDATE), experiment.of_side(Side.INCUMBENT)
    return Evidence(
        spec=spec,
        candidate=rows(ours),
        incumbent=rows(theirs),
        stored=incumbent.measurement.means(),
        baseline=state.primary_baseline.means(),
        gain=state.checkpoint_gain if experiment.tests else state.gain,
        deterministic=segment.deterministic,
        noise=segment.baseline.noise if segment.baseline else None,
        stored_spread=incumbent.measurement.metrics,
        baseline_spread=state.primary_baseline.metrics,
        beliefs=state.beliefs,
        horizon=segment.spec.get("budget", {}).get("experiments"),
        net_lines=experiment.candidate.net_lines,
        candidate_items=items(ours),
        incumbent_items=items(theirs),
        stored_items=incumbent.items,
        checkpoint=bool(experiment.tests),
        disturbed=(_disturbed(ours), _disturbed(theirs)),
    )


def _disturbed(samples: Iterable[Sample]) -> int:
    return sum(sample.outcome is Outcome.MEASURED and "disturbed" in sample.flags for sample in samples)
