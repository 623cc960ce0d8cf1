"""Attacks as the experiments of a real campaign, run by the real command line, and what the facts say afterwards."""

import base64
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.attacks import project
from tests.attacks.attack import Attack, script
from tests.attacks.facts import Facts, Finding
from tests.attacks.world import World

PATIENCE_S = 240
_LOOK_EVERY_S = 0.04


@dataclass
class Report:
    """What a campaign of attacks came to: a finding for each, and what the controls that failed have to say."""

    findings: dict[str, Finding] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def attacked(root: Path, attacks: Sequence[Attack], *, kind: str, level: str) -> Report:
    """Run attacks, then the honest edits, in campaigns below `root`.

    After one that is kept, or that ends its campaign, the rest go on in a new repository: they are not to be measured
    against a forgery.
    """
    report, waiting, run = Report(), list(attacks), 0
    while waiting:
        world = World(root / f"{run}", kind)
        with contextlib.closing(world):
            done, broken = _campaign(world, waiting, level)
        report.findings |= done
        if not done:
            report.broken += [*broken, f"never run: {', '.join(attack.id for attack in waiting)}"]
            break
        waiting = [attack for attack in waiting if attack.id not in done]
        report.broken += broken if not waiting else []
        run += 1
    return report


def _campaign(world: World, attacks: Sequence[Attack], level: str) -> tuple[dict[str, Finding], list[str]]:
    """Run one campaign as far as its findings can be believed, and give them with what the controls have to say."""
    _write(world, attacks, level)
    facts = Facts(world, attacks)
    code, printed = _watched(world, facts)
    rows = _rows(world)
    decided = {row["n"]: row for row in rows or () if row["n"]}
    last = [row for row in decided.values() if row["status"] != "infra_error"]  # after that an edit is made again
    whole = code == 0 and rows is not None and len(last) == len(attacks) + len(project.controls())
    numbers = facts.named(decided)
    facts.look_at_the_end(whole=whole)
    done: dict[str, Finding] = {}
    for attack in attacks:
        n = numbers.get(attack.id, 0)
        if not n:
            break
        found = facts.finding(n, attack.id, decided.get(n))
        if rows is None and found.held and n < facts.reached:
            continue  # the log cannot be read any more: once again, without the one that did it
        done[attack.id] = found
        if found.kept:
            return done, ["an attack was kept"]
    if whole:
        return done, facts.controls(last[len(attacks) :])
    culprit = next((name for name, n in numbers.items() if n == facts.reached), "")
    if culprit not in done:
        return done, [f"the campaign ended with exit code {code}: {printed[-1500:]}"]
    done[culprit] = done[culprit].wrecked(code, printed)
    return done, []


def _write(world: World, attacks: Sequence[Attack], level: str) -> None:
    edits: list[dict[str, Any]] = [
        {"description": f"attack {attack.id}", "run": world.filled(script(attack), attack.id, n)}
        for n, attack in enumerate(attacks, start=1)
    ]
    active = any(attack.active for attack in attacks)
    proposer = "{kind: command, command: python propose.py, timeout: 4s}" if active else ""
    if active:
        for n, attack in enumerate(attacks, start=1):
            edits[n - 1]["active"] = world.filled(attack.active, attack.id, n)
        (world.repo / "propose.py").write_text(project.PROPOSE, encoding="utf-8")
        # Encoded, or the trees would hold the marks by right.
        (world.repo / "edits").write_bytes(base64.b64encode(json.dumps(edits + project.controls()).encode()))
        project.git(world.repo, "add", "propose.py", "edits")
        project.git(world.repo, "commit", "-qm", "a proposer")
    else:
        (world.repo / "edits.yaml").write_text(json.dumps(edits + project.controls()), encoding="utf-8")
    text = project.contract(kind=world.kind, level=level, **({"proposer": proposer} if proposer else {}))
    (world.repo / "autoexp.yaml").write_text(text, encoding="utf-8")


def command(*arguments: str, repo: Path) -> list[str]:
    """Give the argument list of the real command line."""
    return [sys.executable, "-m", "autoexp", *arguments, "--repo", str(repo)]


def _watched(world: World, facts: Facts) -> tuple[int, str]:
    """Run the campaign and look at the world all the while."""
    out = world.root / "printed"
    deadline = time.monotonic() + PATIENCE_S
    with out.open("wb") as stream:
        process = subprocess.Popen(
            command("run", repo=world.repo), env=world.environ(), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )
        try:
            while process.poll() is None and time.monotonic() < deadline:
                facts.look()
                if facts.is_forged:
                    process.terminate()
                    _wait(process)
                time.sleep(_LOOK_EVERY_S)
        finally:
            process.kill()
            code = process.wait()
            facts.end()
    return code, out.read_text(encoding="utf-8", errors="replace")


def _wait(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)


def _rows(world: World) -> list[dict[str, Any]] | None:
    """Give the rows of the log; None when it cannot be read any more."""
    done = subprocess.run(
        command("log", "--json", repo=world.repo), env=world.environ(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        return None
    return [row for row in json.loads(done.stdout) if row["n"] or row["segment"] == 0]
