"""`init --yes` with nothing else, in small repositories of each kind: the contract passes `check`."""

from pathlib import Path

import pytest

from autoexp.spec import load
from tests.api.inference import repositories
from tests.api.inference.repositories import Example
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project

EXAMPLES = [found for found in vars(repositories).values() if isinstance(found, Example)]


@pytest.mark.long
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.kind)
def test_contract_of_a_kind_passes_check(tmp_path: Path, helper: Helper, example: Example) -> None:
    if example.absent:
        pytest.skip(example.absent)
    project = Project(example.write(tmp_path / example.kind), tmp_path / "cache", helper, patience_s=900.0)
    out, _ = project.ran("init", "--yes", "--allow-unsandboxed")
    assert "inferred measure: " in out
    assert "inferred checks: " in out
    assert "inferred edit: " in out
    assert "warning: " not in out
    spec = load((project.path / "autoexp.yaml").read_text())
    checked = project.run("check", "--no-audits", "--allow-unsandboxed")
    assert f"{spec.primary} = " in checked
