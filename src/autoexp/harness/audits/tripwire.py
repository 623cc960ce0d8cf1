"""Audit `tripwire`: the target is emptied, and made to fail at once. A measurement that still passes does not measure the target."""

from collections.abc import Iterator

from autoexp.harness.audits.attempts import attempt, gain, margin, shown
from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.kinds import programs, suffix
from autoexp.workspaces.quoting import listed

NAME = "tripwire"
_RAISES = b"raise RuntimeError('a tripwire of autoexp check')\n"
_EXITS = b"echo 'a tripwire of autoexp check' >&2\nexit 1\n"
_GARBAGE = b"(((( a tripwire of autoexp check\n"


def tripwire(ground: Ground) -> Iterator[Finding]:
    """Tell when run and checks pass without the target, or with one that fails, and the number is no worse for it."""
    ways = {"is emptied": emptied(ground), "fails at once": failing(ground)}
    passed: list[str] = []
    for how, edits in ways.items():
        if not edits or ground.left_s() < ground.sample_s + ground.checks_s:
            continue
        made = attempt(ground, edits)
        if not made.noticed and gain(ground, made.sample) >= -margin(ground):
            passed.append(f"when the target {how}, the measurement passes: {shown(ground, made.sample)}")
    if passed:
        named = listed(ground.scope, 3) + (" ..." if len(ground.scope) > 3 else "")  # noqa: PLR2004
        yield Finding(
            audit=NAME,
            what=f"a measurement passes without the target ({named})",
            evidence="; ".join(passed),
            fix="let the harness exit with an error when the target is missing, fails, or gives no answer; look for a `try` that hides it, "
            "an exit code that nobody reads, and an old result that is used again",
        )


def emptied(ground: Ground) -> Edits:
    """Give all files in scope without their content."""
    return {path: b"" for path in ground.scope if ground.read(path).strip()}


def failing(ground: Ground) -> Edits:
    """Give the programs in scope, each made to fail as soon as it is used; none where there is no program."""
    return {path: _failing(path) for path in programs(ground) if ground.read(path).strip()}


def _failing(path: str) -> bytes:
    match suffix(path):
        case "py":
            return _RAISES
        case "sh" | "bash" | "zsh" | "":
            return _EXITS
        case _:
            return _GARBAGE
