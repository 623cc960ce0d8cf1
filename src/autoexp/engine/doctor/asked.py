"""What the contract at hand asks of the sandbox, against what holds here."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from autoexp.engine.dirty import CONTRACT_FILE
from autoexp.engine.doctor.finding import Finding
from autoexp.engine.doctor.sandboxes import taken
from autoexp.errors import ContractError
from autoexp.processes.sandbox.ladder import Rung
from autoexp.spec import load


def findings(places: Sequence[Path], levels: Sequence[Rung]) -> Iterator[Finding]:
    """Judge the first contract that lies in one of some folders; nothing when there is none."""
    file = next((found for place in places if (found := place / CONTRACT_FILE).is_file()), None)
    if file is None:
        return
    try:
        spec = load(file.read_text(encoding="utf-8"), file=CONTRACT_FILE)
    except (ContractError, OSError, UnicodeDecodeError):
        yield Finding("contract", "warning", f"{file} does not hold", do="`autoexp check` names its mistakes")
        return
    for side, rules in (("proposer", spec.sandbox.proposer), ("harness", spec.sandbox.harness)):
        yield _judged(side, rules.level, levels, allowed=spec.sandbox.allow_unsandboxed)


def _judged(side: str, level: str, levels: Sequence[Rung], *, allowed: bool) -> Finding:
    if level == "none":
        words = f"the {side} is to run without a sandbox, with your own rights"
        return Finding("contract", "warning", words, do=f"write level: auto below sandbox.{side}, unless that is meant")
    if level == "auto":
        chosen = taken(levels)
        if chosen is not None:
            return Finding("contract", "ok", f"the {side} gets {chosen.level}")
        if allowed:
            return Finding("contract", "warning", f"the {side} gets none, as the contract allows")
        return Finding("contract", "problem", f"the {side} gets nothing, and `autoexp run` refuses to start")
    rung = next(rung for rung in levels if rung.level == level)
    if rung.holds:
        return Finding("contract", "ok", f"the {side} gets {level}, as the contract asks")
    return Finding("contract", "problem", f"the {side} is to have {level}, which does not hold here", do=rung.mend)
