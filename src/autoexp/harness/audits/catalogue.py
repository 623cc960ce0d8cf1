"""Every audit by its name, in the order in which they are run: those that read only, then those that run the harness."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Ground


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit: its name, the question that it answers, and whether it runs the harness more than `check` has done anyway."""

    name: str
    question: str
    run: Callable[[Ground], Iterable[Finding]]
    runs_harness: bool = False


AUDITS: tuple[Audit, ...] = ()


def run_audits(ground: Ground, *, skip: Collection[str] = ()) -> Iterator[Finding]:
    """Give the findings of all audits but those switched off by name."""
    for audit in AUDITS:
        if audit.name not in skip:
            ground.tell(f"audit {audit.name}: {audit.question}")
            yield from audit.run(ground)
