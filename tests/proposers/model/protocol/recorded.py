"""Recorded answers: text files with sections, each begun by a line of `%%%`.

`%%% file NAME FLAGS` is a file at the start, `%%% answer FLAGS` what the model wrote, `%%% expect NAME FLAGS` a file afterwards,
`%%% deleted NAME` one that is gone, `%%% unchanged` that nothing is, `%%% refused` lines of words in the reason, `%%% outside`
lines of paths that may not be touched, `%%% only NAME` the single file in scope, `%%% may NAME` one more path that may be edited.
Flags: `crlf` line ends, `bare` without a line end at the end, `bom` with a byte order mark, `latin1` not UTF-8.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

KINDS = {"file", "answer", "expect", "deleted", "unchanged", "refused", "outside", "only", "may"}


@dataclass
class Shape:
    name: str
    answer: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    expected: dict[str, bytes | None] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    unchanged: bool = False
    only: str | None = None
    may: set[str] = field(default_factory=set)

    def may_edit(self, path: str) -> bool:
        return path in self.may


def shape_of(path: Path) -> Shape:
    """Read a recorded answer."""
    shape = Shape(path.stem)
    parts = re.split(r"^%%% (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not parts[0].strip(), f"{path.name} begins with a section"
    for head, text in zip(parts[1::2], parts[2::2], strict=True):
        kind, _, rest = head.partition(" ")
        name, *flags = rest.split() or [""]
        lines = tuple(text.split("\n")[:-1])
        if kind == "file":
            shape.files[name] = _content(text, flags)
        if kind == "may" or (kind == "file" and "locked" not in flags):
            shape.may.add(name)
        if kind in {"expect", "deleted"}:
            shape.expected[name] = _content(text, flags) if kind == "expect" else None
        if kind in {"refused", "outside"}:
            setattr(shape, kind, lines)
        if kind == "answer":
            shape.answer = _content(text, [name, *flags]).decode()
        if kind == "only":
            shape.only = name
        shape.unchanged |= kind == "unchanged"
        assert kind in KINDS, f"{path.name}: {head}"
    return shape


def _content(text: str, flags: list[str]) -> bytes:
    if "crlf" in flags:
        text = text.replace("\n", "\r\n")
    if "bare" in flags:
        text = text.removesuffix("\n").removesuffix("\r")
    if "bom" in flags:
        text = "\ufeff" + text
    return text.encode("latin-1" if "latin1" in flags else "utf-8")
