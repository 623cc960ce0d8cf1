"""The two sandboxes of a session, built from the contract: who sees what, and what belongs to the harness beside its tree."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.harness.cores import choose as choose_cores
from autoexp.harness.cores import usable
from autoexp.harness.kit import kit_in
from autoexp.harness.sealed import content_of, fingerprint_of
from autoexp.processes import forwarder
from autoexp.processes.proxy import Proxy, variables
from autoexp.processes.sandbox import bwrap, ladder
from autoexp.processes.sandbox.box import PYTHON, Sandbox
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.etc import etc_in
from autoexp.processes.sandbox.view import WORK, Bind
from autoexp.processes.traffic import Counts
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import LADDER, SandboxSide, place_in_tree
from autoexp.workspaces.fixtures import Fixture
from autoexp.workspaces.repository import Repository

KIT = "/kit"
_FORWARDER = Path(forwarder.__file__)


@dataclass(frozen=True, slots=True)
class Cells:
    """Both cells, the places that the measurement trees need, and a digest of what the harness has beside its tree.

    `talk` gives what the proposer sent and received so far, host by host.
    """

    proposer: Cell
    harness: Cell
    fixtures: Mapping[str, Fixture]
    beside: str
    talk: Callable[[], Mapping[str, Counts]] = dict

    @property
    def levels(self) -> dict[str, str]:
        """Give the level of each side."""
        return {"proposer": self.proposer.level, "harness": self.harness.level}


@contextmanager
def cells(
    spec: Spec, repository: Repository, cache: Path, *, environ: Mapping[str, str], allow_unsandboxed: bool = False
) -> Iterator[Cells]:
    """Build both sandboxes, with their ways out, until the block ends.

    Raises AutoexpError when a level does not hold here, and when a path that the contract names is not there.
    """
    path = environ.get("PATH", os.defpath)
    allowed = allow_unsandboxed or spec.sandbox.allow_unsandboxed
    sides = {"proposer": spec.sandbox.proposer, "harness": spec.sandbox.harness}
    chosen = {
        name: _prepared(ladder.choose(side.level, path, allow_none=allowed), cache) for name, side in sides.items()
    }
    _make_writable(spec)
    provided = _provided(spec, repository)
    beside = _beside(spec, provided)
    closed = _closed(repository, cache)
    with ExitStack() as held:
        ways = {
            name: held.enter_context(
                _with_way_out(Cell(chosen[name], side, closed=closed), cache / f"px-{name}-{os.getpid()}")
            )
            for name, side in sides.items()
        }
        made = {name: cell for name, (cell, _) in ways.items()}
        harness = _harness(spec, made["harness"], provided, kit_in(cache.parent))
        fixtures = _fixtures(spec, chosen["harness"], provided)
        yield Cells(made["proposer"], harness, fixtures, beside, ways["proposer"][1])


def _closed(repository: Repository, cache: Path) -> tuple[str, ...]:
    """Name what no command may see although it may lie below /usr or a tool: checkouts, with all that is hidden, and our state."""
    common = repository.common_dir
    places = {common, cache, repository.root or common, common.parent if common.name == ".git" else common}
    return tuple(sorted(os.path.realpath(place) for place in places))


def _prepared(sandbox: Sandbox, cache: Path) -> Sandbox:
    """Give a sandbox what it needs on disk to start quickly."""
    return replace(sandbox, etc=etc_in(cache.parent)) if isinstance(sandbox, bwrap.Bubblewrapped) else sandbox


def notice(spec: Spec, levels: Mapping[str, str]) -> str:
    """Say in one line at which level each side runs, and what is missing where that is little."""
    words = f"sandbox: proposer {_in_words('proposer', spec, levels)}, harness {_in_words('harness', spec, levels)}"
    bare = [side for side, level in levels.items() if level == "none"]
    if bare:
        words += f"; without one, {' and '.join(bare)} commands run with your own rights"
    return words


def weaker(now: str, before: str) -> bool:
    """Tell whether one level is below another on the ladder."""
    return now in LADDER and before in LADDER and LADDER.index(now) > LADDER.index(before)


def _in_words(name: str, spec: Spec, levels: Mapping[str, str]) -> str:
    side: SandboxSide = getattr(spec.sandbox, name)
    level = levels[name]
    if level in {"none", "container"}:
        return level
    network = {"off": "no network", "host": "the network of this machine"}.get(str(side.network))
    return f"{level} ({network or 'network: ' + ', '.join(side.network)})"


@contextmanager
def _with_way_out(cell: Cell, folder: Path) -> Iterator[tuple[Cell, Callable[[], Mapping[str, Counts]]]]:
    """Open the way to the hosts that a cell may reach, when it is a list of them and the level can hold it; give its counts."""
    if isinstance(cell.rules.network, str) or cell.level in {"none", "container"}:
        yield cell, dict
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = folder / bwrap.SOCKET
    try:
        with Proxy(allow=cell.rules.network, socket=socket) as proxy:
            if cell.sandbox.mounts:
                inside = replace(cell, proxy=folder, local=proxy.local, variables=variables(bwrap.PROXY_PORT))
                yield inside, proxy.counts
                return
            with _forwarding(socket) as port:
                yield replace(cell, port=port, variables=variables(port)), proxy.counts
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _forwarding(socket: Path) -> Iterator[int]:
    """Run a forwarder beside the engine, for sandboxes that share its network, and give its port."""
    ready, theirs = os.pipe()
    argv = [*PYTHON, str(_FORWARDER), "0", str(socket)]
    process = subprocess.Popen(argv, env={"AUTOEXP_READY_FD": str(theirs)}, pass_fds=[theirs])
    try:
        os.close(theirs)
        told = os.read(ready, 16)
        if not told.strip().isdigit():
            raise AutoexpError("the way out to the allowed hosts did not open", where="sandbox.network")
        yield int(told)
    finally:
        os.close(ready)
        process.kill()
        process.wait()


def _harness(spec: Spec, cell: Cell, provided: Mapping[str, Path], kit: Path) -> Cell:
    try:
        pinning = choose_cores(spec.measurement.cores, usable())
    except ValueError as error:
        raise AutoexpError(str(error), where="measurement.cores") from None
    shown = Bind(kit, KIT)
    binds = [shown, *(Bind(path) for path in _sealed(spec))]
    for place, source in provided.items():
        binds += [Bind(source, f"{WORK}/{place}"), Bind(source)]  # scripts of a venv name the place where it was made
    return replace(
        cell,
        binds=tuple(binds),
        scratch=tuple(place_in_tree(pattern) for pattern in spec.harness.writable),
        processors=None if spec.measurement.cores is None else pinning.cpus,
        variables={**cell.variables, **pinning.caps, "PYTHONPATH": cell.sandbox.sees(shown)},
    )


def _make_writable(spec: Spec) -> None:
    """Make the folders that a side may write, for what is not there cannot be shown."""
    for name, side in (("proposer", spec.sandbox.proposer), ("harness", spec.sandbox.harness)):
        for path in side.write:
            try:
                Path(path).expanduser().mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise AutoexpError(
                    f"sandbox.{name}.write names {path}, which cannot be made: {error.strerror}", where="autoexp.yaml"
                ) from None


def _provided(spec: Spec, repository: Repository) -> dict[str, Path]:
    """Give what the user's checkout provides: place in the tree -> where it is."""
    found: dict[str, Path] = {}
    for pattern in spec.harness.provide:
        place = place_in_tree(pattern)
        source = None if repository.root is None else repository.root / place
        if source is None or not source.exists():
            raise AutoexpError(
                f"harness.provide names {pattern}, and the checkout has no {place}",
                where="autoexp.yaml",
                fix="make it, or take it out of harness.provide",
            )
        found[place] = source
    return found


def _sealed(spec: Spec) -> list[Path]:
    return [_there(path, "harness.sealed") for path in spec.harness.sealed]


def _there(path: str, key: str) -> Path:
    place = Path(path).expanduser()
    if not place.exists():
        raise AutoexpError(
            f"{key} names {path}, which does not exist", where="autoexp.yaml", fix=f"make it, or take it out of {key}"
        )
    return place


def _fixtures(spec: Spec, sandbox: Sandbox, provided: Mapping[str, Path]) -> dict[str, Fixture]:
    fixtures = {place_in_tree(pattern): Fixture("folder") for pattern in spec.harness.writable}
    for place, source in provided.items():
        mount_point = Fixture("folder" if source.is_dir() else "file")
        fixtures[place] = mount_point if sandbox.mounts else Fixture("link", str(source))
    return fixtures


def _beside(spec: Spec, provided: Mapping[str, Path]) -> str:
    """Hash what numbers depend on besides the tree; empty when there is nothing."""
    readable = [_there(path, "sandbox.harness.read") for path in spec.sandbox.harness.read]
    if not (provided or spec.harness.sealed or readable):
        return ""
    try:
        parts = [fingerprint_of(provided.values()), content_of(_sealed(spec)), fingerprint_of(readable)]
    except OSError as error:
        raise AutoexpError(f"it cannot be read: {error.strerror}", where=str(error.filename)) from None
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
