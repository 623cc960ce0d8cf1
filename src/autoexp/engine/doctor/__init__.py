"""`autoexp doctor`: what of this machine a campaign would meet, and how to mend it. Nothing is changed or recorded."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autoexp.engine.doctor import agents, asked, disk, machine, places, sandboxes
from autoexp.engine.doctor.finding import Finding
from autoexp.errors import AutoexpError
from autoexp.processes.sandbox.ladder import Rung


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All findings in the order in which they are read, and every level of the sandbox."""

    findings: tuple[Finding, ...]
    levels: tuple[Rung, ...]

    @property
    def usable(self) -> bool:
        """Tell whether a campaign can run on this machine at all."""
        return not any(finding.hopeless for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        taken = sandboxes.taken(self.levels)
        return {
            "usable": self.usable,
            "sandbox": {
                "auto": taken.level if taken else None,
                "levels": [
                    {"level": rung.level, "holds": rung.holds, "words": rung.words, "mend": rung.mend}
                    for rung in self.levels
                ],
            },
            "findings": [finding.as_json() for finding in self.findings],
        }


def examine(folder: Path, *, environ: Mapping[str, str]) -> Diagnosis:
    """Look at the machine, and at the repository around `folder` if there is one.

    Raises AutoexpError when the folder itself is not there.
    """
    if not folder.is_dir():
        raise AutoexpError("there is no such folder", where=str(folder), fix="name one with --repo, or leave it out")
    levels = sandboxes.levels(environ.get("PATH", os.defpath))
    looked = places.look(folder)
    return Diagnosis(
        (
            *sandboxes.findings(levels),
            *looked.findings,
            *asked.findings([place for place in (folder, looked.root) if place], levels),
            *disk.findings(looked.common_dir, environ),
            *machine.findings(environ),
            *agents.findings(environ),
        ),
        levels,
    )
