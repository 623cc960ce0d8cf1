"""Clocks, what makes numbers noisy, and the Python that a harness would get."""

import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from autoexp.engine.doctor.finding import Finding
from autoexp.harness.fingerprint import fingerprint
from autoexp.harness.quiet import Disturbance, Watch

_MOMENT_S = 0.3
_MAY_DIFFER_S = 0.01
_COARSE_S = 1e-4
_SLOW_CLOCKS = frozenset({"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"})
_KIT_NEEDS = (3, 8)


def findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look for a moment at clocks and load, then at settings and Python."""
    watch = Watch.begin()
    apart = _apart(_MOMENT_S)
    disturbance = watch.end(own_cpu_s=0.0)
    yield from clock(apart, _step(), boot=_text("/proc/sys/kernel/random/boot_id"), source=_text(_SOURCE))
    facts = fingerprint(environ)
    yield from noise(facts, disturbance)
    yield from python(facts["python"], environ.get("PATH", os.defpath))


_SOURCE = "/sys/devices/system/clocksource/clocksource0/current_clocksource"


def clock(apart_s: float, step_s: float, *, boot: str, source: str) -> Iterator[Finding]:
    """Judge the clocks: how far wall and monotonic time went apart in a moment, and the smallest step that was seen."""
    words = f"smallest step {step_s * 1e9:.0f} ns" + (f", source {source}" if source else "")
    if abs(apart_s) > _MAY_DIFFER_S:
        yield Finding(
            "clock",
            "warning",
            f"wall and monotonic clock went {abs(apart_s) * 1e3:.0f} ms apart in {_MOMENT_S:g} s",
            do="somebody sets the clock; let a time service steer it slowly. Limits and durations here are monotonic",
        )
    if step_s > _COARSE_S:
        yield Finding("clock", "warning", f"{words}: short runs cannot be told apart", do="measure longer runs")
    elif source in _SLOW_CLOCKS:
        yield Finding(
            "clock",
            "warning",
            f"{words}: reading it is slow",
            do="see in the kernel's log why tsc was given up; harnesses should read the clock rarely",
        )
    else:
        yield Finding("clock", "ok", words)
    if not boot:
        yield Finding(
            "clock",
            "warning",
            "the boot cannot be told: after a restart samples of before it may be taken for later ones",
        )


def noise(facts: Mapping[str, str], disturbance: Disturbance | None) -> Iterator[Finding]:
    """Name what makes numbers noisy. None of it is wrong: noisy numbers need more runs."""
    hints = {
        "governor": {
            "powersave": "sudo cpupower frequency-set --governor performance",
            "ondemand": "sudo cpupower frequency-set --governor performance",
            "schedutil": "sudo cpupower frequency-set --governor performance",
            "conservative": "sudo cpupower frequency-set --governor performance",
        },
        "turbo": {"on": "switch turbo off while you measure: the first seconds of a run are faster than the rest"},
        "smt": {"on": "keep the machine idle, or switch the second threads of cores off"},
    }
    calm = True
    for name, doing in hints.items():
        if do := doing.get(facts.get(name, "")):
            calm = False
            yield Finding("noise", "warning", f"{name} is {facts[name]}", do=do)
    if disturbance is not None:
        calm = False
        yield Finding(
            "noise",
            "warning",
            f"in {_MOMENT_S:g} s just now {disturbance.words}",
            do="end them, or use measurement.cores",
        )
    told = f"{facts['cores']} cores, {facts['cpu']}"
    if quota := facts.get("cpu_quota"):
        told += f", of which a control group grants {quota}"
    yield Finding("machine", "ok", told + (", nothing disturbs it just now" if calm else ""))


def python(version: str, path: str) -> Iterator[Finding]:
    """Say which Python a harness gets that calls `python` or `python3`."""
    program = shutil.which("python", path=path) or shutil.which("python3", path=path)
    if program is None:
        yield Finding("python", "warning", "PATH has none", do="a harness in Python needs one; others do not")
        return
    words = f"a harness gets {version or 'unknown'} from {program}"
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        yield Finding("python", "warning", f"{words}: it does not tell its version", do=f"try: {program} -V")
    elif (int(found[1]), int(found[2])) < _KIT_NEEDS:
        yield Finding(
            "python", "warning", f"{words}: too old for autoexp.harness_kit", do="put 3.8 or newer first on PATH"
        )
    elif shutil.which("python", path=path) is None:
        yield Finding("python", "ok", f"{words}; there is no `python`, so call it python3")
    else:
        yield Finding("python", "ok", words)


def _apart(moment_s: float) -> float:
    """Give by how much the wall clock went ahead of the monotonic one in a moment."""
    before = _ahead()
    time.sleep(moment_s)
    return _ahead() - before


def _ahead() -> float:
    """Give how far the wall clock is ahead, from the quickest of a few readings: between two of them others may run."""
    readings = []
    for _ in range(9):
        first, wall, last = time.monotonic(), time.time(), time.monotonic()  # noqa: TID251  the edge where clocks are read
        readings.append((last - first, wall - (first + last) / 2))
    return min(readings)[1]


def _step() -> float:
    """Give the smallest step of the clock that a harness would read."""
    smallest = float("inf")
    for _ in range(200):
        before = after = time.perf_counter_ns()
        while after == before:
            after = time.perf_counter_ns()
        smallest = min(smallest, after - before)
    return smallest / 1e9


def _text(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    return ""
