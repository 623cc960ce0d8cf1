# ruff: noqa: T201  a program that prints what it finds
"""Run every attack at every level, store what was found, and write the table of docs/attacks.md from it.

    python -m tests.attacks.table [--level bwrap --user root --room forge ...] [--only-write]

Results that are not run again stay as they are.
"""

import argparse
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.attacks.attack import CLASSES, Attack
from tests.attacks.campaign import attacked
from tests.attacks.catalogue import ATTACKS
from tests.attacks.facts import Finding
from tests.attacks.naive import naively
from tests.attacks.page import plain, write_page

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "tests/attacks/results.json"
LEVELS = ("bwrap", "landlock", "none")
UNPRIVILEGED = 12345
_FEW = 3
_AS_OTHER = (
    "setpriv",
    f"--reuid={UNPRIVILEGED}",
    f"--regid={UNPRIVILEGED}",
    "--clear-groups",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--no-new-privs",
)
KIT_ROOMS = ("forge", "cache", "detect")
"""Classes where it matters that the harness keeps its candidate in another process."""


def main() -> int:
    """Run what was asked for; exit 1 when something is not held where bwrap is."""
    asked = _arguments()
    if asked.worker:
        print(json.dumps(_worked(asked.worker, asked.kind[0], asked.level[0], asked.room[0])))
        return 0
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {"runs": {}, "naive": {}}
    if not asked.only_write:
        _run(asked, results)
    write_page(results, ATTACKS)
    bad = _failures(results)
    print(*bad, f"{len(ATTACKS)} attacks, {len(bad)} not held at bwrap", sep="\n")
    return 1 if bad else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    own = "root" if os.getuid() == 0 else "user"
    parser.add_argument("--level", nargs="*", default=list(LEVELS))
    parser.add_argument("--user", nargs="*", default=["root", "user"] if own == "root" else ["user"])
    parser.add_argument("--kind", nargs="*", default=["importing", "kit", "bare"])
    parser.add_argument("--room", nargs="*", default=list(CLASSES))
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--only-write", action="store_true", help="write the page from the results that are there")
    parser.add_argument("--worker", metavar="FOLDER", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(asked: argparse.Namespace, results: dict[str, Any]) -> None:
    for level in asked.level:
        for user in asked.user:
            for kind in asked.kind:
                for room in asked.room:
                    if (kind == "importing" or room in KIT_ROOMS) and (kind != "bare" or level == "bwrap"):
                        found = _apart(level, user, kind, room)
                        _store(results, f"{level}:{user}:{kind}:{room}", found)
    for room in asked.room if asked.naive else ():
        _store(results, f"naive/{room}", {attack.id: _naively(attack) for attack in _of(room)}, where="naive")


def _store(results: dict[str, Any], name: str, found: Mapping[str, Any], *, where: str = "runs") -> None:
    if where == "naive":
        results["naive"].update({key: short(value) for key, value in found.items()})
    else:
        findings = {key: short(value) for key, value in found["findings"].items()}
        results["runs"][name] = {"findings": findings, "broken": [plain(words) for words in found["broken"]]}
    open_ones = [key for key, value in found.get("findings", {}).items() if not _finding(value).held]
    print(f"{name}: {len(found.get('findings', found))} attacks", *open_ones, *found.get("broken", ()), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def short(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Give a finding as it is stored: few of many effects, and no paths of this machine."""
    stored = {
        "kept": finding.get("kept"),
        "persists": _few(finding.get("persists", ())),
        "escaped": _few(finding.get("escaped", ())),
        "decided": plain(finding.get("decided", "")),
    }
    return {key: value for key, value in stored.items() if value}


def _few(found: Sequence[str]) -> list[str]:
    more = [f"and {len(found) - _FEW} more"] if len(found) > _FEW else []
    return [plain(words) for words in found[:_FEW]] + more


def _apart(level: str, user: str, kind: str, room: str) -> dict[str, Any]:
    """Run one campaign's attacks in a process of its own, as the user that is asked for."""
    folder = Path(tempfile.mkdtemp(prefix="attacked-"))
    command = [sys.executable]
    if user == "user" and os.getuid() == 0:
        os.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        command = [*_AS_OTHER, _python_for_others()]
    command += ["-m", "tests.attacks.table", "--worker", str(folder)]
    command += ["--level", level, "--kind", kind, "--room", room]
    paths = [str(ROOT), str(ROOT / "src"), *(path for path in sys.path if path.endswith("site-packages"))]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        return {"findings": {}, "broken": [f"the run itself failed with exit code {done.returncode}"]}
    return json.loads(done.stdout.splitlines()[-1])


def _python_for_others() -> str:
    """Give an interpreter of the same version that another user may start: ours may lie in a closed folder."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for name in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        test = [
            *_AS_OTHER,
            name,
            "-c",
            "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)",
        ]
        if Path(name).exists() and subprocess.run(test, capture_output=True, check=False).returncode == 0:
            return name
    sys.exit(f"no python{version} that another user may start: use --user root")


def _worked(folder: str, kind: str, level: str, room: str) -> dict[str, Any]:
    report = attacked(Path(folder), _of(room), kind=kind, level=level)
    found = {name: dataclasses.asdict(finding) for name, finding in report.findings.items()}
    return {"findings": found, "broken": report.broken}


def _naively(attack: Attack) -> dict[str, Any]:
    """Try a naive loop with the importing harness, and with the kit where nothing came of that."""
    found: dict[str, Any] = {}
    for kind in ("importing", "kit"):
        with tempfile.TemporaryDirectory(prefix="attacked-", ignore_cleanup_errors=True) as folder:
            finding = naively(Path(folder), attack, kind=kind)
        found = found or dataclasses.asdict(finding)
        if not finding.held:
            return dataclasses.asdict(finding)
    return found


def _failures(results: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {words}"
        for name, run in results["runs"].items()
        if name.startswith("bwrap/") and "/bare/" not in name
        for words in (*(key for key, value in run["findings"].items() if not _finding(value).held), *run["broken"])
    ]


def _of(room: str) -> Sequence[Attack]:
    return [attack for attack in ATTACKS if attack.room == room]


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding(**value)


if __name__ == "__main__":
    sys.exit(main())
