"""Eight small contracts with one planted fault each, and their clean twins: `write` makes a repository of one."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.audits.projects import cache, dedupe, durations, ledger, pack, parcels, report, spam
from tests.audits.shape import Project

PROJECTS = tuple(module.PROJECT for module in (report, ledger, dedupe, cache, pack, spam, durations, parcels))
"""One for each of eight audits."""


def _harness(project: Project, **more: object) -> dict[str, Any]:
    return {"harness": {**project.contract["harness"], **more}}


MORE = (
    replace(report.PROJECT, planted="no-checks", sections=_harness(report.PROJECT, checks=None)),
    replace(
        parcels.PROJECT,
        planted="no-holdout",
        files={"holdout/run.py": None},
        sections={"scope": {"edit": ["target.py"]}, **_harness(parcels.PROJECT, holdout=None)},
    ),
    replace(
        cache.PROJECT,
        planted="disguise",
        files={},
        sections={
            "metrics": {
                "hit_ratio": {"role": "secondary", "direction": "higher"},
                "memory_mb": {"role": "secondary", "direction": "lower"},
            },
            "objective": {
                "kind": "weighted",
                "expression": "1000 * hit_ratio - 0.01 * memory_mb",
                "direction": "higher",
            },
        },
    ),
    replace(
        ledger.PROJECT,
        planted="same-process",
        files={"harness/child.py": ledger.SAME_PROCESS},
    ),
    replace(
        parcels.PROJECT,
        planted="dated-data",
        files={
            "harness/bench.py": parcels.BENCH.replace("import os\n", "from datetime import date\n").replace(
                'os.environ["AUTOEXP_SEED"]', "date.today().isoformat()"
            )
        },
    ),
)
"""Faults of five audits more, in the same projects."""
LIGHT = ("cache",)
"""Those that the short tests run."""


def write(project: Project, folder: Path, *, faulty: bool) -> Path:
    """Commit a project to a new repository, with its fault or without, and give the path of its autoexp.yaml."""
    files = {**project.clean, **(project.files if faulty else {})}
    sections = {**project.contract, **(project.sections if faulty else {})}
    for name, content in files.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    spec = folder / "autoexp.yaml"
    spec.write_text(json.dumps(_without_nothing(sections), indent=2), encoding="utf-8")
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@example.org commit -qm start"):
        subprocess.run(["git", "-C", str(folder), *command.split()], check=True)
    return spec


def _without_nothing(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is None."""
    return {
        key: _without_nothing(value) if isinstance(value, Mapping) else value
        for key, value in sections.items()
        if value is not None
    }
