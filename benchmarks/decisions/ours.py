"""Our rule in the simulation: `decide` on what the fold of a campaign would hold, from the baseline to the last verdict.

A variant changes keys of the contract, as a user could, or constants of the product while it is in force, for the
comparisons that say what a part of the rule is worth.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from statistics import fmean
from typing import Any
from unittest.mock import patch

from world import PROPOSALS, World

import autoexp.decision.sequential.machine as machines
from autoexp.decision import Evidence, MeasureMore, beliefs, decide, methods
from autoexp.decision.beliefs import Beliefs, after, begun
from autoexp.decision.sequential import Noise, Settings, calibrated, ruling
from autoexp.engine.segments import baseline_size
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.spec.model import Spec

METRIC = "x"
CONTRACT = {
    "scope": {"edit": ["change"]},
    "harness": {"measure": "measure"},
    "metrics": {METRIC: {"role": "primary", "direction": "lower"}},
    "budget": {"experiments": PROPOSALS},
}
Row = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Variant:
    """Our rule: sections of the contract, and constants of the product as module, name and value."""

    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    constants: Sequence[tuple[object, str, object]] = ()

    def __call__(self, world: World) -> "Ours":
        """Begin a campaign."""
        return Ours(world, self)


def _preset(name: str) -> Variant:
    return Variant({"decision": {"preset": name}})


def _settings(settings: Settings) -> Variant:
    return Variant(constants=[(methods, "PRESETS", {"standard": settings})])


def _never_moved(values: Sequence[float]) -> Noise:
    """Begin with the belief that the machine's speed never jumps, which no run can shake."""
    return replace(calibrated(values), moves=0.0)


PRESETS = {name: _preset(name) for name in ("standard", "patient", "thorough", "eager", "thrifty")}
DECLARED = {"declared": Variant({"measurement": {"deterministic": True}})}
"""A contract that says that numbers repeat; it means something on an exact machine only."""
VARIANTS = {
    "e-lond": Variant({"decision": {"level": "e-lond"}}),
    "fixed-10%": _settings(Settings(level=0.10)),
    "optimistic": _settings(Settings(price=None)),
    "no-spikes": Variant(constants=[(machines, "SPIKES", 1e-307)]),
    "no-jumps": Variant(constants=[(beliefs, "calibrated", _never_moved)]),
}
"""The standard preset with one part of the rule taken out or replaced."""


class Ours:
    """One campaign under our rule. Holds what the journal's fold would."""

    def __init__(self, world: World, variant: Variant) -> None:
        """Measure the baseline. `claims` are the gains of the keeps as the loop saw them, as fractions of the incumbent."""
        self._world = world
        self.claims: list[float] = []
        self._constants = [*variant.constants, (ruling, "machine", lru_cache(maxsize=4)(machines.machine.__wrapped__))]
        self._spec = Spec.model_validate({**CONTRACT, **variant.sections})
        with self._in_force():
            rows = [self._run() for _ in range(baseline_size(self._spec))]
            self._beliefs = begun(Beliefs(), self._spec.criteria, rows)
        self._baseline = self._stored = _means(rows)
        declared = self._spec.measurement.deterministic
        self._deterministic = _repeats(rows) and len(rows) > 1 if declared == "auto" else declared

    def judge(self, effect: float) -> bool:
        """Measure as `decide` asks, and tell whether the change is kept."""
        candidate: list[Row] = []
        incumbent: list[Row] = []
        with self._in_force():
            while isinstance(answer := decide(self.evidence(candidate, incumbent)), MeasureMore):
                if answer.side is Side.CANDIDATE:
                    candidate.append(self._run(effect))
                else:
                    incumbent.append(self._run())
                self._watch(candidate, incumbent)
            kept = answer.verdict is Verdict.KEEP
            self._beliefs = after(self._beliefs, answer, kept=kept)
        if kept:
            self._stored = _means(candidate)
            self.claims.append(answer.evidence.get("relative", 0.0))
        return kept

    @property
    def deterministic(self) -> bool:
        """Tell whether equal trees gave equal numbers until now."""
        return self._deterministic

    def evidence(self, candidate: Sequence[Row], incumbent: Sequence[Row]) -> Evidence:
        """Give what a ruling may look at."""
        return Evidence(
            spec=self._spec,
            candidate=candidate,
            incumbent=incumbent,
            stored=self._stored,
            baseline=self._baseline,
            gain=0.0,
            deterministic=self._deterministic,
            beliefs=self._beliefs,
            horizon=PROPOSALS,
        )

    def _watch(self, *sides: Sequence[Row]) -> None:
        """End the deterministic mode for good when two runs of a side differ, unless the contract declares it."""
        if self._spec.measurement.deterministic == "auto" and not all(map(_repeats, sides)):
            self._deterministic = False

    def _run(self, effect: float = 0.0) -> Row:
        return {METRIC: self._world.run(effect)}

    @contextmanager
    def _in_force(self) -> Iterator[None]:
        """Put the variant's constants in place. What is known of the machine is worked out once for each proposal."""
        with ExitStack() as stack:
            for module, name, value in self._constants:
                stack.enter_context(patch.object(module, name, value))
            yield


def _means(rows: Sequence[Row]) -> Row:
    return {METRIC: fmean(row[METRIC] for row in rows)}


def _repeats(rows: Sequence[Row]) -> bool:
    return len({row[METRIC] for row in rows}) <= 1
