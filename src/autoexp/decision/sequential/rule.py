"""Look after every run: keep, discard, or say which side is to run next. Values are on the gain scale: higher is better."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autoexp.decision.evidence import EFFECTS, log_mixture
from autoexp.decision.sequential.ledger import Ledger, log_bar
from autoexp.decision.sequential.noise import FAR, Noise, centre, ordinary
from autoexp.experiment.measurement import Side

RATIO = 3
"""At most this many runs of the candidate for one fresh run of the incumbent (and one more)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much an answer may cost.

    `cap` runs an experiment, `smallest` the smallest effect that matters, `rate` the share of keeps that may be false,
    `price` what a run must be expected to gain, as a part of `smallest`; `fixed` an error level for every experiment instead
    of the campaign's budget.
    """

    smallest: float
    cap: int = 40
    rate: float = 0.10
    price: float = 0.05
    fixed: float | None = None
    survive: bool = True
    z_fut: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What the runs so far say."""

    mu: float
    variance: float
    log_e: float
    candidates: float
    level: float
    one: float
    df: float
    moved: float
    parts: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Keep, discard or the side to run next."""

    keep: bool = False
    side: Side | None = None
    look: Look | None = None
    log_e: float = 0.0
    log_bar: float = 0.0
    why: str = ""
    sizes: tuple[float, ...] | None = None


def rule(
    candidate: Sequence[float], incumbent: Sequence[float], noise: Noise, ledger: Ledger, settings: Settings
) -> Answer:
    if not candidate:
        return Answer(side=Side.CANDIDATE)
    runs = len(candidate) + len(incumbent)
    stale = noise.drift > noise.variance
    if runs == 1 and stale:
        return Answer(side=Side.INCUMBENT)
    bar = -math.log(settings.fixed) if settings.fixed else log_bar(ledger, settings.rate)
    effects = [settings.smallest * e for e in EFFECTS]
    total = sum(ledger.sizes)
    weights = [s / total for s in ledger.sizes]
    seen = look(candidate, incumbent, noise, effects, weights)
    need = 2 if settings.cap >= 4 else 1
    weakest = seen.log_e
    if len(candidate) >= need and incumbent and seen.mu >= settings.smallest and seen.log_e >= bar:
        if settings.survive and settings.cap >= 4:
            weakest = min(
                seen.log_e,
                look(sorted(candidate)[:-1], incumbent, noise, effects, weights).log_e,
                look(candidate, sorted(incumbent)[1:], noise, effects, weights).log_e,
            )
        if weakest >= bar:
            return Answer(keep=True, look=seen, log_e=weakest, log_bar=bar, sizes=_sizes(seen, effects, weights))
    if runs >= settings.cap:
        return Answer(look=seen, log_e=seen.log_e, log_bar=bar, why="cap")
    if settings.z_fut is not None:
        opt = seen.mu + settings.z_fut * math.sqrt(seen.variance)
        if opt < settings.smallest:
            return Answer(look=seen, log_e=seen.log_e, log_bar=bar, why="low")
        ahead = variances(seen, settings.cap - runs)
        if ahead and log_mixture(opt, ahead[-1], df=seen.df + settings.cap - runs, effects=effects, weights=weights) < bar:
            return Answer(look=seen, log_e=seen.log_e, log_bar=bar, why="futile")
    elif worth(seen, noise, ledger, settings, bar, effects, weights, settings.cap - runs, one=len(candidate) == 1) < settings.price * settings.smallest:
        return Answer(look=seen, log_e=seen.log_e, log_bar=bar, why="price")
    if runs == 1:
        return Answer(side=Side.INCUMBENT)
    return Answer(side=_next(seen, len(candidate), len(incumbent)))


def _sizes(seen: Look, effects, weights):
    sd = math.sqrt(seen.variance)
    logs = [-(seen.df + 1) / 2 * math.log1p(((seen.mu - e) / sd) ** 2 / seen.df) for e in effects]
    top = max(logs)
    raw = [w * math.exp(l - top) for w, l in zip(weights, logs)]
    s = sum(raw)
    return tuple(r / s for r in raw)


@dataclass(frozen=True, slots=True)
class Level:
    """Where the incumbent stands right now: a normal for "as before" and one for "the machine has moved"."""

    same: tuple[float, float, float]
    moved: tuple[float, float, float]
    fresh: float

    @property
    def mean(self):
        return self.same[0] * self.same[1] + self.moved[0] * self.moved[1]

    @property
    def variance(self):
        m = self.mean
        return sum(w * (v + (a - m) ** 2) for w, a, v in (self.same, self.moved))


def level(incumbent, noise: Noise, one: float) -> Level:
    kappa = noise.kappa
    middle, k = centre(noise.history, noise.variance, kappa)
    parts = []
    for chance, prior in ((1 - noise.moved, one / k + noise.drift), (noise.moved, FAR**2 * one + one / k + noise.drift)):
        mean, fresh = centre(incumbent, one, kappa, (middle, prior))
        variance = 1 / (1 / prior + fresh / one)
        log = math.log(chance) + 0.5 * math.log(variance / prior) - (mean - middle) ** 2 / 2 / prior
        sd = math.sqrt(one)
        for x in incumbent:
            r = (x - mean) / sd
            log += math.log((1 - noise.spikes) * math.exp(-r * r / 2) + noise.spikes * math.sqrt(2 * math.pi) / 20)
        parts.append((log, mean, variance, fresh))
    top = max(p[0] for p in parts)
    total = sum(math.exp(p[0] - top) for p in parts)
    w = [math.exp(p[0] - top) / total for p in parts]
    return Level((w[0], *parts[0][1:3]), (w[1], *parts[1][1:3]), sum(a * p[3] for a, p in zip(w, parts)))


def look(candidate, incumbent, noise: Noise, effects, weights) -> Look:
    one, df = _moderated(candidate, incumbent, noise)
    ours, k_c = centre(candidate, one, noise.kappa)
    where = level(incumbent, noise, one)
    parts = tuple((w, ours - m, v + one / k_c) for w, m, v in (where.same, where.moved) if w > 0)
    return Look(
        mu=ours - where.mean,
        variance=where.variance + one / k_c,
        parts=parts,
        log_e=log_e(parts, df, effects, weights),
        candidates=k_c,
        level=where.variance,
        one=one,
        df=df,
        moved=where.moved[0],
    )


def log_e(parts, df, effects, weights):
    none = log_likelihood(parts, df, 0.0)
    logs = [log_likelihood(parts, df, e) - none for e in effects]
    top = max(logs)
    return top + math.log(sum(w * math.exp(x - top) for w, x in zip(weights, logs)))


def log_likelihood(parts, df, effect):
    half = (df + 1) / 2
    logs = [math.log(w) - 0.5 * math.log(v) - half * math.log1p((mu - effect) ** 2 / v / df) for w, mu, v in parts]
    top = max(logs)
    return top + math.log(sum(math.exp(x - top) for x in logs))


def _moderated(candidate, incumbent, noise: Noise):
    count, squares = 0.0, 0.0
    for side in (candidate, incumbent):
        if len(side) > 1:
            middle, _ = centre(side, noise.variance, noise.kappa)
            ws = [ordinary((x - middle) ** 2 / noise.variance, noise.kappa) for x in side]
            count += max(0.0, sum(ws) - 1)
            squares += sum(w * (x - middle) ** 2 for w, x in zip(ws, side))
    return (noise.df * noise.variance + squares) / (noise.df + count), noise.df + count


def variances(seen: Look, runs: int) -> list[float]:
    """Give the variance of the estimate after each of the next runs."""
    a, level_, one = seen.candidates, seen.level, seen.one
    found = []
    for _ in range(runs):
        fresh = 1 / (1 / level_ + 1 / one)
        if one / (a * (a + 1)) >= level_ - fresh:
            a += 1
        else:
            level_ = fresh
        found.append(one / a + level_)
    return found


def _next(seen: Look, candidates: int, incumbents: int) -> Side:
    if candidates >= RATIO * incumbents + 1:
        return Side.INCUMBENT
    fresh = 1 / (1 / seen.level + 1 / seen.one)
    a = seen.candidates
    return Side.CANDIDATE if seen.one / (a * (a + 1)) >= seen.level - fresh else Side.INCUMBENT


NEGATIVE = (0.0, -1.0, -2.0, -4.0, -8.0, -16.0, -32.0)
NEGATIVE_WEIGHTS = (0.46, 0.14, 0.12, 0.1, 0.08, 0.06, 0.04)


def worth(seen: Look, noise: Noise, ledger: Ledger, settings: Settings, bar, effects, weights, left, *, one: bool) -> float:
    """Give the best expected gain per run of going on."""
    if left <= 0:
        return 0.0
    ahead = variances(seen, left)
    share = ledger.share
    v = seen.variance
    post = []
    ds = [*effects, *(settings.smallest * e for e in NEGATIVE)]
    ws = [*(share * w for w in weights), *((1 - share) * w for w in NEGATIVE_WEIGHTS)]
    flat = noise.spikes * math.sqrt(2 * math.pi) / 20 if one else 0.0
    for d, w in zip(ds, ws):
        like = math.exp(log_likelihood(seen.parts, seen.df, d)) * seen.one**0.5
        post.append(w * ((1 - noise.spikes) * like + flat if one else like))
    total = sum(post)
    if total <= 0:
        return 0.0
    best = 0.0
    m = 1
    while True:
        m = min(m, left)
        vm = ahead[m - 1]
        a = vm / v
        if a < 1:
            need = threshold(vm, bar, seen.df + m, effects, weights, settings.smallest)
            sd = math.sqrt(vm * (1 - a))
            gain = 0.0
            for d, p in zip(ds, post):
                if p > 1e-9 * total:
                    x = (a * seen.mu + (1 - a) * d - need) / sd
                    if x > -6:
                        gain += p * d * 0.5 * math.erfc(-x / math.sqrt(2))
            best = max(best, gain / total / m)
        if m >= left:
            return best
        m *= 2


def threshold(v, bar, df, effects, weights, smallest) -> float:
    """Smallest estimate that reaches the bar."""
    sd = math.sqrt(v)
    low, high = smallest, smallest + 12 * sd
    if log_mixture(low, v, df=df, effects=effects, weights=weights) >= bar:
        return low
    for _ in range(9):
        mid = (low + high) / 2
        if log_mixture(mid, v, df=df, effects=effects, weights=weights) >= bar:
            high = mid
        else:
            low = mid
    return high


def remember(candidate, incumbent, noise: Noise, answer: Answer) -> Noise:
    from autoexp.decision.sequential.noise import POOL, RESIDUALS, SURPRISES, learned

    residuals = list(noise.residuals)
    for side in (candidate, incumbent):
        if len(side) > 1:
            middle, k = centre(side, noise.variance, noise.kappa)
            f = math.sqrt(len(side) / (len(side) - 1))
            residuals += [(x - middle) * f for x in side]
    surprises, moves, stays, age = list(noise.surprises), noise.moves, noise.stays, noise.age + 1
    moved = 0.0
    if incumbent:
        middle, k = centre(noise.history, noise.variance, noise.kappa)
        mean, k_i = centre(incumbent, noise.variance, noise.kappa)
        moved = level(incumbent, noise, noise.variance).moved[0]
        surprises.append(((mean - middle) ** 2, 1 / k_i + 1 / k, 1 - moved))
        moves, stays, age = 0.98 * moves + moved, 0.98 * stays + max(0.0, noise.age - moved), 1
    if answer.keep:
        history = tuple(sorted(candidate)[:-1]) or tuple(candidate)
        age = 1
    elif moved > 0.5:
        history = tuple(incumbent)
    else:
        history = (*noise.history, *incumbent)[-POOL:]
    return learned(
        replace(
            noise,
            history=history,
            residuals=tuple(residuals[-RESIDUALS:]),
            surprises=tuple(surprises[-SURPRISES:]),
            moves=moves,
            stays=stays,
            age=age,
        )
    )
