"""Whether the machine left a sample alone: foreign or stolen CPU, or a suspension. How often one is taken again is patience.py."""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, Self

from autoexp.harness.cores import usable

LIMIT = 0.05
"""The share of the watched cores that others may use, or a hypervisor may take, before a sample is void."""
ASLEEP_S = 0.1
"""How long the machine may be suspended during a sample."""

Kind = Literal["foreign", "stolen", "suspended"]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What disturbed a sample: the share of the watched cores' time that is lost for certain, and the same in words."""

    kind: Kind
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class Core:
    """How long a core was in each state, in seconds since boot. Interrupts count as `idle`: they are nobody's fault."""

    busy_s: float
    idle_s: float
    stolen_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What the machine tells at one moment. Suspended time is a range: two clocks cannot be read at once."""

    wall_s: float
    asleep_s: tuple[float, float] = (0.0, 0.0)
    engine_cpu_s: float = 0.0
    children_cpu_s: float = 0.0
    cores: Mapping[int, Core] | None = None
    tick_s: float = 0.01


@dataclass(frozen=True, slots=True)
class Watch:
    """An eye on the machine, from just before a sample to just after it."""

    before: Moment
    look: Callable[[], Moment]

    @classmethod
    def begin(cls, *, cpus: frozenset[int] | None = None, look: Callable[[], Moment] | None = None) -> Self:
        """Start to watch some CPUs (`Pinning.watched`); without any, all that this process may use."""
        sight = look or partial(look_at, usable() if cpus is None else cpus)
        return cls(sight(), sight)

    def end(self, *, own_cpu_s: float) -> Disturbance | None:
        """Give what disturbed the machine since, or None.

        `own_cpu_s` is the CPU of all that the caller started meanwhile (warm-ups too): what runs in a sandbox of its own
        is not counted among the children of this process.
        """
        return judge(self.before, self.look(), own_cpu_s=own_cpu_s)


def judge(before: Moment, after: Moment, *, own_cpu_s: float) -> Disturbance | None:
    """Give what disturbed the time between two moments, or None where nothing did or nothing can be told.

    Times come in ticks (10 ms). One tick on each core is taken off what is found, so that rounding disturbs nothing, and
    a stretch that is too short for the limit is not judged: see `shortest_wall_s`.
    """
    wall_s = after.wall_s - before.wall_s
    if (asleep_s := after.asleep_s[0] - before.asleep_s[1]) > ASLEEP_S:
        share = asleep_s / (asleep_s + max(wall_s, 0.0))
        return Disturbance("suspended", share, f"the machine was suspended for {asleep_s:.1f} s")
    if not before.cores or not after.cores or before.cores.keys() != after.cores.keys():
        return None
    if wall_s < shortest_wall_s(after.tick_s):
        return None
    own_s = max(own_cpu_s, after.children_cpu_s - before.children_cpu_s)
    own_s += max(after.engine_cpu_s - before.engine_cpu_s, 0.0)
    foreign, stolen = _shares(before.cores, after.cores, wall_s=wall_s, own_s=own_s, tick_s=after.tick_s)
    count = len(after.cores)
    cores = "the core" if count == 1 else f"the {count} cores"
    if stolen > LIMIT and stolen >= foreign:
        return Disturbance("stolen", stolen, f"other machines took at least {stolen:.0%} of {cores}")
    if foreign > LIMIT:
        return Disturbance("foreign", foreign, f"other programs used at least {foreign:.0%} of {cores}")
    return None


def shortest_wall_s(tick_s: float) -> float:
    """Give the shortest time that can be judged: there one tick on each core is the limit. The cores cancel out."""
    return tick_s / LIMIT


def _shares(
    before: Mapping[int, Core], after: Mapping[int, Core], *, wall_s: float, own_s: float, tick_s: float
) -> tuple[float, float]:
    """Give the foreign and the stolen share, as far as they are certain.

    Busy time is a count of ticks that met a program: it errs by several percent where programs run in short pieces. Idle
    time is exact on most kernels, and nonsense in some containers. The smaller of the two answers is believed.
    """
    busy_s, idle_s, stolen_s = (
        sum(getattr(after[cpu], state) - getattr(before[cpu], state) for cpu in after)
        for state in ("busy_s", "idle_s", "stolen_s")
    )
    room_s, doubt_s = wall_s * len(after), tick_s * len(after)
    if not 0.0 <= stolen_s <= room_s + doubt_s:  # some hypervisors let it jump
        stolen_s = 0.0
    foreign_s = min(busy_s, room_s - idle_s - stolen_s) - own_s
    return tuple(min(max(lost_s - doubt_s, 0.0) / room_s, 1.0) for lost_s in (foreign_s, stolen_s))


def look_at(cpus: frozenset[int], *, stat: Path = Path("/proc/stat")) -> Moment:
    """Read clocks and core times now. A system that does not tell some of them gives the rest."""
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    try:
        text = stat.read_text(encoding="ascii", errors="replace")
    except OSError:  # macOS
        text = ""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Moment(
        wall_s=time.monotonic(),
        asleep_s=asleep_s(),
        engine_cpu_s=time.process_time() if usable() & cpus else 0.0,  # elsewhere it takes nothing from the sample
        children_cpu_s=children.ru_utime + children.ru_stime,
        cores=dict(read_cores(text, cpus, tick_s=tick_s)),
        tick_s=tick_s,
    )


def read_cores(stat: str, cpus: frozenset[int], *, tick_s: float) -> Iterator[tuple[int, Core]]:
    """Read the times of some cores from the text of /proc/stat; lines that are not as expected are passed over."""
    for line in stat.splitlines():
        name, *counts = line.split() or [""]
        number = name.removeprefix("cpu")
        if number == name or not number.isdecimal() or int(number) not in cpus:
            continue
        try:
            user, nice, system, idle, iowait, irq, softirq, stolen = (int(count) * tick_s for count in counts[:8])
        except ValueError:
            continue
        yield int(number), Core(user + nice + system, idle + iowait + irq + softirq, stolen)


def asleep_s() -> tuple[float, float]:
    """Give the least and the most time that the machine can have been suspended since boot."""
    if sys.platform == "darwin":
        always, awake = time.CLOCK_MONOTONIC_RAW, time.CLOCK_UPTIME_RAW
    elif hasattr(time, "CLOCK_BOOTTIME"):
        always, awake = time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC
    else:
        return 0.0, 0.0
    earlier = time.clock_gettime(awake)
    told = time.clock_gettime(always)
    return told - time.clock_gettime(awake), told - earlier
