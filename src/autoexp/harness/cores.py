"""The processor cores that a measurement runs on, and how many threads its libraries may start there."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TREE = Path("/sys/devices/system/cpu")
_CAPS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "BLOSC_NTHREADS",
    "LOKY_MAX_CPU_COUNT",
    "PYTHON_CPU_COUNT",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "TOKIO_WORKER_THREADS",
    "GOMAXPROCS",
    "JULIA_NUM_THREADS",
)


@dataclass(frozen=True, slots=True)
class Pinning:
    """The CPUs of a measurement, the variables that keep libraries to them, and who else is there.

    `siblings` share a core with the measurement: what runs there slows it down, so they belong to what is watched.
    `rest` is for engine and agent: no core of it is in use; where it is empty, agent and measurement take turns.
    """

    cpus: frozenset[int]
    caps: Mapping[str, str] = field(default_factory=dict)
    siblings: frozenset[int] = frozenset()
    rest: frozenset[int] = frozenset()

    @property
    def watched(self) -> frozenset[int]:
        """The CPUs on which others disturb the measurement."""
        return self.cpus | self.siblings


def choose(
    cores: int | None, available: frozenset[int], *, siblings: Mapping[int, frozenset[int]] | None = None
) -> Pinning:
    """Choose the CPUs of a measurement: all that are available and no caps for None, else as many as asked for.

    CPU 0, where most interrupts land, comes last, and a second thread of a core that is in use only when no whole core
    is left. The same question gets the same answer. `siblings` are the CPUs that share a core with each; by default the
    system is asked. Raises ValueError, in words, when there are not so many.
    """
    if cores is None:
        return Pinning(available)
    if not 1 <= cores <= len(available):
        listed = ", ".join(map(str, sorted(available)))
        raise ValueError(
            f"a measurement cannot have {cores} CPUs: this process may use {len(available)} ({listed}); "
            f"ask for 1 to {len(available)}, or for none to use them all"
        )
    shared = shared_cores(available) if siblings is None else siblings
    cpus = frozenset(sorted(available, key=lambda cpu: _rank(cpu, available, shared))[:cores])
    in_use = cpus.union(*(shared.get(cpu, frozenset()) for cpu in cpus))
    return Pinning(cpus, thread_caps(cores), siblings=in_use - cpus, rest=available - in_use)


def _rank(cpu: int, available: frozenset[int], siblings: Mapping[int, frozenset[int]]) -> tuple[bool, int, bool, int]:
    """Order CPUs by what is lost with them, the best first."""
    core = siblings.get(cpu, frozenset()) | {cpu}
    earlier = sum(other < cpu for other in core & available - {0})
    return cpu == 0, earlier, 0 in core, cpu


def thread_caps(n: int) -> dict[str, str]:
    """Give the variables by which thread pools of common libraries and runtimes start `n` threads at most."""
    return dict.fromkeys(_CAPS, str(n))


def usable() -> frozenset[int]:
    """Give the CPUs that this process may use; where the system does not tell, all of them."""
    try:
        return frozenset(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return frozenset(range(os.cpu_count() or 1))


def shared_cores(cpus: frozenset[int], *, tree: Path = _TREE) -> dict[int, frozenset[int]]:
    """Give the CPUs that share a core with each CPU, itself with them; a CPU that the system is silent about is left out."""
    return {cpu: found for cpu in cpus if (found := _listed(tree / f"cpu{cpu}/topology/thread_siblings_list"))}


def _listed(file: Path) -> frozenset[int]:
    """Read a list such as `0-2,8`; anything else is an empty one."""
    try:
        parts = file.read_text(encoding="ascii").strip().split(",")
        return frozenset(cpu for part in parts for cpu in _span(part))
    except (OSError, ValueError):
        return frozenset()


def _span(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)


def strayed(pid: int, pinning: Pinning) -> frozenset[int]:
    """Give the CPUs beyond the pinning that a process, or a thread of it, has allowed itself; none when it is gone."""
    return frozenset().union(*_affinities(pid)) - pinning.cpus


def _affinities(pid: int) -> Iterator[frozenset[int]]:
    for thread in _threads(pid):
        try:
            yield frozenset(os.sched_getaffinity(thread))
        except (OSError, AttributeError):  # it has ended, or macOS
            continue


def _threads(pid: int) -> list[int]:
    try:
        return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return [pid]
