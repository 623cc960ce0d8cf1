"""What inference gives: one Inferred for a repository, made of what each kind of project sees in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

Form = str | Mapping[str, Mapping[str, str]]
"""A value of harness.metrics: lines, number, json, keyvalue or {regex: {NAME: PATTERN}}; empty: only a run can tell."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was read off a repository. An empty value was not found, and `missing` says what to do about it.

    `why` has a sentence for each thing inferred, which begins with its name: "checks: `npm test`, from ...". `others` are commands that may measure
    as well, `builds` tells that the measure
    command compiles first, so that wall_s and cpu_s would say nothing of the program. `weak` tells that the measure is a makeshift. `write` are
    absolute paths for sandbox.harness.write.
    """

    kinds: tuple[str, ...] = ()
    measure: str = ""
    others: tuple[str, ...] = ()
    checks: str = ""
    edit: tuple[str, ...] = ()
    metric: str = ""
    direction: Literal["lower", "higher"] = "lower"
    unit: str = ""
    metrics: Form = ""
    provide: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    write: tuple[str, ...] = ()
    cwd: str = ""
    timeout: str = ""
    checks_timeout: str = ""
    builds: bool = False
    weak: bool = False
    why: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def because(self, name: str) -> tuple[str, ...]:
        """Give the sentences of `why` that are about one thing, such as checks."""
        return tuple(line for line in self.why if line.startswith(f"{name}: "))


class Rank(IntEnum):
    """How sure a command is what people mean; the lowest is taken."""

    GIVEN = 0
    SESSION = 1
    SCRIPT = 2
    NAMED = 3
    NATIVE = 4
    TARGET = 5
    USUAL = 6
    WEAK = 9


@dataclass(frozen=True, slots=True)
class Command:
    """A command that may measure or check, and `source`: where it was read.

    `starts` are files that it runs and that its text does not name: a candidate may not change them.
    """

    text: str
    source: str
    rank: Rank
    metric: str = ""
    direction: Literal["lower", "higher"] = "lower"
    unit: str = ""
    metrics: Form = ""
    timeout: str = ""
    builds: bool = False
    starts: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What one kind of project sees in the files. `edit` names its sources; `edit_source` says where they were read.

    `tests` is a regular expression for paths of tests and benchmarks, which are never in scope.
    """

    kind: str
    measures: tuple[Command, ...] = ()
    checks: tuple[Command, ...] = ()
    edit: tuple[str, ...] = ()
    edit_source: str = ""
    tests: str = ""
    provide: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    why: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def in_a_copy(command: str) -> str:
    """Give a command that works in a copy of the tree, which is read-only while it is measured."""
    return f'cp -R . "$TMPDIR/tree" && cd "$TMPDIR/tree" && {command}'


def geometric_mean(command: str, lines: str, value: str, name: str) -> str:
    """Give a command that prints METRIC `name`: the geometric mean of `value` (awk) over the `lines` (awk) that `command` prints."""
    program = (
        f'{lines} {{ n++; sum += log({value}) }} END {{ if (!n) exit 1; printf "METRIC {name}=%.9g\\n", exp(sum / n) }}'
    )
    return f'{command} > "$TMPDIR/benchmarks.txt" && LC_ALL=C awk \'{program}\' "$TMPDIR/benchmarks.txt"'
