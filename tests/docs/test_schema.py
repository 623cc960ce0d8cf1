"""What an editor says by `autoexp schema`: contracts of the pages are right, as they are written there; wrong ones are not."""

from collections.abc import Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from autoexp.api.contracts import spec_schema
from tests.docs.pages import DOCS, blocks

SCHEMA: Any = spec_schema()
PAGES = ["contract.md", *(f"how-to/{path.name}" for path in sorted((DOCS / "how-to").glob("*.md")))]
WHOLE = [
    pytest.param(block, id=page)
    for page in PAGES
    for block in (YAML(typ="safe").load(text) for text in blocks(page, "yaml"))
    if isinstance(block, dict) and {"scope", "harness", "metrics"} <= set(block)
]
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether a value fits a schema, as far as types, words and keys go."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if not all(any(fits(value, one) for one in schema[several]) for several in ("anyOf", "oneOf") if several in schema):
        return False
    if value not in schema.get("enum", [value]) or value != schema.get("const", value) or not _of_type(value, schema):
        return False
    if isinstance(value, list):
        return all(fits(one, schema.get("items", {})) for one in value)
    return not isinstance(value, dict) or _keys_fit(value, schema)


def _of_type(value: Any, schema: Mapping[str, Any]) -> bool:
    wanted = schema.get("type")
    return wanted is None or (isinstance(value, TYPES[wanted]) and isinstance(value, bool) <= (wanted == "boolean"))


def _keys_fit(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    others = [one for key, one in value.items() if key not in known]
    return (
        set(schema.get("required", ())) <= set(value)
        and all(fits(one, known[key]) for key, one in value.items() if key in known)
        and (more is not False or not others)
        and all(fits(one, more) for one in others if isinstance(more, dict))
    )


@pytest.mark.parametrize("page", PAGES)
def test_each_how_to_shows_a_whole_contract(page: str) -> None:
    assert page in {block.id for block in WHOLE}


@pytest.mark.parametrize("block", WHOLE)
def test_contracts_of_the_pages_fit_the_schema_as_they_are_written(block: dict[str, Any]) -> None:
    assert fits(block, SCHEMA), [key for key in block if not fits(block[key], SCHEMA["properties"][key])]


@pytest.mark.parametrize(
    "wrong", [{"budget": {"experiments": []}}, {"harness": {"measure": 3}}, {"scop": {}}, {"decision": {"preset": "x"}}]
)
def test_a_wrong_contract_does_not_fit(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = WHOLE[0].values[0]
    assert not fits({**right, **wrong}, SCHEMA)
