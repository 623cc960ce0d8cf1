"""The text of a YAML file as plain values, and the line of each key. What the values mean is not decided here."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning

from autoexp.errors import ContractError, Problem

Location = tuple[str | int, ...]
MAX_VALUES = 10_000


class _Constructor(RoundTripConstructor):
    """Dates stay text: no key of a contract is one, and 2024-13-45 is a fine description."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def parse(text: str, file: str) -> CommentedMap:
    """Read a mapping. Raises ContractError, with a line where the parser tells one."""
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = False
    yaml.Constructor = _Constructor
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            document = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fix = "check the indentation and quotes on this line"
        why = (error.problem or error.context or "it does not parse").partition("\n")[0]
        raise ContractError([Problem(file, mark.line + 1 if mark else None, "", f"not YAML: {why}", fix)]) from None
    except RecursionError:
        raise ContractError([Problem(file, None, "", "not YAML: it is nested too deeply")]) from None
    except Exception as error:  # noqa: BLE001  for odd scalars the parser raises whatever int() and float() do
        raise ContractError([Problem(file, None, "", f"not YAML: {error}")]) from None
    if not isinstance(document, CommentedMap):
        raise ContractError(
            [Problem(file, 1, "", "a mapping of keys is expected", "run `autoexp init` to write an example")]
        )
    return document


def plain(document: CommentedMap, file: str) -> tuple[dict[str, Any], list[Problem]]:
    """Give the document as dicts, lists and scalars, and a problem for each value that is none of them."""
    problems: list[Problem] = []

    def refuse(location: Location, message: str, fix: str = "") -> None:
        problems.append(Problem(file, line_of(document, location), dotted(location), message, fix))

    budget = iter(range(MAX_VALUES))

    def convert(node: Any, location: Location, above: tuple[int, ...]) -> Any:
        if id(node) in above:
            return refuse(location, "an alias that contains itself")
        if next(budget, None) is None:
            raise ContractError([Problem(file, None, "", f"it has more than {MAX_VALUES} values, aliases included")])
        if isinstance(node, CommentedMap):
            for key in node:
                if not isinstance(key, str):
                    refuse((*location, key), "a key must be text", "put it in quotes")
            texts = {str(key): value for key, value in node.items() if isinstance(key, str)}
            return {key: convert(value, (*location, key), (*above, id(node))) for key, value in texts.items()}
        if isinstance(node, CommentedSeq):
            return [convert(item, (*location, i), (*above, id(node))) for i, item in enumerate(node)]
        value = _scalar(node)
        if fault := _fault(value):
            return refuse(location, fault)
        return value

    return convert(document, (), ()), problems


def _scalar(node: Any) -> Any:
    """Take off what the parser remembers of a scalar's form."""
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return bool(node) if type(node).__name__ == "ScalarBoolean" else node


def _fault(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number is expected"
    if isinstance(value, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        return "text without NUL and lone surrogate characters is expected"
    return "" if value is None or isinstance(value, bool | int | float | str) else "tags are not supported"


def walk(node: Any, prefix: Location = ()) -> Iterator[tuple[Location, Any]]:
    """Give each key of nested mappings with its place and value."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*prefix, key), value
            yield from walk(value, (*prefix, key))


def dotted(location: Location) -> str:
    """Name a place as people write it."""
    return ".".join(str(part) for part in location)


def line_of(document: Any, location: Location) -> int | None:
    """Give the 1-based line of a key, or of its nearest parent that has one."""
    line, node = 1, document
    for part in location:
        if isinstance(node, CommentedMap) and part in node:
            own = (node.lc.data or {}).get(part)  # none for a key that was merged in
            line = own[0] + 1 if own else line
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


def place_of(text: str, location: Location) -> int | None:
    """Give the line of a key in a contract's text, or of its nearest parent; None when the text does not parse."""
    try:
        return line_of(parse(text, ""), location)
    except ContractError:
        return None
