"""Pages that cannot lie: the contract page loads, and names every key that is built."""

import re
from pathlib import Path

from autoexp.spec import load
from autoexp.spec.model import Spec

PAGE = (Path(__file__).parents[1] / "docs/contract.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_contract_page_is_a_valid_contract() -> None:
    assert load(EXAMPLE).name == "etl"


def test_contract_page_names_every_key() -> None:
    for name, field in Spec.model_fields.items():
        section = getattr(field.annotation, "model_fields", {})
        for key, inner in {name: field, **section}.items():
            assert re.search(rf"\b{inner.alias or key}\b", PAGE), f"{name}.{inner.alias or key}"
