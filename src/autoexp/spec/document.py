"""The text of a YAML file as plain values, and the line of each key. What the values mean is not decided here."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning
from ruamel.yaml.reader import ReaderError

from autoexp.errors import ContractError, Problem
from autoexp.spec.slips import slip

Location = tuple[str | int, ...]
MAX_VALUES = 10_000
_TAGS = "tags are not supported"


class _Constructor(RoundTripConstructor):
    """Dates stay text: no key of a contract is one, and 2024-13-45 is a fine description. A key that comes twice is remembered in `twice`."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.twice: list[tuple[str, int, int]] = []

    def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:
        """Keep the first of two."""
        del node, value
        if key not in mapping:
            return True
        first = (mapping.lc.data or {}).get(key, [0])[0] if isinstance(mapping, CommentedMap) else 0
        self.twice.append((str(key), key_node.start_mark.line + 1, first + 1))
        return False


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def parse(text: str, file: str) -> CommentedMap:
    """Read a mapping. Raises ContractError, with a line where the parser tells one."""
    document, problems = read(text, file)
    if problems:
        raise ContractError(problems)
    return document


def read(text: str, file: str) -> tuple[CommentedMap, list[Problem]]:
    """Read a mapping, and a problem for each key that comes twice: the first one counts. Raises ContractError for what is no mapping."""
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    text = text.removeprefix("\ufeff")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            document = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        begun = error.context_mark.line + 1 if error.context_mark else None
        line = mark.line + 1 if mark else None
        why, fix = slip((error.problem or error.context or "it does not parse").partition("\n")[0], text, line, begun)
        raise ContractError([Problem(file, line, "", f"not YAML: {why}", fix)]) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        why, fix = slip(str(error.reason), text, line, None)
        raise ContractError([Problem(file, line, "", f"not YAML: {why}", fix)]) from None
    except RecursionError:
        raise ContractError([Problem(file, None, "", "not YAML: it is nested too deeply")]) from None
    except Exception as error:  # noqa: BLE001  for odd scalars the parser raises whatever int() and float() do
        raise ContractError([Problem(file, None, "", f"not YAML: {error}")]) from None
    if not isinstance(document, CommentedMap):
        raise ContractError([Problem(file, 1, "", "a mapping of keys is expected", _instead(document))])
    return document, [
        Problem(
            file, line, "", f"not YAML: the key {key} comes twice", f"keep one of them; the first is in line {first}"
        )
        for key, line, first in yaml.constructor.twice
    ]


def _instead(document: Any) -> str:
    example = "run `autoexp init` to write an example"
    if document is None:
        return f"the file is empty: remove it, and {example}"
    if isinstance(document, CommentedSeq):
        return f"take the dashes away: keys stand in the first column, such as `version: 1`; or {example} in another folder"
    return f"keys are written as `name: value`; {example}"


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
            return refuse(location, fault, "put text that begins with ! in quotes" if fault == _TAGS else "")
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
    return "" if value is None or isinstance(value, bool | int | float | str) else _TAGS


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
        return line_of(read(text, "")[0], location)
    except ContractError:
        return None
