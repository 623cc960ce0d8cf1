"""Does the candidate's code run in the process that reports the metric? Then it can report what it likes."""

import json
import re
from collections.abc import Iterator, Mapping

from autoexp.experiment.outcome import Outcome
from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.sources import imported, started
from autoexp.spec.metric import MEASURED_BY_AUTOEXP
from autoexp.spec.objective import WeightedObjective
from autoexp.spec.sections import RegexMetrics
from autoexp.workspaces.quoting import listed, shown

NAME = "same-process"
_FIX = (
    "let the harness start the target in a process of its own and print the metric itself: `autoexp.harness_kit.isolated` does, keeps clock, "
    "inputs and answers outside of it, and reports where the target cannot write (docs/harness-kit.md)"
)
NAMED, LONGEST = 3, 120
"""So many files are named, and so many letters of a line are quoted."""
_C = frozenset({"c", "cc", "cpp", "cxx"})


def same_process(ground: Ground) -> Iterator[Finding]:
    """Let a target print a better number and leave with success: is it believed? And does the harness import the target?"""
    better = _better(ground)
    if not better:
        return
    edits, text = _forged(ground, better)
    if edits:
        sample = ground.measure(edits)
        if sample.outcome is Outcome.MEASURED and all(
            _near(sample.values.get(name), at) for name, at in better.items()
        ):
            first, value = next(iter(better.items()))
            yield Finding(
                NAME,
                "the target can report its own number: its code runs in the process that reports the metric",
                f"{_named(ground, edits)} that does nothing but print `{_line(text, first, value)}` and leave with exit code 0 was measured as "
                f"{first} = {value:g}{_why(ground)}",
                _FIX,
            )
            return
    if chain := _chain(ground):
        yield Finding(
            NAME,
            "the target runs in the process that reports the metric",
            f"{chain}: what the target does to clock, random numbers and modules holds for the harness as well",
            _FIX,
        )


def _better(ground: Ground) -> Mapping[str, float]:
    """Give the printed numbers that are decided on, each so much better that nobody overlooks it."""
    spec, values = ground.spec, ground.samples[0].values
    names = {one.name: one.lower_is_better for one in spec.criteria if one.name in spec.metrics}
    if isinstance(spec.objective, WeightedObjective) or not names:
        names = {name: metric.direction == "lower" for name, metric in spec.metrics.items() if metric.direction}
    found = {
        name: _improved(values[name], lower=lower)
        for name, lower in names.items()
        if name in values and name not in MEASURED_BY_AUTOEXP
    }
    return found if found or names else {}


def _improved(value: float, *, lower: bool) -> float:
    if value == 0:
        return -1.0 if lower else 1.0
    return value / 4 if (value > 0) == lower else value * 4


def _near(value: float | None, wanted: float) -> bool:
    return value is not None and abs(value - wanted) <= 1e-6 * abs(wanted)


def _forged(ground: Ground, better: Mapping[str, float]) -> tuple[Edits, str]:
    """Give targets that print a result and leave, one for each program in scope that audits can write."""
    values = {name: value for name, value in ground.samples[0].values.items() if name in ground.spec.metrics} | dict(
        better
    )
    printed = {name: value for name, value in values.items() if name not in MEASURED_BY_AUTOEXP}
    text = _printed(ground, printed)
    edits = {path: content for path in ground.scope if (content := _program(ground, path, text)) is not None}
    return (edits, text) if text else ({}, "")


def _printed(ground: Ground, values: Mapping[str, float]) -> str:
    form = ground.spec.harness.metrics
    if isinstance(form, RegexMetrics):
        text = ground.printed(ground.samples[0])
        for name, pattern in form.regex.items():
            lines = [_replaced(line, pattern, values[name]) if name in values else line for line in text.splitlines()]
            text = "\n".join(lines) + "\n"
        return text
    if form == "json":
        return json.dumps(values) + "\n"
    if form == "number":
        return f"{next(iter(values.values()), 0.0)!r}\n"
    if form == "keyvalue":
        return "---\n" + "".join(f"{name}: {value!r}\n" for name, value in values.items())
    return "".join(f"METRIC {name}={value!r}\n" for name, value in values.items())


def _replaced(line: str, pattern: str, value: float) -> str:
    found = re.search(pattern, line)
    return line if found is None else f"{line[: found.start(1)]}{value!r}{line[found.end(1) :]}"


def _named(ground: Ground, edits: Edits) -> str:
    """Name the files that were changed: all of them while they are few."""
    if len(edits) <= NAMED:
        return f"a {' and '.join(map(shown, edits))}"
    if len(edits) == len(ground.scope):
        return f"code in all {len(edits)} files in scope"
    return f"code in {listed(list(edits), NAMED)} and {len(edits) - NAMED} more files"


def _line(text: str, name: str, value: float) -> str:
    """Give the printed line that has a metric, or at least its value, or the first one."""
    lines = text.strip().splitlines()
    for part in (name, repr(value)):
        if found := next((line for line in lines if part in line), ""):
            return found[:LONGEST]
    return lines[0][:LONGEST]


def _program(ground: Ground, path: str, text: str) -> bytes | None:
    ending, quoted = path.rpartition(".")[2].lower(), json.dumps(text)
    if ending == "py":
        return f"import os\nos.write(1, {text.encode()!r})\nos._exit(0)\n".encode()
    if ending in {"sh", "bash"}:
        return f"cat <<'AUTOEXP_AUDIT'\n{text}AUTOEXP_AUDIT\nexit 0\n".encode()
    if ending in {"js", "cjs"}:
        return f'require("fs").writeSync(1, {quoted});\nprocess.exit(0);\n'.encode()
    if ending == "mjs":
        return f'import {{ writeSync }} from "node:fs";\nwriteSync(1, {quoted});\nprocess.exit(0);\n'.encode()
    if ending in _C:
        added = (
            "\n#include <unistd.h>\n__attribute__((constructor)) static void autoexp_audit(void) {\n"
            f"    static const char said[] = {quoted};\n"
            "    if (write(1, said, sizeof said - 1) > 0) _exit(0);\n}\n"
        )
        return ground.read(path) + added.encode()
    return None


def _why(ground: Ground) -> str:
    direct = [path for path in started(ground, ground.spec.harness.measure) if path in ground.scope]
    if direct:
        return f" (harness.measure starts {direct[0]})"
    chain = _chain(ground)
    return f" ({chain})" if chain else ""


def _chain(ground: Ground) -> str:
    """Say by which imports a file in scope comes into the process of one that is not, and that measure starts."""
    for script in started(ground, ground.spec.harness.measure):
        if script in ground.scope or not script.endswith(".py"):
            continue
        for path, chain in imported(ground, script).items():
            if path in ground.scope:
                return " imports ".join(chain)
    return ""
