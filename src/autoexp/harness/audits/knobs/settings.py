"""Keys of configuration files, and named values of C and shell files."""

import json
import re
from collections.abc import Iterator

from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.knobs.knob import Knob
from autoexp.harness.audits.sources import CODE, text_of

_CONFIGS = ("json", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "properties")
_C = ("c", "h", "cc", "cpp", "cxx", "hpp")
_VALUE = r"\"[^\"\n]*\"|'[^'\n]*'|[^\s,#\]\[{}]+"
_PAIR = re.compile(
    rf"^[ \t]*\"?(?P<name>[A-Za-z_][\w.-]*)\"?[ \t]*[:=][ \t]*(?P<value>{_VALUE})[ \t]*,?[ \t]*(?:#.*)?$", re.MULTILINE
)
_JSON = re.compile(r"\"(?P<name>[A-Za-z_][\w.-]*)\"\s*:\s*(?P<value>-?\d[\d.eE+-]*|true|false|null|\"[^\"\n\\]*\")")
_MACRO = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)[ \t]+(?P<value>[^\s/(][^\n/]*?)[ \t]*(?:/[/*].*)?$", re.MULTILINE
)
_SHELL = re.compile(
    r"^(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"\n$`]*\"|'[^'\n]*'|[\w./:-]+)[ \t]*(?:#.*)?$", re.MULTILINE
)
_LABELS = frozenset(
    {
        "name",
        "title",
        "description",
        "version",
        "comment",
        "label",
        "author",
        "license",
        "homepage",
        "url",
        "schema",
        "id",
    }
)


def settings(ground: Ground, path: str) -> Iterator[Knob]:
    """Give the keys of a configuration file that no program of the tree names; text and another kind of value stand in for theirs."""
    ending = path.rpartition(".")[2].lower()
    if ending not in _CONFIGS:
        return
    source = text_of(ground, path)
    for found in (_JSON if ending == "json" else _PAIR).finditer(source):
        name, value = found["name"], found["value"]
        word = name.rpartition(".")[2]
        if word.lower() not in _LABELS and not _known(ground, word, besides=(path, found.span())):
            yield _knob(path, source, found, values=_other_values(value, quoted=ending in {"json", "toml"}))


def named_values(ground: Ground, path: str) -> Iterator[Knob]:
    """Give macros of C files, which no compiler takes once they are spoilt, and variables of shell files that nothing reads."""
    ending, source = path.rpartition(".")[2].lower(), text_of(ground, path)
    if ending in _C:
        for found in _MACRO.finditer(source):
            if not re.search(rf"^[ \t]*#[ \t]*(?:el)?if.*\b{found['name']}\b", source, re.MULTILINE):
                yield _knob(path, source, found, values=("autoexp_unread @ 1",))
    elif ending in {"sh", "bash"}:
        for found in _SHELL.finditer(source):
            if not _known(ground, found["name"], besides=(path, found.span())):
                yield _knob(path, source, found, values=("autoexp",), unread="read by nothing")


def _knob(path: str, source: str, found: re.Match[str], *, values: tuple[str, ...], unread: str = "") -> Knob:
    start, end = found.span("value")
    line = source.count("\n", 0, start) + 1
    return Knob(path, found["name"], line, found["value"], start, end, values, unread)


def _other_values(value: str, *, quoted: bool) -> tuple[str, ...]:
    """Give a text in place of a number, a number in place of a text, and the other of two."""
    text = '"autoexp"' if quoted else "autoexp"
    if value in {"true", "false", "True", "False", "yes", "no", "on", "off"}:
        other = {
            "true": "false",
            "false": "true",
            "True": "False",
            "False": "True",
            "yes": "no",
            "no": "yes",
            "on": "off",
            "off": "on",
        }
        return (other[value], text)
    try:
        number = json.loads(value)
    except ValueError:
        number = None
    if isinstance(number, int | float):
        return (text, str(number * 10 + 1))
    return (text, "-7")


def _known(ground: Ground, name: str, *, besides: tuple[str, tuple[int, int]]) -> bool:
    """Tell whether a program, or a build file, has a name in it at another place."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for path in ground.paths:
        if not path.endswith(CODE) and "." in path.rpartition("/")[2]:
            continue
        for found in word.finditer(text_of(ground, path)):
            if path != besides[0] or not besides[1][0] <= found.start() < besides[1][1]:
                return True
    return False
