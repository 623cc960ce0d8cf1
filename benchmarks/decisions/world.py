"""Simulated campaigns: proposals with known effects, measured on machines with known noise.

Everything that a table's figures depend on stands at the head of this file, and was fixed before any rule was tuned:
the mix of proposals, the kinds of noise, and the two ranges of seeds. Rules are tuned on seeds from TUNING on; the seeds
from FINAL on are used for the final table and for nothing else.

A proposal has an effect e: the true value is multiplied by 1 - e (lower is better; e > 0 is an improvement).
"""

import math
import random
from dataclasses import dataclass, field
from typing import Protocol

PROPOSALS = 100
"""Proposals in a campaign."""

MIX = (
    (0.40, 0.0, 0.0),  # changes that do nothing
    (0.40, -0.02, 0.0),  # small harm
    (0.15, -0.20, -0.05),  # clear harm
    (0.05, 0.01, 0.10),  # real improvements
)
"""Shares of the proposals, and the range of their effects (uniform)."""

TUNING, FINAL = 700_000, 9_000_000
"""First seeds of the two ranges; NULLS is added for campaigns in which no proposal does anything."""
NULLS = 100_000

NOISES = ("exact", "0.5%", "2%", "5%", "heavy", "drift", "shift", "quantised")
GAUSSIAN = {"exact": 0.0, "0.5%": 0.005, "2%": 0.02, "5%": 0.05, "heavy": 0.02, "drift": 0.01, "shift": 0.02}
"""Standard deviation of the logarithm of one run."""
SPIKES, SPIKE = 0.05, (0.10, 0.60)
"""heavy: this share of the runs is slower by this much (uniform)."""
WALK, MEMORY, THINKING, FARTHEST = 0.04, 0.98, 10, 0.10
"""drift: the machine's speed is a mean-reverting walk of this sd, this correlation from run to run, so many steps while
the agent thinks, and never farther from 1 than this (all in logarithms)."""
JUMPS, JUMP = 0.20, 0.05
"""shift: before this share of the proposals the machine's speed jumps by a normal step of this sd, for good."""
QUANTUM, QUANTISED = 0.02, 0.02
"""quantised: 2 % noise, rounded to multiples of this (the baseline's true value is 1)."""


def effects(seed: int, *, null: bool) -> list[float]:
    """Draw the effects of a campaign's proposals."""
    rng = random.Random(f"effects {seed}")
    if null:
        return [0.0] * PROPOSALS
    shares = [share for share, _, _ in MIX]
    ranges = [(low, high) for _, low, high in MIX]
    return [rng.uniform(*rng.choices(ranges, shares)[0]) for _ in range(PROPOSALS)]


@dataclass
class World:
    """One machine and what stands on it: the true value of the incumbent, and the noise of a run."""

    noise: str
    seed: int
    null: bool = False
    level: float = 0.0
    runs: int = 0
    walk: float = 0.0
    effects: list[float] = field(default_factory=list)
    rng: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.effects = effects(self.seed, null=self.null)
        self.rng = random.Random(f"{self.noise} {self.seed} {self.null}")
        self.walk = self.rng.gauss(0, WALK) if self.noise == "drift" else 0.0
        self._bound()

    def think(self) -> None:
        """Let the time pass that a proposer takes."""
        if self.noise == "drift":
            for _ in range(THINKING):
                self._step()
        elif self.noise == "shift" and self.rng.random() < JUMPS:
            self.walk += self.rng.gauss(0, JUMP)

    def run(self, effect: float = 0.0) -> float:
        """Measure once: the incumbent, or with an effect a change on top of it."""
        self.runs += 1
        if self.noise == "drift":
            self._step()
        sd = QUANTISED if self.noise == "quantised" else GAUSSIAN[self.noise]
        log = self.level + math.log1p(-effect) + self.walk + (self.rng.gauss(0, sd) if sd else 0.0)
        if self.noise == "heavy" and self.rng.random() < SPIKES:
            log += math.log1p(self.rng.uniform(*SPIKE))
        value = math.exp(log)
        return round(value / QUANTUM) * QUANTUM if self.noise == "quantised" else value

    def keep(self, effect: float) -> None:
        """Make a change part of the incumbent."""
        self.level += math.log1p(-effect)

    @property
    def gain(self) -> float:
        """Give the true gain of what was kept, as a fraction of the baseline."""
        return 1 - math.exp(self.level)

    def _step(self) -> None:
        self.walk = MEMORY * self.walk + self.rng.gauss(0, WALK * math.sqrt(1 - MEMORY**2))
        self._bound()

    def _bound(self) -> None:
        if self.noise == "drift":
            self.walk = min(max(self.walk, -FARTHEST), FARTHEST)


class Campaign(Protocol):
    """What a rule makes of one campaign: it judges one proposal after the other."""

    def judge(self, effect: float) -> bool:
        """Tell whether the change is kept, after measuring what the rule wants to."""


class Rule(Protocol):
    """What is compared: a rule that begins a campaign on a world."""

    def __call__(self, world: World) -> Campaign:
        """Begin, and measure what the rule wants to know beforehand."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a rule made of one campaign; gains are fractions of the baseline."""

    kept_true: int
    kept_false: int
    improvements: int
    gain: float
    oracle: float
    runs: int


def play(rule: Rule, noise: str, seed: int, *, null: bool = False) -> Played:
    """Run one campaign."""
    world = World(noise, seed, null)
    campaign = rule(world)
    kept = [0, 0]
    for effect in world.effects:
        world.think()
        if campaign.judge(effect):
            world.keep(effect)
            kept[effect > 0] += 1
    oracle = 1 - math.exp(sum(math.log1p(-effect) for effect in world.effects if effect > 0))
    return Played(
        kept_true=kept[1],
        kept_false=kept[0],
        improvements=sum(effect > 0 for effect in world.effects),
        gain=world.gain,
        oracle=oracle,
        runs=world.runs,
    )
