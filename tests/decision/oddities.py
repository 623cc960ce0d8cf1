"""Changes and figures for the tests of plausibility."""

import shutil
import subprocess
from pathlib import Path

from tests.builders import CONTRACT

from autoexp.decision.plausibility import AddedLine, suspicions
from autoexp.experiment.measurement import Sample, Side, Usage
from autoexp.spec.model import Spec


def contract(**sections):
    """Give a contract whose harness is `python bench.py`, with metrics of one's own."""
    harness = {"measure": "python bench.py --quick", **sections.pop("harness", {})}
    return Spec.model_validate({**CONTRACT, "harness": harness, **sections})


def of_lines(*texts, path="solution.py", contract_=None):
    """Give the reasons that added lines raise."""
    added = [AddedLine(path, number, text) for number, text in enumerate(texts, 10)]
    return suspicions(spec=contract_ or contract(), added=added, new_paths=(), candidate=(), incumbent=())


def of_paths(*paths, **more):
    return suspicions(spec=contract(), added=(), new_paths=paths, candidate=(), incumbent=(), **more)


def runs(values, *, wall=1.0, cpu=1.0, name="x", side=Side.CANDIDATE, **others):
    """Give samples with these values; wall and CPU are one number for all, or one for each."""
    walls = wall if isinstance(wall, list) else [wall] * len(values)
    cpus = cpu if isinstance(cpu, list) else [cpu] * len(values)
    return [
        Sample(side=side, i=i, values={name: value, **others}, usage=Usage(wall_s=walls[i], cpu_s=cpus[i]))
        for i, value in enumerate(values)
    ]


def of_figures(candidate, incumbent, contract_=None):
    return suspicions(spec=contract_ or contract(), added=(), new_paths=(), candidate=candidate, incumbent=incumbent)


def changed(repository: Path, before: dict[str, bytes], after: dict[str, bytes], *options: str) -> str:
    """Give the diff that real git makes of one set of files after another."""
    for files in (before, after):
        for old in repository.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        for name, content in files.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_bytes(content)
        subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
        if files is before:
            base = subprocess.run(["git", "write-tree"], cwd=repository, check=True, capture_output=True, text=True)
    command = ["git", "diff", "--cached", *options, base.stdout.strip()]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True).stdout.decode("utf-8", "replace")
