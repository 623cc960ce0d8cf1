"""A loop as it is often written: edit, commit, run the benchmark in the tree, compare, reset. It shows which attacks bite."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.attacks.attack import Attack, script
from tests.attacks.facts import Facts, Finding
from tests.attacks.world import World, by_content, state

_BETTER = 0.7
_PATIENCE_S = 3
_KIT = str(Path(__file__).parents[2] / "src")


def naively(root: Path, attack: Attack, *, kind: str) -> Finding:
    """Give what becomes of an attack in a naive loop, in a repository of its own below `root`."""
    world = World(root / attack.id, kind)
    with contextlib.closing(world):
        return _tried(world, attack)


def _tried(world: World, attack: Attack) -> Finding:
    best = min(_bench(world) for _ in range(3))
    if best == float("inf"):
        raise RuntimeError(f"the benchmark does not run: {_shell(world, 'python bench.py 2>&1')}")
    before = state(world.repo, by_content)
    facts = Facts(world, [attack])
    facts.reached = 1
    _shell(world, world.filled(script(attack), attack.id, 1))
    if attack.active:
        _shell(world, "python - <<'END_OF_ACTIVE'\n" + world.filled(attack.active, attack.id, 1) + "\nEND_OF_ACTIVE")
    _shell(world, "git add -A && git commit -qm 'experiment 1'")
    kept = _bench(world) < best * _BETTER and _passes(world)
    if not kept:
        _shell(world, "git reset -q --hard HEAD~1; git clean -qfd")
    facts.end()
    persists = _left(before, state(world.repo, by_content), kept=kept)
    if not kept:
        later = min(_bench(world) for _ in range(3))
        if not best / 3 < later < best * 3:
            persists.append("later numbers are wrong")
    facts.look_at_the_end(whole=False)
    said = (world.root / "all-said").read_text(errors="replace")
    return facts.finding_outside(attack.id, kept=kept, persists=tuple(persists), said=said)


def _left(before: Mapping[str, str], now: Mapping[str, str], *, kept: bool) -> list[str]:
    """Say what is not as before, of all that such a loop is not meant to change."""
    own = re.compile(r"\.git/(index|refs/heads/main)$|__pycache__/.*\.pyc$")
    paths = sorted(path for path in {*before, *now} if before.get(path) != now.get(path) and not own.search(path))
    return [f"the user's {path} changed" for path in paths if path.startswith(".git/") or not kept]


def _passes(world: World) -> bool:
    return _shell(world, "python checks.py") is not None


def _bench(world: World) -> float:
    """Give the last number that the benchmark prints, as such loops do."""
    printed = _shell(world, "python bench.py") or ""
    found = re.findall(r"^METRIC time_ms=(\S+)", printed, re.MULTILINE)
    with contextlib.suppress(ValueError, IndexError):
        return float(found[-1])
    return float("inf")


def _shell(world: World, text: str) -> str | None:
    """Run a text of the shell in the tree; None when it fails or takes too long."""
    out = world.root / "said"
    with out.open("wb") as stream:
        process = subprocess.Popen(
            ["sh", "-c", text],
            cwd=world.repo,
            env={**world.environ(), "PYTHONPATH": _KIT},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        try:
            code = process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            code = 1
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    said = out.read_text(errors="replace")
    with (world.root / "all-said").open("a") as everything:
        everything.write(said[:100_000])
    return None if code else said
