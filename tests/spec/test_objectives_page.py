"""The page on objectives cannot lie: its examples load, one of each kind, and the contract's page names every key."""

import re
from pathlib import Path
from typing import get_args

import pytest

from autoexp.spec import load
from autoexp.spec.objective import ObjectiveSection

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "objectives.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## (\w+)\n\n```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
FORMS = {get_args(form.model_fields["kind"].annotation)[0]: form for form in get_args(get_args(ObjectiveSection)[0])}


def test_page_has_an_example_of_each_kind():
    assert set(EXAMPLES) == set(FORMS)


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_example_of_the_page_loads(kind):
    spec = load(f"scope: {{edit: a}}\nharness: {{measure: m}}\n{EXAMPLES[kind]}")
    assert spec.objective.kind == kind


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_example_of_the_page_has_every_key_of_its_kind(kind):
    spec = load(f"scope: {{edit: a}}\nharness: {{measure: m}}\n{EXAMPLES[kind]}")
    assert spec.objective.model_fields_set == set(FORMS[kind].model_fields)


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_contract_page_names_every_kind_with_its_keys(kind):
    page = (DOCS / "contract.md").read_text(encoding="utf-8")
    keys = [key for key in FORMS[kind].model_fields if key != "kind"]
    assert (f"`{kind} {{{', '.join(keys)}}}`" in page.replace("\n", " ")) or kind == "primary"
