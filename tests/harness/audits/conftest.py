"""The ground of audits on a real repository with real commands, unsandboxed."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign.views import derived_seed
from autoexp.engine.auditing import AuditGround
from autoexp.engine.sampling import calibrated, valued
from autoexp.engine.signals import StopFlag
from autoexp.executors.local import LocalExecutor
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.spec.model import Spec
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.measurement import MeasurementTrees
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

METRICS = {"x": {"role": "primary", "direction": "lower"}}
SAMPLES = 2


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Callable[..., AuditGround]]:
    """Build the ground for a project of these files, by path; `sections` are those of autoexp.yaml."""
    with ExitStack() as stack:

        def build(files: Mapping[str, str], *, budget_s: float = 60.0, **sections: Any) -> AuditGround:
            spec = Spec.model_validate({"metrics": METRICS, **sections})
            repository = Repository.open(project(tmp_path / uuid.uuid4().hex, files))
            stack.callback(repository.close)
            return on(repository, spec, tmp_path / uuid.uuid4().hex, budget_s=budget_s)

        yield build


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """Commit files to a new repository."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@example.org commit -qm start"):
        subprocess.run(["git", "-C", str(folder), *command.split()], check=True)
    return folder


def on(repository: Repository, spec: Spec, work: Path, *, budget_s: float = 60.0) -> AuditGround:
    """Measure HEAD, and give the ground that audits stand on."""
    stop, commit = StopFlag(), repository.head()
    executor = LocalExecutor(
        harness=spec.harness,
        metrics=spec.metrics,
        measurement=spec.measurement,
        trees=MeasurementTrees(repository, work / "trees", hidden=Hidden(repository, spec.scope.hidden), fixtures={}),
        output=work / "output",
        marker=f"test-{uuid.uuid4().hex}:",
        environ={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stop=stop,
    )
    samples = tuple(_sample(spec, executor, commit, i) for i in range(SAMPLES))
    found = calibrated(spec, samples)
    declared = spec.measurement.deterministic
    return AuditGround(
        spec=spec,
        commit=commit,
        repository=repository,
        executor=executor,
        scope=tuple(path for path in repository.paths(commit) if Scope(spec.scope.edit).matches(path)),
        samples=samples,
        deterministic=found.deterministic if declared == "auto" else declared,
        noise=found.noise,
        sample_s=sum(sample.usage.wall_s for sample in samples) / SAMPLES,
        checks_s=executor.checks(commit, n=0).usage.wall_s,
        output=work / "output",
        stop=stop,
        tell=lambda _: None,
        budget_s=budget_s,
    )


def _sample(spec: Spec, executor: LocalExecutor, commit: str, i: int) -> Sample:
    sample = executor.sample(commit, Side.BASELINE, n=0, i=i, seed=derived_seed(0, "sample", i) % 2**31)
    assert sample.outcome is Outcome.MEASURED, sample.detail
    return valued(spec, sample)
