"""Does a contract see what it says it sees? The smallest gain found with probability 0.8, and the runs of an experiment, foretold and simulated.

    python benchmarks/decisions/resolving.py [--campaigns 12] [--probes 8] [--contracts standard batch] [--noises 0.02] [--json FILE] [--check]

Each campaign judges 40 of the usual proposals, and from where it then stands changes of known size are judged again and again. `--check`
exits with 1 if a foretold figure is off by more than the shares at the head of the file.
"""

import argparse
import copy
import json
import math
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from statistics import fmean
from typing import Any

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

import world as worlds
from ours import CONTRACT, PRESETS, Ours, Variant
from world import TUNING, World

from autoexp.decision.case import NOISY_MIN_EFFECT
from autoexp.decision.resolution import POWER, resolution
from autoexp.spec.model import Spec

CONTRACTS: Mapping[str, Variant] = {
    **PRESETS,
    "one-shot": Variant({"decision": {"preset": "one-shot"}}),
    "batch": Variant({"decision": {"method": {"batch": {"k": 3}}}}),
    "batch 5": Variant({"decision": {"method": {"batch": {"k": 5}}}}),
    "single": Variant({"decision": {"method": "single"}, "measurement": {"deterministic": False}}),
}
NOISES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.10)
LEADS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.5, 7.5, 10.0, 14.0)
"""Effects that are tried, in standard deviations of a run, above the smallest effect that matters where that is more than the noise."""
BEFORE, SEED = 40, TUNING + 80_000
FACTOR_EFFECT, FACTOR_RUNS = 1.5, 1.5
"""By how much a foretold figure may differ."""


@dataclass(frozen=True, slots=True)
class Found:
    """What simulated campaigns say: runs of an average proposal, and how often an effect was kept."""

    runs: float
    kept: Mapping[float, float]

    @property
    def effect(self) -> float | None:
        """Give the smallest effect that is kept with the probability asked for, between those that were tried."""
        tried = sorted(self.kept)
        for low, high in zip([0.0, *tried], tried, strict=False):
            below, at = self.kept.get(low, 0.0), self.kept[high]
            if at >= POWER:
                return low + (high - low) * (POWER - below) / max(at - below, 1e-9)
        return None


def main() -> int:
    """Play, print beside what was foretold, and check if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=12)
    parser.add_argument("--probes", type=int, default=8, help="of each effect, in each campaign")
    parser.add_argument("--contracts", nargs="+", default=list(CONTRACTS), choices=CONTRACTS, metavar="NAME")
    parser.add_argument("--noises", nargs="+", type=float, default=list(NOISES))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    short, rows = [], []
    print("contract  noise  smallest gain: simulated, foretold  runs: simulated, foretold")
    with Pool() as pool:
        for name in options.contracts:
            for noise in options.noises:
                jobs = [(name, noise, SEED + i, options.probes) for i in range(options.campaigns)]
                found = joined(pool.starmap(played, jobs, chunksize=1))
                spec = Spec.model_validate({**CONTRACT, **CONTRACTS[name].sections})
                told = resolution(spec, noise=noise, deterministic=False)
                shown = "none of those tried" if found.effect is None else f"{found.effect:.2%}"
                foretold = "-" if told.effect is None else f"{told.effect:.2%}"
                print(
                    f"{name:<9} {noise:>6.1%}  {shown:>8} {foretold:>8}   {found.runs:>6.1f} {told.samples:>6.1f}",
                    flush=True,
                )
                rows.append(
                    {"contract": name, "noise": noise, "effect": found.effect, "runs": found.runs, "kept": found.kept}
                )
                short += shortfalls(f"{name} at {noise:.1%}", found, told.effect, told.samples)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    print("".join(f"off: {words}\n" for words in short), end="")
    return 1 if short and options.check else 0


def played(name: str, noise: float, seed: int, probes: int) -> Found:
    """Judge the usual proposals, and then probe."""
    worlds.GAUSSIAN["probe"] = noise
    world = World("probe", seed)
    loop = CONTRACTS[name](world)
    began = world.runs
    for effect in world.effects[:BEFORE]:
        if loop.judge(effect):
            world.keep(effect)
    runs = (world.runs - began) / BEFORE
    kept = {}
    for lead in LEADS:
        effect = -math.expm1(-lead * noise - (NOISY_MIN_EFFECT if noise < NOISY_MIN_EFFECT else 0.0))
        kept[round(effect, 6)] = fmean(_probe(loop, world, effect, f"{seed} {lead} {i}") for i in range(probes))
    return Found(runs, kept)


def _probe(loop: Ours, world: World, effect: float, luck: str) -> bool:
    """Judge one change from where the campaign stands, which stays there."""
    world.rng = random.Random(luck)
    return copy.copy(loop).judge(effect)


def joined(found: Sequence[Found]) -> Found:
    """Average over campaigns."""
    return Found(fmean(one.runs for one in found), {e: fmean(one.kept[e] for one in found) for e in found[0].kept})


def shortfalls(name: str, found: Found, effect: float | None, samples: float) -> list[str]:
    """Name what is off."""
    pairs: list[tuple[str, Any, Any, float]] = [
        ("smallest gain", found.effect, effect, FACTOR_EFFECT),
        ("runs", found.runs, samples, FACTOR_RUNS),
    ]
    return [
        f"{name}, {what}: simulated {true:.4g}, foretold {told:.4g}"
        for what, true, told, most in pairs
        if true is not None and told is not None and not 1 / most <= told / true <= most
    ]


if __name__ == "__main__":
    sys.exit(main())
