import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from autoexp.harness.bench import Bench
from autoexp.spec.sections import HarnessSection, MetricSection

ENVIRON = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    """Build a bench whose primary metric is x."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def build(measure="true", *, metrics=None, environ=None, stop=None, warmup=0, **harness) -> Bench:
        return Bench(
            harness=HarnessSection(measure=measure, **harness),
            metrics=metrics or {"x": MetricSection(role="primary", direction="lower")},
            output=tmp_path / "output",
            marker=f"test-{uuid.uuid4().hex}:",
            environ={**ENVIRON, **(environ or {})},
            stop=stop,
            warmup=warmup,
            scratch=scratch,
        )

    return build
