"""Scripts that say by their names what they are for: scripts/bench.sh, test.sh, and the two of a pi-autoresearch session."""

import re

from autoexp.api.inference.files import Files
from autoexp.api.inference.model import Command, Look, Rank
from autoexp.spec.commands import named

_FOLDERS = r"(?:(?:scripts?|bin|tools?|ci|benchmarks?|bench|perf|tests?|hack|etc)/)?"
_BENCH = re.compile(_FOLDERS + r"(?:run[_-])?(?:bench|benchmarks?|perf)(?:[_-](?:all|suite))?(?:\.sh|\.bash)?")
_TEST = re.compile(_FOLDERS + r"(?:(?:run[_-])?(?:tests?|checks?)|verify)(?:\.sh|\.bash)?")
_SESSIONS = ((".auto/measure.sh", ".auto/checks.sh"), ("autoresearch.sh", "autoresearch.checks.sh"))
"""The two layouts of a pi-autoresearch session: measure and checks."""
_PRINTED = re.compile(r"METRIC ([\w.@%µμ-]+)=")
_SHEBANG = re.compile(r"#!\s*(?:/usr/bin/env\s+)?(\S*/)?(\S+)")

_DATA = re.compile(r".*\.(?:txt|csv|tsv|dat|bin|log|parquet|gz|zst|db|sqlite|in|out|md|png|jpg)")
SHELL_FILE = r".*\.(?:sh|bash|zsh)"


def look(files: Files) -> Look | None:
    """Give the scripts that measure and check; None when there is neither."""
    measures, checks = [*_session(files, 0)], [*_session(files, 1)]
    measures += [_command(files, path) for path in _ranked(files, _BENCH)]
    checks += [_command(files, path) for path in _ranked(files, _TEST)]
    if not measures and not checks:
        return None
    sources = measured_by(files, [command.source for command in measures])
    return Look(
        kind="shell" if files.like(SHELL_FILE) else "scripts",
        measures=tuple(measures),
        checks=tuple(checks),
        edit=sources,
        edit_source=f"they are named in {measures[0].source}" if sources else "",
    )


def printed_metric(text: str) -> str:
    """Give the name of the first METRIC line that a program's text prints; empty when it prints none."""
    match = _PRINTED.search(text)
    return match[1] if match else ""


def run_of(files: Files, path: str) -> str:
    """Give the command that runs a script: by its own path where it is executable, else by the shell of its first line."""
    if path in files.executable:
        return path if "/" in path else f"./{path}"
    return f"{_shell_of(files.text(path))} {path}"


def measured_by(files: Files, scripts: list[str]) -> tuple[str, ...]:
    """Give the tracked files that the texts of scripts name, also by way of scripts that they start; what looks like data is left out."""
    waiting, seen, found = list(scripts), set(scripts), []
    while waiting:
        for line in files.text(waiting.pop(0)).splitlines():
            for path in named(line) if not line.lstrip().startswith("#") else ():
                if path not in seen and files.has(path) and not _DATA.fullmatch(path):
                    seen.add(path)
                    found.append(path)
                    waiting += [path] if re.fullmatch(SHELL_FILE, path) else []
    return tuple(found)


def _session(files: Files, which: int) -> list[Command]:
    for layout in _SESSIONS:
        if any(files.has(path) for path in layout):
            path = layout[which]
            return [_command(files, path, rank=Rank.SESSION)] if files.has(path) else []
    return []


def _ranked(files: Files, pattern: re.Pattern[str]) -> list[str]:
    """Give the paths that fit and are scripts: those in scripts/ first, then at the top, then elsewhere."""
    fitting = [path for path in files.paths if pattern.fullmatch(path) and _is_script(files, path)]
    return sorted(fitting, key=lambda path: (not path.startswith("scripts/"), path.count("/"), path))


def _is_script(files: Files, path: str) -> bool:
    return path.endswith((".sh", ".bash")) or files.text(path).startswith("#!")


def _command(files: Files, path: str, rank: Rank = Rank.SCRIPT) -> Command:
    metric = printed_metric(files.text(path))
    return Command(
        run_of(files, path),
        path,
        rank,
        metric=metric,
        metrics="lines" if metric else "",
        starts=(path,),
        note="" if path in files.executable else f"{path} is not executable, so a shell starts it",
    )


def _shell_of(text: str) -> str:
    match = _SHEBANG.match(text)
    return match[2] if match else "sh"
