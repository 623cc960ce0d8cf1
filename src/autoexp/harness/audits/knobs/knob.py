"""A knob: a named value of a target, where it stands, and texts of its file with another value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knob:
    """A named value. `unread` says why its value cannot matter, empty where reading the files does not tell.

    `start` and `end` are characters of the file, `values` are what to put between them, each of which ends or changes a run that asks for the
    value; `before` goes in front of its line. `gone` is a value with which the name is not there any more, where that can be written.
    """

    path: str
    name: str
    line: int
    text: str
    start: int
    end: int
    values: tuple[str, ...]
    unread: str = ""
    before: str = ""
    gone: str = ""


def turned(source: str, knobs: list[Knob], at: int) -> bytes:
    """Give a file with these knobs of it at their value number `at`, or at their last one."""
    for knob in sorted(knobs, key=lambda knob: -knob.start):
        value = knob.values[min(at, len(knob.values) - 1)]
        source = f"{source[: knob.start]}{value}{source[knob.end :]}"
        if knob.before:
            begin = source.rfind("\n", 0, knob.start) + 1
            source = f"{source[:begin]}{knob.before}{source[begin:]}"
    return source.encode()
