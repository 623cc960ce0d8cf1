"""What a person should do about an output that gives no measurement, or about a command that did not start: read off what it printed."""

import difflib
import json
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from autoexp.harness.forms import looks_like_metric
from autoexp.harness.lines import NUMBER, lines_of
from autoexp.spec.model import Spec

_MOST_LINES = 2000
_NOT_STARTED = re.compile(r"exit code 12[67]|cannot start |: not found|command not found|Permission denied")
_NOT_ENDED = re.compile(r"it did not end within (.+?)$")
_NOT_FINITE = re.compile(r"[=:]\s*[+-]?(?:nan|inf(?:inity)?)\b", re.IGNORECASE)
_PAIR = re.compile(r"\s*([\w.@%µμ-]+)\s*[:=]\s*([+-]?[\d.][\d.eE+-]*)\s*(\S*)")


def misprint(spec: Spec, detail: str, *, command: str, printed: Path | None, path: str) -> str:
    """Say what mends an ending of a `command` (measure, checks, holdout) told as `detail`.

    `printed` is the stored stdout, `path` the PATH of the command. Empty when nothing is known.
    """
    if ended := _NOT_ENDED.search(detail.partition("\n")[0]):
        key = "timeout" if command == "measure" else f"{command}_timeout"
        return f"give it more time than {ended[1]}: harness.{key}, or let it do less"
    if printed is not None and (told := _of_metrics(spec, detail, printed)):
        return told
    if path and _NOT_STARTED.search(detail):
        return f"a program was not found, or may not be started: the command had PATH={path}; `chmod +x` and commit what is not executable"
    return ""


def _of_metrics(spec: Spec, detail: str, printed: Path) -> str:
    reason = detail.partition("\n")[0]
    if "is not declared under metrics" in reason:
        return _declare(spec, reason.partition(" ")[0])
    if "a second value" in reason or "fits a second time" in reason:
        return (
            "print each metric once: let the harness take the mean, or print `ITEM id=score` lines for several scores"
        )
    if "a finite decimal number is expected" in reason or "number is too large" in reason:
        if _NOT_FINITE.search(reason):
            return "let the harness end with an exit code other than 0 where it has no number"
        return "print the number alone, as 12.5 or 1.25e1: a unit belongs in `metrics.NAME.unit`"
    if re.search(r"did not print|printed nothing|must be one number|is expected on the last line|fits no line", reason):
        return _other_form(spec, _lines(printed), printed.with_suffix(".err"))
    return ""


def _declare(spec: Spec, name: str) -> str:
    near = difflib.get_close_matches(name, spec.metrics, n=1)
    meant = f"print METRIC {near[0]}=... if that is meant; else " if near else ""
    return f"{meant}add `{name}: {{role: secondary}}` to metrics, or do not print it"


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            return [str(line) for line in islice(lines_of(stream), _MOST_LINES) if line.strip()]
    except OSError:
        return []


def _other_form(spec: Spec, lines: Sequence[str], errors: Path) -> str:
    """Say in which form the output seems to be, where it is another than the contract's."""
    form, primary = spec.harness.metrics, spec.primary
    expected = f"a line `METRIC {primary}=NUMBER` is expected on stdout"
    if form != "lines":
        metric_lines = any(line.startswith("METRIC ") for line in lines)
        return "it prints METRIC lines: leave harness.metrics out" if metric_lines else ""
    if not lines:
        elsewhere = any(line.startswith("METRIC ") for line in _lines(errors))
        hint = (
            "it prints METRIC lines on stderr, and stdout is what counts"
            if elsewhere
            else "it printed nothing on stdout"
        )
        return f"{hint}: {expected}; wall_s, cpu_s and peak_rss_mb are measured by autoexp itself, and need no line"
    if other := _known_form(primary, lines):
        return other
    if wrong := next((line for line in lines if looks_like_metric(line)), ""):
        return f"{expected}, with METRIC in its first column; this line is none: {wrong[:80]}"
    return _by_pattern(primary, lines, expected)


def _known_form(primary: str, lines: Sequence[str]) -> str:
    if len(lines) == 1 and NUMBER.fullmatch(lines[0].strip()):
        return "it prints one number and nothing else: write `metrics: number` below harness"
    if _is_object(lines[-1]):
        return f'its last line is a JSON object: write `metrics: json` below harness, and give the object a key "{primary}"'
    if any(line.strip() == "---" for line in lines):
        return "it prints `name: value` lines behind ---: write `metrics: keyvalue` below harness"
    return ""


def _by_pattern(primary: str, lines: Sequence[str], expected: str) -> str:
    pairs = [(match[1], line) for line in lines if (match := _PAIR.match(line))]
    named = next((line for name, line in pairs if name == primary), "")
    if named:
        sign = ":" if ":" in named else "="
        pattern = f"^\\s*{re.escape(primary)}\\s*{sign}\\s*([-+0-9.eE]+)"
        return f"{expected}; or let a pattern find it, below harness: `metrics: {{regex: {{{primary}: '{pattern}'}}}}`"
    return f"{expected}, and it prints others: `metrics: {{regex: ...}}` below harness reads a number out of any line"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
