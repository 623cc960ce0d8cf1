"""What a repair found, in plain words: done, left to a person, or only told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["journal", "gap", "fork", "summaries", "missing", "gone", "moved", "unknown", "export"]
After = Literal["mended", "left", "told"]
NAMED = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that did not agree, and what became of it. What is `left` has a fix."""

    kind: Kind
    after: After
    text: str
    fix: str = ""
    refs: tuple[str, ...] = ()
    experiments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Repaired:
    """How journal, refs and exports of a campaign stand after a repair, or after a look."""

    tag: str
    records: int
    experiments: int
    findings: tuple[Finding, ...] = ()
    saved_as: Path | None = None

    @property
    def agrees(self) -> bool:
        """Tell whether nothing is left."""
        return all(finding.after != "left" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "tag": self.tag,
            "agrees": self.agrees,
            "records": self.records,
            "experiments": self.experiments,
            "saved_as": str(self.saved_as) if self.saved_as else None,
            "findings": [
                {
                    "kind": one.kind,
                    "after": one.after,
                    "text": one.text,
                    "fix": one.fix,
                    "refs": list(one.refs),
                    "experiments": list(one.experiments),
                }
                for one in self.findings
            ],
        }


@dataclass(slots=True)
class Notes:
    """Findings as they come up. Someone who only looks leaves everything."""

    looking: bool
    found: list[Finding] = field(default_factory=list)

    def mend(
        self, kind: Kind, *, found: str, done: str, refs: Iterable[str] = (), experiments: Iterable[int] = ()
    ) -> bool:
        """Note what is mended now, and tell whether to do it; who only looks is told how it is mended."""
        text = found if self.looking else done
        fix = "`autoexp repair` mends it" if self.looking else ""
        after: After = "left" if self.looking else "mended"
        self.found.append(Finding(kind, after, text, fix, tuple(refs), tuple(experiments)))
        return not self.looking

    def leave(
        self, kind: Kind, text: str, *, fix: str, refs: Iterable[str] = (), experiments: Iterable[int] = ()
    ) -> None:
        """Note what is left to a person."""
        self.found.append(Finding(kind, "left", text, fix, tuple(refs), tuple(experiments)))

    def tell(self, kind: Kind, text: str, *, refs: Iterable[str] = ()) -> None:
        """Note what needs nothing."""
        self.found.append(Finding(kind, "told", text, refs=tuple(refs)))


def spans(numbers: Iterable[int]) -> str:
    """Say numbers in short: `3, 5 to 9`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    words = [str(a) if a == b else f"{a} to {b}" if b > a + 1 else f"{a}, {b}" for a, b in found]
    more = f" and {len(words) - NAMED} more stretches" if len(words) > NAMED else ""
    return ", ".join(words[:NAMED]) + more


def some(names: Iterable[str]) -> str:
    """Name the first ones, and how many more there are."""
    found = list(names)
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more


def many(count: int, noun: str) -> str:
    """Say how many there are of a thing."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
