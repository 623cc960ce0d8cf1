"""What every command of a harness needs, and one start of such a command."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autoexp.processes import Finished, run
from autoexp.processes.environment import Environment, environment
from autoexp.processes.masking import mask
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec.sections import Command, HarnessSection, MetricSection

STEADY = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
"""Set for every command of a harness, unless `harness.env` says otherwise: the tree stays clean of __pycache__, and the
order of a Python set does not add noise."""

TAIL_LINES, TAIL_BYTES = 30, 2000


@dataclass(frozen=True, slots=True)
class Bench:
    """The sealed commands with all that stays the same between their runs.

    `output` is the campaign's folder for what commands print, `marker` names the campaign's processes, `environ` is the
    caller's environment, `scratch` is where private folders are made (None: the system's temporary folder), `cell` is the
    sandbox that they run in.
    """

    harness: HarnessSection
    metrics: Mapping[str, MetricSection]
    output: Path
    marker: str
    environ: Mapping[str, str]
    stop: Callable[[], bool] | None = None
    warmup: int = 0
    scratch: Path | None = None
    cell: Cell = Cell()

    @contextmanager
    def surroundings(self, **own: str) -> Iterator[Environment]:
        """Give the environment of one sample or check, with private folders that go when the block ends."""
        env = dict(self.harness.env)
        if "PYTHONPATH" in env and (kit := self.cell.variables.get("PYTHONPATH")):
            env["PYTHONPATH"] = f"{env['PYTHONPATH']}:{kit}"
        with environment(
            self.environ,
            env=env,
            env_from=self.harness.env_from,
            own={**STEADY, **self.cell.variables, **own},
            marker=self.marker,
            scratch=self.scratch,
            homes=self.cell.sandbox.homes,
        ) as surroundings:
            yield surroundings

    def start(
        self,
        command: Command,
        tree: Path,
        around: Environment,
        *,
        timeout_s: float,
        files: "Files",
        reports: bool = False,
    ) -> Finished:
        """Run one command in a tree, or below it when the contract says so; with `reports` it may report privately."""
        files.stdout.parent.mkdir(parents=True, exist_ok=True)
        return run(
            command,
            cwd=tree / self.harness.cwd,
            env=around.variables,
            limits=self.cell.limits(timeout_s),
            stdout=files.stdout,
            stderr=files.stderr,
            marker=self.marker,
            stop=self.stop,
            box=self.cell.box(tree, around, cwd=self.harness.cwd),
            report=files.report if reports else None,
        )

    def files(self, name: str) -> "Files":
        """Give the places of what a command prints; `name` is relative to the output folder."""
        return Files(f"{name}.out", *(self.output / f"{name}.{end}" for end in ("out", "err", "report")))


@dataclass(frozen=True, slots=True)
class Files:
    """Where one command's output is stored; `name` is stdout's place below the output folder."""

    name: str
    stdout: Path
    stderr: Path
    report: Path

    def tail(self, secrets: tuple[str, ...] = (), *, printed: bool = False) -> str:
        """Give the last lines of stderr, else of stdout, masked and cut to about 2 kB; with `printed` those of stdout first."""
        for path in (self.stdout, self.stderr) if printed else (self.stderr, self.stdout):
            if text := tail(path, secrets):
                return text
        return ""


def tail(path: Path, secrets: tuple[str, ...] = ()) -> str:
    """Give the last lines of a file, masked and cut; empty when there is none."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            # Secrets are masked before the cut, or half of one could stay.
            stream.seek(max(size - 16 * TAIL_BYTES, 0))
            read = mask(stream.read(), secrets)
    except OSError:
        return ""
    lines = read[-TAIL_BYTES:].decode("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-TAIL_LINES:])


def told(reason: str, output: str) -> str:
    """Join a reason and the output that goes with it."""
    return f"{reason}\n{output}" if reason and output else reason or output
