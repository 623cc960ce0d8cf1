"""The page of keys and the contract's own models say the same: keys at every depth, defaults, and examples that load."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from ruamel.yaml import YAML

from autoexp import plugins
from autoexp.api.contracts import spec_schema
from autoexp.spec.model import Spec
from autoexp.spec.quantities import parse_count, parse_fraction, parse_seconds
from tests.docs.pages import DOCS

Place = tuple[str, ...]
REQUIRED, SECTION = "required", "its keys'"
AGENTS = ("claude-code", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini-swe-agent", "argv", "acp")
SPEAK_TO_ANY_SERVER = {"opencode", "pi", "qwen", "aider", "mini-swe-agent"}
KINDS = ("command", "script", "model", "choose", *AGENTS)


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """Give for each heading of the page: key to its default and example."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for part in re.split(r"^##+ ", (DOCS / "keys.md").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        rows: dict[str, tuple[str, str]] = {}
        for line in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
            keys, _, default, meaning, example = line.split(" | ")
            assert meaning
            for key in re.findall("`([^`]+)`", keys):
                assert key not in rows, f"{key} stands twice under {heading}"
                rows[key] = (default.strip("`"), example.strip("`"))
        found[heading] = rows
    return found


PAGE = tables()
CONTRACT = {
    key: row
    for heading, rows in PAGE.items()
    if not heading.startswith(("proposer", "Coding", "More"))
    for key, row in rows.items()
}


def of_kind(kind: str) -> dict[str, tuple[str, str]]:
    """Give the rows that the page has for a kind of proposer."""
    if kind not in AGENTS:
        return PAGE[f"proposer: {{kind: {kind}}}"]
    shared = {key: row for key, row in PAGE["Coding agents"].items() if key != "api" or kind in SPEAK_TO_ANY_SERVER}
    return {**shared, **PAGE.get(f"More keys of {kind}", {})}


def keys(node: Mapping[str, Any], defs: Mapping[str, Any], place: Place = ()) -> Iterator[tuple[str, Any]]:
    """Give each key of a JSON schema at every depth with its default; REQUIRED where it has none."""
    if "$ref" in node:
        node = {**defs[node["$ref"].rpartition("/")[2]], **{key: value for key, value in node.items() if key != "$ref"}}
    for several in ("anyOf", "oneOf", "allOf"):
        for one in node.get(several, ()):
            yield from keys(one, defs, place)
    for name, inner in node.get("properties", {}).items():
        default = REQUIRED if name in node.get("required", ()) else inner.get("default", {})
        below = list(keys(inner, defs, (*place, name)))
        yield ".".join((*place, name)), SECTION if below and isinstance(default, dict) else default
        yield from below
    if isinstance(named := node.get("additionalProperties"), dict):
        yield from keys(named, defs, (*place, "NAME"))


def gathered(schema: Mapping[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, default in keys(schema, schema.get("$defs", {})):
        found.setdefault(key, []).append(default)
    return found


def read(text: str) -> Any:
    return YAML(typ="safe").load(text)


def meant(text: str) -> list[Any]:
    """Give what a default as written may stand for: itself, a duration, a share or a count."""
    found = [text] if text in {REQUIRED, SECTION} else [read(text)]
    for parse in (parse_seconds, parse_fraction, parse_count):
        try:
            found.append(parse(text))
        except ValueError:
            continue
    return found


def compare(page: Mapping[str, tuple[str, str]], known: Mapping[str, list[Any]]) -> None:
    for key, (default, _) in page.items():
        assert any(value in known[key] for value in meant(default)), f"{key}: {default}, not {known[key]}"


def test_page_has_every_key_of_the_contract_with_its_default_and_no_other() -> None:
    schema: Any = spec_schema()
    known = gathered(schema)
    assert set(CONTRACT) - {"executor.slots"} == set(known)
    compare({key: row for key, row in CONTRACT.items() if key in set(known) - {"strategy.kind"}}, known)
    assert CONTRACT["strategy.kind"][0] == schema["properties"]["strategy"]["default"]["kind"]


def test_page_has_the_keys_of_the_parts_that_a_contract_names_by_itself() -> None:
    assert list(plugins.find("autoexp.strategies", "greedy").Options.model_fields) == []
    assert {"slots"} == set(plugins.find("autoexp.executors", "local").Options.model_fields)
    assert CONTRACT["executor.slots"][0] == "1"


@pytest.mark.parametrize("kind", KINDS)
def test_page_has_every_key_of_a_proposer_with_its_default_and_no_other(kind: str) -> None:
    known = gathered(plugins.find("autoexp.proposers", kind).Options.model_json_schema())
    assert set(of_kind(kind)) == set(known)
    compare(of_kind(kind), known)


def test_page_has_every_kind_of_proposer_that_is_installed() -> None:
    assert {point.name for point in plugins.offered("autoexp.proposers") if point.value.startswith("autoexp.")} == set(
        KINDS
    )


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models(argument)


def fields(top: list[type[BaseModel]], place: str) -> Iterator[Any]:
    """Give the types of a key, as the models declare it."""
    name, _, rest = place.removeprefix("NAME.").partition(".")
    for model in top:
        for key, field in model.model_fields.items():
            if (field.alias or key) == name and rest:
                yield from fields(list(models(field.annotation)), rest)
            elif (field.alias or key) == name:
                yield Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def loads(top: type[BaseModel], key: str, example: Any) -> bool:
    for declared in fields([top], key):
        try:
            TypeAdapter(declared).validate_python(example)
        except ValidationError:
            continue
        return True
    return False


@pytest.mark.parametrize("key", [key for key in CONTRACT if key != "executor.slots"])
def test_example_of_a_key_loads(key: str) -> None:
    assert loads(Spec, key, read(CONTRACT[key][1])), CONTRACT[key][1]


@pytest.mark.parametrize("kind", KINDS)
def test_examples_of_a_proposer_load(kind: str) -> None:
    for key, (_, example) in of_kind(kind).items():
        if key != "allow" or kind not in {"command", "argv"}:
            assert loads(plugins.find("autoexp.proposers", kind).Options, key, read(example)), f"{key}: {example}"
