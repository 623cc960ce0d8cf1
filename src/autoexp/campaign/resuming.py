"""An experiment that another session left open: whether its measurement may go on, and with which of its samples."""

from collections.abc import Iterable

from autoexp.campaign.events import Continued, Record
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.interruptions import is_unmended
from autoexp.campaign.replacing import replace
from autoexp.campaign.state import CampaignState
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome

LONGEST_PAUSE_S = 600.0
"""After a longer pause nobody knows what the machine did meanwhile, and what was measured before says too little about now."""
MOST_PAUSES = 5
"""An experiment that was taken up so often is not taken up again: its change may be what ends the process."""
LEAP_S = 5.0
"""A wall clock that moved so much more than the machine was awake: it slept, or its clock was set."""
NO_BOOT = "unknown"


def hindrance(state: CampaignState) -> str:
    """Say why the open experiment cannot go on; empty when nothing in the record is in the way."""
    opened = state.open
    if opened is None or opened.candidate is None:
        return "it had no change yet"
    if opened.proposal is None and not opened.tests:
        return "its proposal was lost"
    if is_unmended(opened):
        return "its change was being mended"
    if any(outcome is Outcome.INTERRUPTED for outcome in _outcomes(opened)):
        return "it was being stopped"
    if len(opened.pauses) >= MOST_PAUSES:
        return f"it was taken up {len(opened.pauses)} times already, and may be what ends the process"
    return _long_ago(opened, state.session_boot)


def _long_ago(opened: Experiment, boot: str) -> str:
    if opened.pause_s is None:
        known = NO_BOOT not in {opened.last_boot, boot}
        started_anew = "the machine was started anew since"
        return started_anew if known else f"nobody can tell whether {started_anew}"
    if abs(opened.leapt_s) > LEAP_S:
        return "the machine slept meanwhile, or its clock was set"
    if opened.pause_s > LONGEST_PAUSE_S:
        return f"the pause took {in_words(opened.pause_s)}, and more than {in_words(LONGEST_PAUSE_S)} is too long"
    return ""


def sound_samples(state: CampaignState) -> tuple[int, int]:
    """Give how many samples of the candidate and of the incumbent still count, the first ones of each.

    All do where one run decides, where a run went wrong, and after a pause that was shorter than one of the runs, for so much time lies between
    two runs anyway. Otherwise the machine may run at another speed now: those count up to which both sides had equally many.
    """
    opened, segment = state.open, state.segment
    if opened is None or segment is None:
        return 0, 0
    ours, theirs = len(opened.of_side(Side.CANDIDATE)), len(opened.of_side(Side.INCUMBENT))
    one_decides = segment.deterministic or segment.spec.get("decision", {}).get("method") == "single"
    went_wrong = any(sample.outcome is not Outcome.MEASURED for sample in opened.samples)
    longest_s = max((sample.usage.wall_s for sample in opened.samples), default=0.0)
    if one_decides or went_wrong or (opened.pause_s is not None and opened.pause_s <= longest_s):
        return ours, theirs
    return (_balanced(opened.samples),) * 2


def _balanced(samples: Iterable[Sample]) -> int:
    """Give how many samples of each side there were when both last had equally many."""
    counts, balanced = dict.fromkeys(Side, 0), 0
    for sample in samples:
        counts[sample.side] += 1
        if counts[Side.CANDIDATE] == counts[Side.INCUMBENT]:
            balanced = counts[Side.CANDIDATE]
    return balanced


def left_open(state: CampaignState, record: Record) -> CampaignState:
    """Take down, as a session begins, for how long nobody worked on the experiment that it finds open."""
    opened = state.open
    if opened is None or not opened.last_boot:
        return state
    if record.boot != opened.last_boot or record.boot == NO_BOOT:
        return replace(state, open=replace(opened, pause_s=None, leapt_s=0.0))
    pause_s = max(0.0, record.monotonic - opened.last_s)
    leapt_s = record.wall - opened.last_wall - pause_s
    return replace(state, open=replace(opened, pause_s=pause_s, leapt_s=leapt_s))


def noted(state: CampaignState, record: Record) -> CampaignState:
    """Remember when the open experiment was last worked on."""
    if state.open is None:
        return state
    opened = replace(state.open, last_wall=record.wall, last_s=record.monotonic, last_boot=record.boot)
    return replace(state, open=opened)


def continued(state: CampaignState, event: Continued) -> CampaignState:
    """Go on with the open experiment: samples that do not count any more are put aside."""
    opened = state.open
    if opened is None or opened.n != event.n:
        return state
    left = {Side.CANDIDATE: event.candidate, Side.INCUMBENT: event.incumbent}
    sound, void = _parted(opened.samples, left)
    pauses = (*opened.pauses, event.pause_s)
    return replace(state, open=replace(opened, samples=sound, void=(*opened.void, *void), pauses=pauses))


def in_words(seconds: float) -> str:
    """Give a length of time as people say it: 12 s, 3 min, 2.5 h."""
    if seconds < 120:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"  # noqa: PLR2004


def _outcomes(opened: Experiment) -> Iterable[Outcome | None]:
    yield from (sample.outcome for sample in opened.samples)
    yield opened.checks
    if opened.holdout is not None:
        yield from (sample.outcome for sample in opened.holdout.samples)
        measured = all(sample.outcome is Outcome.MEASURED for sample in opened.holdout.samples)
        yield Outcome.INTERRUPTED if measured and opened.holdout.passed is None else None


def _parted(samples: Iterable[Sample], left: dict[Side, int]) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    sound: list[Sample] = []
    void: list[Sample] = []
    for sample in samples:
        left[sample.side] -= 1
        (sound if left[sample.side] >= 0 else void).append(sample)
    return tuple(sound), tuple(void)
