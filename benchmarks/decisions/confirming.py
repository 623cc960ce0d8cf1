"""Is the honest number honest? Simulated campaigns under our rule, confirmed, and pruned of useless keeps that were planted.

    python benchmarks/decisions/confirming.py [--campaigns 100] [--pruned 20] [--noises 2% 5%] [--json FILE] [--check]

Each campaign is played by the standard preset and then confirmed on fresh pairs of runs, several times over, so that the mean error
is known well enough. In the first of them useless keeps are then planted beside the real ones, each keep is left out in turn, and those without
support are taken out together if the test for non-regression allows it. The seeds are those that constants are tuned on; `--seeds final` is for
acceptance. `--check` exits with 1 if something falls short.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing import Pool
from pathlib import Path
from statistics import fmean, stdev

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

from ours import METRIC, PRESETS, Ours
from world import FINAL, NOISES, TUNING, World

from autoexp.decision import MeasureMore
from autoexp.decision.ablation import ROUNDS, open_arms, rule
from autoexp.decision.confirmation import confirmed
from autoexp.decision.regression import no_worse
from autoexp.experiment.confirmation import Interval
from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Verdict
from autoexp.spec.criteria import Criterion

SEEDS = {"tuning": TUNING + 50_000, "final": FINAL + 50_000}
PAIRS, CONFIRMATIONS, PLANTED, USEFUL = 10, 10, 3, 0.03
"""Pairs of a confirmation, confirmations of a campaign, useless keeps planted in one, and the effect from which on a keep must stay."""
MOST_ERROR, LEAST_PRUNED, LEAST_COVERED = 0.003, 0.80, 0.90
CRITERION = Criterion(METRIC, lower_is_better=True)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What leaving one out, and pruning, made of a campaign with planted keeps; a kept `useful` one has a true effect over USEFUL."""

    unsupported: int
    removed: int
    useful: int
    useful_unsupported: int
    useful_removed: int
    covered: int
    intervals: int
    rounds: int
    ablation_runs: int
    prune_runs: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Errors of the confirmations of one campaign, how many intervals hold the true gain, and how far the sum of what was claimed in the loop is off."""

    gain: float
    errors: tuple[float, ...]
    covered: int
    width: float
    claimed: float
    runs: int
    pruned: Pruned | None


def main() -> int:
    """Play, print, and check if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=100, help="of each noise")
    parser.add_argument("--pruned", type=int, default=20, help="of them, with planted keeps")
    parser.add_argument("--noises", nargs="+", default=list(NOISES), choices=NOISES, metavar="NOISE")
    parser.add_argument("--seeds", choices=SEEDS, default="tuning")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 if something falls short")
    options = parser.parse_args()
    short, found = [], {}
    print(
        f"{options.campaigns} campaigns of each noise, {options.seeds} seeds, {CONFIRMATIONS} confirmations of {PAIRS} pairs each;"
    )
    print(f"{options.pruned} of them with {PLANTED} planted keeps that do nothing, up to {ROUNDS} rounds\n")
    with Pool() as pool:
        for noise in dict.fromkeys(options.noises):
            jobs = [(noise, SEEDS[options.seeds] + i, i < options.pruned) for i in range(options.campaigns)]
            figures = summed(pool.starmap(campaign, jobs, chunksize=1))
            print(told(noise, figures), flush=True)
            short += shortfalls(noise, figures)
            found[noise] = figures
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    print("".join(f"falls short: {words}\n" for words in short), end="")
    return 1 if short and options.check else 0


def campaign(noise: str, seed: int, prune: bool) -> Confirmed:  # noqa: FBT001
    """Play one campaign and confirm it; with `prune` plant keeps and prune them as well."""
    world = World(noise, seed)
    loop = PRESETS["standard"](world)
    kept = []
    for effect in world.effects:
        world.think()
        if loop.judge(effect):
            world.keep(effect)
            kept.append(effect)
    claimed = 1 - math.prod(1 - claim for claim in loop.claims)
    runs = world.runs
    found = [confirmation(world) for _ in range(CONFIRMATIONS)]
    return Confirmed(
        gain=world.gain,
        errors=tuple(one.gain - world.gain for one in found),
        covered=sum(one.low - 1e-9 <= world.gain <= one.high + 1e-9 for one in found),
        width=fmean(one.high - one.low for one in found),
        claimed=claimed - world.gain,
        runs=runs,
        pruned=pruned(world, loop, [*kept, *[0.0] * PLANTED]) if prune else None,
    )


def confirmation(world: World) -> Interval:
    """Confirm on fresh pairs, each in random order."""
    best, baseline = [], []
    for _ in range(PAIRS):
        world.think()
        sides = [(best, 0.0), (baseline, without(world.level))]
        world.rng.shuffle(sides)
        for values, effect in sides:
            values.append(world.run(effect))
    found = confirmed(best, baseline, CRITERION)
    if found is None:
        raise ValueError("a baseline of 0")
    return found


def pruned(world: World, loop: Ours, effects: Sequence[float]) -> Pruned:
    """Leave each keep out in turn, and take out together what has no support. The last of the keeps are the planted ones."""
    planted = range(len(effects) - PLANTED, len(effects))
    useful = {n for n, effect in enumerate(effects) if effect > USEFUL}
    began = world.runs
    pairs: dict[int, list[tuple[float, float]]] = {n: [] for n in range(len(effects))}
    exact, rounds, still = loop.deterministic, 0, tuple(pairs)
    untouched: list[float] = []
    while still and rounds < ROUNDS:
        world.think()
        arms: list[int | None] = [None, *still]
        world.rng.shuffle(arms)
        values = {n: world.run(0.0 if n is None else without(math.log1p(-effects[n]))) for n in arms}
        for n in still:
            pairs[n].append((values[None], values[n]))
        if rounds < PAIRS:
            untouched.append(world.run(without(world.level)))
        rounds += 1
        baseline = fmean(untouched)
        still = open_arms(pairs, CRITERION, baseline=baseline, deterministic=exact)
    found = rule(pairs, CRITERION, baseline=baseline, deterministic=exact, last=True)
    ablation_runs = world.runs - began
    unsupported = [n for n, one in found.items() if one.support == "unsupported"]
    taken = bool(unsupported) and regression(world, loop, [effects[n] for n in unsupported])
    removed = set(unsupported) if taken else set()
    truths = {n: math.expm1(-math.log1p(-effects[n])) * math.exp(world.level) for n in pairs}
    intervals = [(truths[n], one.interval) for n, one in found.items() if one.interval is not None]
    return Pruned(
        unsupported=len(set(unsupported) & set(planted)),
        removed=len(removed & set(planted)),
        useful=len(useful),
        useful_unsupported=len(useful & set(unsupported)),
        useful_removed=len(useful & removed),
        covered=sum(one.low - 1e-9 <= truth <= one.high + 1e-9 for truth, one in intervals),
        intervals=len(intervals),
        rounds=rounds,
        ablation_runs=ablation_runs,
        prune_runs=world.runs - began - ablation_runs,
    )


def regression(world: World, loop: Ours, members: Sequence[float]) -> bool:
    """Test the tree without some keeps against the best so far."""
    effect = without(math.fsum(math.log1p(-member) for member in members))
    candidate, incumbent = [], []
    world.think()
    while isinstance(answer := no_worse(loop.evidence(candidate, incumbent)), MeasureMore):
        if answer.side is Side.CANDIDATE:
            candidate.append({METRIC: world.run(effect)})
        else:
            incumbent.append({METRIC: world.run()})
    return answer.verdict is Verdict.KEEP


def without(level: float) -> float:
    """Give the effect that undoes a change of the level."""
    return -math.expm1(-level)


def summed(campaigns: Sequence[Confirmed]) -> dict[str, float]:
    """Sum up the campaigns of a noise."""
    means = [fmean(one.errors) for one in campaigns]
    cut = [one.pruned for one in campaigns if one.pruned is not None]
    found = {
        "campaigns": len(campaigns),
        "gain": fmean(one.gain for one in campaigns),
        "error": fmean(means),
        "error_se": stdev(means) / math.sqrt(len(means)),
        "first_error": fmean(one.errors[0] for one in campaigns),
        "error_sd": stdev(error for one in campaigns for error in one.errors),
        "covered": fmean(one.covered for one in campaigns) / CONFIRMATIONS,
        "width": fmean(one.width for one in campaigns),
        "claimed": fmean(one.claimed for one in campaigns),
        "runs": fmean(one.runs for one in campaigns),
    }
    if cut:
        totals = {name: sum(asdict(one)[name] for one in cut) for name in asdict(cut[0])}
        for name in ("rounds", "ablation_runs", "prune_runs"):
            found[name] = totals[name] / len(cut)
        for name in ("unsupported", "removed"):
            found[name] = totals[name] / (PLANTED * len(cut))
        for name in ("useful", "useful_unsupported", "useful_removed"):
            found[name] = totals[name]
        found["keep_covered"] = totals["covered"] / max(totals["intervals"], 1)
        found["intervals"] = totals["intervals"]
    return found


def told(noise: str, found: dict[str, float]) -> str:
    """Say what came out for a noise."""
    text = (
        f"{noise:<9} gain {found['gain']:.1%}; confirmed minus true {100 * found['error']:+.2f} points (standard error {100 * found['error_se']:.2f},"
        f" of one {100 * found['error_sd']:.2f}); {found['covered']:.1%} of the 95 % intervals hold it, {100 * found['width']:.1f} points wide;"
        f" claimed in the loop {100 * found['claimed']:+.2f}; {found['runs']:.0f} runs"
    )
    if "removed" in found:
        text += (
            f"\n          planted: {found['unsupported']:.0%} without support, {found['removed']:.0%} removed; of {found['useful']:.0f} keeps over"
            f" {USEFUL:.0%} {found['useful_unsupported']:.0f} without support, {found['useful_removed']:.0f} removed;"
            f" {found['rounds']:.0f} rounds, {found['ablation_runs']:.0f} + {found['prune_runs']:.0f} runs;"
            f" {found['keep_covered']:.1%} of {found['intervals']:.0f} intervals hold what a keep adds"
        )
    return text


def shortfalls(noise: str, found: dict[str, float]) -> list[str]:
    """Name what falls short."""
    short = []
    if abs(found["error"]) > MOST_ERROR:
        short.append(
            f"{noise}: confirmed minus true is {100 * found['error']:+.2f} points, more than {100 * MOST_ERROR:.1f}"
        )
    if found["covered"] < LEAST_COVERED:
        short.append(
            f"{noise}: {found['covered']:.1%} of the intervals hold the true gain, less than {LEAST_COVERED:.0%}"
        )
    if found.get("removed", 1.0) < LEAST_PRUNED:
        short.append(f"{noise}: {found['removed']:.0%} of the planted keeps were removed, less than {LEAST_PRUNED:.0%}")
    if found.get("useful_removed", 0.0) > 0:
        short.append(f"{noise}: {found['useful_removed']:.0f} keeps over {USEFUL:.0%} were removed")
    return short


if __name__ == "__main__":
    sys.exit(main())
