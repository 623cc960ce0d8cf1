"""Measuring a commit where nothing is recorded: every tree, object and output lies in a folder that goes afterwards."""

import os
from collections.abc import Mapping
from pathlib import Path

from autoexp.engine.cells import Cells
from autoexp.engine.signals import StopFlag
from autoexp.executors.local import LocalExecutor
from autoexp.spec.model import Spec
from autoexp.workspaces.contents import Contents
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.measurement import MeasurementTrees


def scratch_executor(
    spec: Spec,
    contents: Contents,
    cache: Path,
    *,
    environ: Mapping[str, str],
    identity: str,
    stop: StopFlag,
    made: Cells,
) -> LocalExecutor:
    """Give the executor of a contract whose trees and output lie below `cache`."""
    return LocalExecutor(
        harness=spec.harness,
        metrics=spec.metrics,
        measurement=spec.measurement,
        trees=MeasurementTrees(
            contents.repository,
            cache / "measure",
            hidden=Hidden(contents.repository, spec.scope.hidden),
            fixtures=made.fixtures,
            contents=contents,
        ),
        output=cache / "output",
        marker=f"{identity}:{os.getpid()}",
        environ=environ,
        stop=stop,
        cell=made.harness,
    )
