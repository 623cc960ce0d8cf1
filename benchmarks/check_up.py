"""What `autoexp check` finds in contracts with planted faults, and what in their clean twins and in the labs.

    python benchmarks/check_up.py --check            # all, and exit code 1 when less is found, or more, than promised
    python benchmarks/check_up.py cache spam -v      # some of them, with every finding

Promised: each of eight planted faults by the name of its audit, at most one false finding in all eight clean twins, six of
the seven faults of labs/etl-as-published, none in labs/etl. Five more faults, of audits that are easily right, come without twins of their own.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.audits.acceptance import FAULTS, Seen, examine, faults_in
from tests.audits.contracts import MORE, PROJECTS, write
from tests.audits.shape import Project

from autoexp import api

PUBLISHED, MENDED = "etl-as-published", "etl"
LABS = (PUBLISHED, MENDED, "replies")
FALSE, LEAST = 1, 6


def main() -> int:
    """Print one line for each contract, and say what is promised and not so."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="projects and labs; all when none is named")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a promise is not kept")
    parser.add_argument("--audit-time", type=float, default=None, help="seconds of audits a contract")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every finding")
    asked = parser.parse_args()
    known = [*(project.name for project in PROJECTS), *LABS, *(project.planted for project in MORE)]
    if unknown := set(asked.names) - set(known):
        parser.error(f"there are {', '.join(known)}, and no {', '.join(sorted(unknown))}")
    wanted = asked.names or known
    print(f"{'contract':<18} {'planted':<16} {'found':<22} {'false findings':<34} {'runs':>4} {'seconds':>7}")
    broken = []
    with tempfile.TemporaryDirectory(prefix="check-up-") as scratch:
        bench = Bench(Path(scratch), asked.audit_time, asked.verbose)
        false = []
        for project in (project for project in PROJECTS if project.name in wanted):
            broken += [] if bench.finds(project) else [f"{project.name}: {project.planted} is not found"]
            false += [f"{audit} in {project.name}" for audit in bench.twin(project)]
        for project in (project for project in MORE if not asked.names or project.planted in wanted):
            broken += [] if bench.finds(project) else [f"{project.name}: {project.planted} is not found"]
        if len(false) > FALSE:
            broken.append(f"{len(false)} false findings: {', '.join(false)}")
        for lab in (lab for lab in LABS if lab in wanted):
            broken += bench.lab(lab)
    print("every promise is kept" if not broken else "NOT AS PROMISED: " + "; ".join(broken))
    return 1 if broken and asked.check else 0


@dataclass
class Bench:
    """Makes repositories in a folder, and prints one line for each."""

    scratch: Path
    audits_s: float | None
    verbose: bool

    def finds(self, project: Project) -> bool:
        """Say whether the planted fault is found by its audit's name."""
        folder = self.scratch / f"{project.name}-{project.planted}"
        write(project, folder, faulty=True)
        seen = examine(folder, audits_s=self.audits_s)
        found = project.planted in seen.audits
        self._tell(project.name, project.planted, "yes" if found else "NO", "", seen)
        return found

    def twin(self, project: Project) -> list[str]:
        """Name the audits that find something where nothing is wrong."""
        write(project, self.scratch / f"{project.name}-clean", faulty=False)
        seen = examine(self.scratch / f"{project.name}-clean", audits_s=self.audits_s)
        self._tell(f"{project.name}, clean", "", "", ", ".join(sorted(seen.audits)), seen)
        return sorted(seen.audits)

    def lab(self, name: str) -> list[str]:
        """Say what is not as promised in a lab."""
        folder = self.scratch / f"lab-{name}"
        folder.mkdir()
        api.init_lab(folder, name)
        seen = examine(folder, audits_s=self.audits_s)
        if name == PUBLISHED:
            found = faults_in(seen.findings)
            self._tell(name, f"{len(FAULTS)} faults", " ".join(found), "", seen)
            return [] if len(found) >= LEAST else [f"{len(found)} of {len(FAULTS)} faults of {name}"]
        self._tell(name, "", "", ", ".join(sorted(seen.audits)), seen)
        return [f"{audit} in labs/{name}" for audit in sorted(seen.audits) if name == MENDED]

    def _tell(self, name: str, planted: str, found: str, false: str, seen: Seen) -> None:
        print(f"{name:<18} {planted:<16} {found:<22} {false:<34} {seen.runs:>4} {seen.seconds:>7.1f}", flush=True)
        if self.verbose:
            for figure in seen.figures:
                print(f"    figure  {figure.audit}: {figure.words}")
            for finding in seen.findings:
                print(f"    finding {finding.audit}: {finding.what}")
                print(f"            {finding.evidence}\n            do: {finding.fix}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
