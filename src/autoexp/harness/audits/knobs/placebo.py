"""Which knobs do nothing? Those that nothing reads are found by reading; of the others each is spoilt once, and a run that asks for it fails."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from autoexp.experiment.measurement import Sample
from autoexp.experiment.outcome import Outcome
from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.knobs.constants import constants
from autoexp.harness.audits.knobs.knob import Knob, turned
from autoexp.harness.audits.knobs.settings import named_values, settings
from autoexp.harness.audits.sources import text_of

NAME = "placebo-knobs"
MOST = 4
"""Knobs that are tried one by one."""
_NOISES, _LEAST = 5.0, 0.02
"""A run lies so many standard deviations, or such a fraction, from those on HEAD before it is another."""


def placebo_knobs(ground: Ground) -> Iterator[Finding]:
    """Look for knobs whose values nothing asks for."""
    knobs = [
        knob for path in ground.scope for kind in (constants, settings, named_values) for knob in kind(ground, path)
    ]
    idle = [knob for knob in knobs if knob.unread]
    if idle and not _unmoved(ground, idle):
        idle = [knob for knob in idle[:MOST] if _unmoved(ground, [knob])]
    for knob in [knob for knob in knobs if not knob.unread][:MOST]:
        if ground.left_s() <= ground.sample_s:
            break
        if _unmoved(ground, [knob]) and not (knob.gone and _unread_now(ground, knob)):
            idle.append(knob)
    if idle and not _passes_anyhow(ground, idle):
        yield _finding(ground, idle)


def _unread_now(ground: Ground, knob: Knob) -> bool:
    """Tell whether no run comes to where the knob is read: another setting may lead there, so that it is no placebo."""
    return _unmoved(ground, [replace(knob, values=(knob.gone,), before="")])


def _unmoved(ground: Ground, knobs: Sequence[Knob]) -> bool:
    """Tell whether runs with these knobs at other values end as on HEAD, with the same numbers within noise."""
    for at in range(max(len(knob.values) for knob in knobs)):
        paths = dict.fromkeys(knob.path for knob in knobs)
        edits = {
            path: turned(text_of(ground, path), [knob for knob in knobs if knob.path == path], at) for path in paths
        }
        if not _same(ground, ground.measure(edits)):
            return False
    return True


def _same(ground: Ground, sample: Sample) -> bool:
    if sample.outcome is not Outcome.MEASURED:
        return False
    name = ground.spec.primary
    before = [one.values[name] for one in ground.samples]
    room = 0.0 if ground.deterministic else max(_NOISES * (ground.noise or 0.0), _LEAST) * abs(before[0])
    if not min(before) - room <= sample.values[name] <= max(before) + room:
        return False
    fixed = {
        name
        for name, metric in ground.spec.metrics.items()
        if metric.role == "guard" and len({one.values.get(name) for one in ground.samples}) == 1
    }
    return all(sample.values.get(name) == ground.samples[0].values.get(name) for name in fixed)


def _passes_anyhow(ground: Ground, idle: Sequence[Knob]) -> bool:
    """Tell whether a target that is no program and no configuration passes as well: then these runs say nothing."""
    if all(knob.unread for knob in idle):
        return False
    return _same(ground, ground.measure({knob.path: b"autoexp: (\n" for knob in idle}))


def _finding(ground: Ground, idle: Sequence[Knob]) -> Finding:
    one = len(idle) == 1
    told = "; ".join(
        f"{knob.name} = {knob.text[:40]} ({knob.path}:{knob.line}) is {knob.unread or 'used by no run'}"
        for knob in idle
    )
    return Finding(
        NAME,
        f"{'a knob does' if one else f'{len(idle)} knobs do'} nothing: {', '.join(knob.name for knob in idle)}",
        f"{told}. Runs with other values gave the same {ground.spec.primary}",
        f"take {'it' if one else 'them'} out, or use {'it' if one else 'them'}: each change of {'it' if one else 'one'} costs an experiment, "
        "and is kept when it is lucky",
    )
