"""What each level of the sandbox would hold here, what remains possible in it, and what a stronger one would add."""

from collections.abc import Iterator, Sequence

from autoexp.engine.doctor.finding import Finding
from autoexp.processes.confine import facts
from autoexp.processes.sandbox.bwrap import Bubblewrapped
from autoexp.processes.sandbox.ladder import Rung, rungs

GIVES = {
    "bwrap": "files, processes, users and network of its own",
    "seatbelt": "macOS's rules for files and network; untested by us",
    "landlock": "the kernel's rules for files, and a filter for network and system calls",
    "container": "nothing of ours: the container around autoexp is the only boundary",
}
POSSIBLE: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "use up processor and disk within the limits, and attack the kernel",
        frozenset({"bwrap", "landlock", "seatbelt"}),
    ),
    ("leave processes behind, until autoexp sweeps them", frozenset({"landlock", "seatbelt", "container", "none"})),
    ("see which other processes run, with their arguments", frozenset({"landlock", "seatbelt", "container", "none"})),
    ("share memory with your other programs", frozenset({"landlock", "seatbelt", "container", "none"})),
    ("change mode, owner, times and attributes of your files", frozenset({"landlock", "container", "none"})),
    ("learn which files exist, and their sizes", frozenset({"landlock", "seatbelt", "container", "none"})),
    ("read files outside of your home", frozenset({"seatbelt", "container", "none"})),
    ("signal your other programs", frozenset({"seatbelt", "container", "none"})),
    ("read and change every file that you can, the campaign's record included", frozenset({"container", "none"})),
    ("use the network, and the sockets of services of this machine", frozenset({"container", "none"})),
)
"""What a command can still do, and the levels at which it can; docs/sandbox.md has the same words."""


def levels(path: str) -> tuple[Rung, ...]:
    """Try every level; `path` is the PATH of the commands that would run."""
    return rungs(path)


def taken(known: Sequence[Rung]) -> Rung | None:
    """Give the level that `auto` takes; None where it would take none."""
    return next((rung for rung in known if rung.holds), None)


def possible(level: str) -> tuple[str, ...]:
    """Say what a command can still do at a level."""
    return tuple(words for words, where in POSSIBLE if level in where)


def findings(known: Sequence[Rung]) -> Iterator[Finding]:
    """Say which level a campaign would get and what that means, then what there is to say of each level."""
    chosen = taken(known)
    yield _verdict(known, chosen)
    above = True
    for rung in known:
        above = above and rung is not chosen
        yield _of(rung, chosen, above=above)


def _verdict(known: Sequence[Rung], chosen: Rung | None) -> Finding:
    level = chosen.level if chosen else "none"
    mend = next((rung.mend for rung in known if rung.mend and (rung is chosen or not rung.holds)), "")
    remains = ("a command can still:", *(f"- {words}" for words in possible(level)))
    if chosen is None:
        return Finding(
            "sandbox",
            "problem",
            "no level holds here: `autoexp run` refuses to start",
            remains,
            f"{mend}; or accept it: --allow-unsandboxed" if mend else "accept it: --allow-unsandboxed",
        )
    if level in {"bwrap", "seatbelt"}:
        return Finding("sandbox", "ok", f"auto takes {level}", remains)
    return Finding("sandbox", "warning", f"auto takes {level}, and stronger ones do not hold", remains, mend)


def _of(rung: Rung, chosen: Rung | None, *, above: bool) -> Finding:
    gives = _in_detail(rung)
    if rung is chosen:
        if not rung.words or rung.level == "container":
            return Finding(rung.level, "ok", f"holds: {gives}")
        return Finding(rung.level, "warning", f"holds, but not in full: {rung.words}", (gives,), rung.mend)
    if rung.holds:
        return Finding(rung.level, "ok", f"holds, and is not needed: {gives}")
    if not _offered(rung):
        return Finding(rung.level, "ok", f"not here: {rung.words}")
    if not above:
        return Finding(rung.level, "ok", f"does not hold, and is not needed: {rung.words}")
    kept = set(possible(rung.level))
    closed = [words for words in possible(chosen.level if chosen else "none") if words not in kept]
    adds = (f"in it a command could not: {'; '.join(closed)}",) if closed else ()
    return Finding(rung.level, "warning", f"does not hold: {rung.words}", adds, rung.mend)


def _offered(rung: Rung) -> bool:
    """Tell whether a level is something that a person could have here."""
    return bool(rung.mend) or rung.sandbox is not None


def _in_detail(rung: Rung) -> str:
    words = GIVES[rung.level]
    if isinstance(rung.sandbox, Bubblewrapped) and not rung.sandbox.network_space:
        words = "files, processes and users of its own; a list of hosts cannot be reached"
    if rung.level == "landlock" and rung.holds:
        held = facts({"network": "off", "unix": False})
        words += f" ({held['files']}; signals {held['signals']})"
    return words
