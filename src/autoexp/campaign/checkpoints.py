"""Checkpoints: the last confirmed commit, the provisional keeps since then, and what a test of them all changes."""

from collections.abc import Sequence
from itertools import takewhile

from autoexp.campaign import learning
from autoexp.campaign.counting import headline_gain, items_of
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState, Experiment, Incumbent
from autoexp.campaign.stopping import Stop
from autoexp.decision.beliefs import placed
from autoexp.experiment.measurement import Side, measure, rows
from autoexp.experiment.outcome import UNDECIDED
from autoexp.experiment.records import Directive
from autoexp.spec.model import Spec

EVERY = 5
"""Provisional keeps that are tested together."""

UNTESTED_ENDS = frozenset({"user", "error"})
"""A person does not want to wait for a test, and a failing machine cannot make one."""


def due(state: CampaignState, spec: Spec, *, stop: Stop | None = None) -> Directive | None:
    """Give the test that is to be made before anything else. `stop` is the rule that is about to end the campaign, if any.

    Keeps that are not provisional never go on top of untested ones: these are tested first.
    """
    if not state.provisional or state.checkpoint is None or (stop is not None and stop.reason in UNTESTED_ENDS):
        return None
    last_chance = spec.decision.preset != "one-shot" or (state.segment is not None and state.segment.deterministic)
    if stop is None and len(state.provisional) < EVERY and not last_chance:
        return None
    return Directive(operator="confirm", parents=(state.checkpoint.commit,))


def reached(state: CampaignState) -> CampaignState:
    """Take the incumbent as the checkpoint, unless keeps wait for their test."""
    if state.provisional:
        return state
    return replace(state, checkpoint=state.incumbent, checkpoint_gain=state.gain)


def kept(state: CampaignState, experiment: Experiment) -> CampaignState:
    """Take up a keep, which has become the incumbent: it waits for a test if it is provisional, or stands on such keeps."""
    if experiment.provisional or state.provisional:
        return replace(state, provisional=(*state.provisional, experiment.n))
    return reached(state)


def tested(state: CampaignState, test: Experiment) -> CampaignState:
    """Draw the consequence of a test: a new checkpoint, or back to the old one. One without a verdict changes nothing.

    Either way the numbers of the best so far are those of the test, and so is what was gained since the last checkpoint.
    """
    if test.confirmed and test.decision is not None:
        gain = state.checkpoint_gain + headline_gain(state.segment, test.decision)
        incumbent = _measured(state.incumbent, test, Side.CANDIDATE)
        return reached(replace(_settled(state, test), incumbent=incumbent, gain=gain))
    if test.refuted and state.checkpoint is not None:
        settled = _settled(state, test)
        counts = replace(
            state.counts,
            kept=state.counts.kept - len(test.tests),
            discards_in_row=_discards_in_row(settled.experiments),
        )
        return reached(
            replace(
                settled,
                incumbent=_measured(state.checkpoint, test, Side.INCUMBENT),
                gain=state.checkpoint_gain,
                counts=counts,
                beliefs=placed(state.beliefs, rows(test.of_side(Side.INCUMBENT))),
            )
        )
    return state


def _discards_in_row(experiments: Sequence[Experiment]) -> int:
    decided = (one for one in reversed(experiments) if one.outcome not in UNDECIDED and not one.tests)
    return sum(1 for _ in takewhile(lambda one: not one.kept, decided))


def _settled(state: CampaignState, test: Experiment) -> CampaignState:
    """Note at each keep which test settled it. What is taken out was a discard after all."""
    since = tuple(
        replace(one, tested_by=test.n, taken_out=test.refuted, status="discard" if test.refuted else one.status)
        if one.n in test.tests
        else one
        for one in state.experiments[state.firm.count :]
    )
    return learning.settled(replace(state, provisional=()), since)


def _measured(incumbent: Incumbent, test: Experiment, side: Side) -> Incumbent:
    samples = test.of_side(side)
    found = measure(samples)
    return replace(incumbent, measurement=found, items=items_of(samples)) if found.metrics else incumbent
