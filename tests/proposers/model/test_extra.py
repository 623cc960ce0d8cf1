"""The model proposer without the extra `models`: it says so before a campaign begins, not in its first experiment."""

import sys
from pathlib import Path

import pytest

from autoexp.errors import AutoexpError
from autoexp.proposers.model.options import ModelOptions
from autoexp.proposers.model.proposer import ModelProposer

HERE = ModelOptions(api="openai", base_url="http://127.0.0.1:1/v1", model="m")


@pytest.mark.parametrize("package", ["httpx2", "genai_prices"])
def test_model_cannot_propose_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    ModelProposer(HERE, folder=tmp_path, environ={})
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(AutoexpError, match=package) as missing:
        ModelProposer(HERE, folder=tmp_path, environ={})
    assert missing.value.fix == "pip install 'autoexp[models]'"
