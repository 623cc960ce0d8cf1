"""The notes of an experiment (asi) as they are read: what its proposer said, and what can be told without it. Nothing is stored twice."""

from typing import Any

from autoexp.campaign.experiments import Experiment

LONGEST_REASON, MOST_LINES = 500, 3
"""Letters of a reason; of more lines, as a traceback has, the first and the last one are told."""


def asi_of(experiment: Experiment) -> dict[str, Any]:
    """Give the notes, with the hypothesis of the proposal and the reason why it was not kept, where these are missing."""
    proposal = experiment.proposal
    if proposal is None or experiment.tests:
        return {}
    more: dict[str, Any] = {}
    if proposal.hypothesis:
        more["hypothesis"] = proposal.hypothesis
    if reason := rollback_reason(experiment):
        more["rollback_reason"] = reason
    return {**proposal.asi, **{name: text for name, text in more.items() if not proposal.asi.get(name)}}


def rollback_reason(experiment: Experiment) -> str:
    """Say why an experiment was not kept; empty when it was, while it is open, and where nobody knows."""
    if experiment.kept or not experiment.outcome or experiment.tests:
        return ""
    text = next(iter(experiment.reasons), "") or experiment.detail
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    line = " … ".join([lines[0], lines[-1]] if len(lines) > MOST_LINES else lines)
    return line if len(line) <= LONGEST_REASON else "…" + line[1 - LONGEST_REASON :]
