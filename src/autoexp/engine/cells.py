"""The two sandboxes of a session, built from the contract: who sees what, and what belongs to the harness beside its tree."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autoexp.engine.beside import digest_of_beside, fixtures_for, make_writable, provided_by, sealed
from autoexp.engine.ways_out import Talk, with_way_out
from autoexp.errors import AutoexpError
from autoexp.harness.cores import choose as choose_cores
from autoexp.harness.cores import usable
from autoexp.harness.kit import kit_in
from autoexp.processes.sandbox import bwrap, ladder
from autoexp.processes.sandbox.box import Sandbox
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.etc import etc_in
from autoexp.processes.sandbox.homes import homes_of_tools
from autoexp.processes.sandbox.view import WORK, Bind
from autoexp.spec.model import Spec
from autoexp.spec.network import allowed_by, parse_allow, parse_network
from autoexp.spec.sandbox import LADDER, SandboxSide, place_in_tree
from autoexp.workspaces.fixtures import Fixture
from autoexp.workspaces.repository import Repository

KIT = "/kit"


_OPEN = frozenset({"none", "container"})
"""Levels at which nobody of ours stands between a command and the network."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Both cells, the places that the measurement trees need, and a digest of what the harness has beside its tree.

    `talk` gives what the proposer sent and received so far, host by host.
    """

    proposer: Cell
    harness: Cell
    fixtures: Mapping[str, Fixture]
    beside: str
    talk: Talk = dict
    left_out: tuple[str, ...] = ()

    @property
    def rules(self) -> dict[str, SandboxSide]:
        """Give what each side may see and reach."""
        return {"proposer": self.proposer.rules, "harness": self.harness.rules}

    @property
    def levels(self) -> dict[str, str]:
        """Give the level of each side."""
        return {"proposer": self.proposer.level, "harness": self.harness.level}


@contextmanager
def cells(
    spec: Spec,
    repository: Repository,
    cache: Path,
    *,
    environ: Mapping[str, str],
    hosts: tuple[str, ...] = (),
    allow_unsandboxed: bool = False,
) -> Iterator[Cells]:
    """Build both sandboxes, with their ways out, until the block ends; `hosts` are those that the proposer has to reach.

    Raises AutoexpError when a level does not hold here, and when a path that the contract names is not there.
    """
    path = environ.get("PATH", os.defpath)
    allowed = allow_unsandboxed or spec.sandbox.allow_unsandboxed
    sides = {"proposer": reaching(spec.sandbox.proposer, hosts), "harness": spec.sandbox.harness}
    chosen = {
        name: _prepared(ladder.choose(side.level, path, allow_none=allowed), cache) for name, side in sides.items()
    }
    make_writable(spec)
    provided = provided_by(spec, repository)
    beside = digest_of_beside(spec, provided)
    closed = _closed(repository, cache)
    tools = {
        **homes_of_tools(environ),
        "GIT_CONFIG_NOSYSTEM": "1",
    }  # what git may not read stops it, what is not there does not
    checkout = str(repository.root or "")
    with ExitStack() as held:
        ways = {
            name: held.enter_context(
                with_way_out(
                    Cell(chosen[name], side, closed=closed, checkout=checkout, variables=tools),
                    cache / f"px-{name}-{os.getpid()}",
                )
            )
            for name, side in sides.items()
        }
        made = {name: cell for name, (cell, _) in ways.items()}
        harness = _harness(spec, made["harness"], provided, kit_in(cache.parent))
        fixtures = fixtures_for(spec, provided, mounts=chosen["harness"].mounts)
        left_out = unreached(sides["proposer"], hosts) if made["proposer"].level not in _OPEN else ()
        yield Cells(made["proposer"], harness, fixtures, beside, ways["proposer"][1], left_out)


def _closed(repository: Repository, cache: Path) -> tuple[str, ...]:
    """Name what no command may see although it may lie below /usr or a tool: checkouts, with all that is hidden, and our state."""
    common = repository.common_dir
    places = {common, cache, repository.root or common, common.parent if common.name == ".git" else common}
    return tuple(sorted(os.path.realpath(place) for place in places))


def _prepared(sandbox: Sandbox, cache: Path) -> Sandbox:
    """Give a sandbox what it needs on disk to start quickly."""
    return replace(sandbox, etc=etc_in(cache.parent)) if isinstance(sandbox, bwrap.Bubblewrapped) else sandbox


def reaching(side: SandboxSide, hosts: tuple[str, ...]) -> SandboxSide:
    """Give the rules of a proposer that has to reach some hosts: those alone, where the contract does not say itself what it may reach.

    Raises AutoexpError when the contract closes the network to it.
    """
    if not hosts or side.network == "host" or (side.network != "off" and "network" in side.model_fields_set):
        return side
    if "network" in side.model_fields_set:
        raise AutoexpError(
            f"the proposer cannot work without its provider ({', '.join(hosts)}), and the contract gives it no network",
            where="sandbox.proposer.network",
            fix="take network: off out (only these hosts are opened then), or name the hosts there",
        )
    return side.model_copy(update={"network": parse_network(hosts)})


def unreached(side: SandboxSide, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Give those of a proposer's hosts that the contract's own list leaves out."""
    if isinstance(side.network, str):
        return ()
    entries = [parse_allow(entry) for entry in side.network]
    wanted = [(host, parse_allow(host)) for host in hosts]
    return tuple(
        host for host, one in wanted if one not in entries and (one.below or not allowed_by(entries, one.endpoint))
    )


def notice(rules: Mapping[str, SandboxSide], levels: Mapping[str, str], *, left_out: tuple[str, ...] = ()) -> str:
    """Say in one line at which level each side runs, what is missing where that is little, and whom the proposer cannot reach."""
    words = f"sandbox: proposer {_in_words('proposer', rules, levels)}, harness {_in_words('harness', rules, levels)}"
    bare = [side for side, level in levels.items() if level == "none"]
    if bare:
        words += f"; without one, {' and '.join(bare)} commands run with your own rights"
    if left_out:
        words += f"; sandbox.proposer.network leaves out {', '.join(left_out)}, where the proposer asks its provider"
    return words


def weaker(now: str, before: str) -> bool:
    """Tell whether one level is below another on the ladder."""
    return now in LADDER and before in LADDER and LADDER.index(now) > LADDER.index(before)


def _in_words(name: str, rules: Mapping[str, SandboxSide], levels: Mapping[str, str]) -> str:
    side = rules[name]
    level = levels[name]
    if level in _OPEN:
        return level
    network = {"off": "no network", "host": "the network of this machine"}.get(str(side.network))
    return f"{level} ({network or 'network: ' + ', '.join(side.network)})"


def _harness(spec: Spec, cell: Cell, provided: Mapping[str, Path], kit: Path) -> Cell:
    try:
        pinning = choose_cores(spec.measurement.cores, usable())
    except ValueError as error:
        raise AutoexpError(str(error), where="measurement.cores") from None
    shown = Bind(kit, KIT)
    binds = [shown, *(Bind(path) for path in sealed(spec))]
    for place, source in provided.items():
        binds += [Bind(source, f"{WORK}/{place}"), Bind(source)]  # scripts of a venv name the place where it was made
    return replace(
        cell,
        binds=tuple(binds),
        scratch=tuple(place_in_tree(pattern) for pattern in spec.harness.writable),
        processors=None if spec.measurement.cores is None else pinning.cpus,
        variables={**cell.variables, **pinning.caps, "PYTHONPATH": cell.sandbox.sees(shown)},
    )
