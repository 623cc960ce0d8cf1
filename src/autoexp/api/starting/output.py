"""What a command printed, read as the form of its metrics: the first form that fits is the one that the contract names."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autoexp.api.inference import recognised
from autoexp.harness.lines import BadMetric, number
from autoexp.spec.sections import MEASURED_BY_AUTOEXP, METRIC_NAME

_METRIC = re.compile(rf"METRIC ({METRIC_NAME.pattern})=(.*)")
_PAIR = re.compile(rf"\s*({METRIC_NAME.pattern})\s*:\s*(\S+)\s*")
_NUMBER = r"([-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
_LABELLED = re.compile(
    rf"\s*([A-Za-z][\w ./()%-]{{0,60}}?)(\s*[:=]\s*|\s+){_NUMBER}(?:(\s*)(ns|us|µs|μs|ms|s|sec|seconds|min|B|KB|MB|GB|KiB|MiB|GiB|bytes|%|[A-Za-z]+/s(?:ec)?))?\s*"
)
_VERSION = re.compile(r"\bv?\d+(?:\.\d+){2,}(?:[._-]?(?:a|b|rc|alpha|beta|dev|post|pre)[._-]?\d*)*\b|\bv\d+\.\d+\b")
_ANY_VERSION = r"v?\d+(?:\.\d+)+(?:[._-]?(?:a|b|rc|alpha|beta|dev|post|pre)[._-]?\d*)*"
"""A version in a label: the pattern takes any other one as well, as the next release is no other benchmark."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The form that fits, and the names of the metrics in it, in the order of the output; no form: nothing was understood.

    `units` are those that the output itself names, `problem` is what `autoexp check` will refuse in it.
    """

    form: str | Mapping[str, str] = ""
    names: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def read_output(lines: Sequence[str], patterns: Mapping[str, str] | None = None) -> Printed:
    """Find the form of an output: METRIC lines, one number, a block behind ---, JSON on the last line, known `patterns`, lines of known tools, labelled numbers."""
    filled = [line for line in lines if line.strip() and not line.startswith(("ITEM ", "COST "))]
    for form in (_metric_lines, _one_number, _block, _json):
        if (found := form(filled)).form:
            return found
    if patterns and (found := _by(patterns, filled)).form:
        return found
    return _of_tools(filled) or _labelled(filled)


def _metric_lines(lines: Sequence[str]) -> Printed:
    found = [match for line in lines if (match := _METRIC.fullmatch(line))]
    names = Counter(match[1] for match in found)
    twice = [name for name, times in names.items() if times > 1]
    own = [name for name in names if name in MEASURED_BY_AUTOEXP]
    wrong = [match[0] for match in found if _value(match[2]) is None]
    problem = ""
    if twice:
        problem = f"METRIC {twice[0]} comes {names[twice[0]]} times; exactly one line for a name is read"
    elif own:
        problem = f"{own[0]} is measured by autoexp itself: print it under another name"
    elif wrong:
        problem = f"this is no finite number: {wrong[0]}"
    kept = tuple(name for name in names if name not in own)
    return Printed("lines" if found else "", kept, problem=problem)


def _one_number(lines: Sequence[str]) -> Printed:
    return Printed("number") if len(lines) == 1 and _value(lines[0]) is not None else Printed()


def _block(lines: Sequence[str]) -> Printed:
    begin = next((i for i, line in enumerate(lines) if line.strip() == "---"), len(lines))
    pairs = [match for line in lines[begin + 1 :] if (match := _PAIR.fullmatch(line))]
    names = [match[1] for match in pairs if _value(match[2]) is not None or match[2].lower() in {"true", "false"}]
    return _named("keyvalue", names)


def _json(lines: Sequence[str]) -> Printed:
    try:
        found = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Printed()
    names = [name for name, value in found.items() if isinstance(value, int | float) and METRIC_NAME.fullmatch(name)]
    return _named("json", names)


def _named(form: str, names: Sequence[str]) -> Printed:
    """Keep the names that come once and that autoexp does not measure itself."""
    once = [name for name, times in Counter(names).items() if times == 1 and name not in MEASURED_BY_AUTOEXP]
    return Printed(form, tuple(once)) if once else Printed()


def _by(patterns: Mapping[str, str], lines: Sequence[str]) -> Printed:
    counts = {name: sum(len(re.findall(pattern, line)) for line in lines) for name, pattern in patterns.items()}
    fitting = {name: patterns[name] for name, count in counts.items() if count == 1}
    if not fitting:
        return Printed()
    several = [name for name, count in counts.items() if count > 1]
    problem = f"the pattern of {several[0]} fits {counts[several[0]]} times; it must fit once" if several else ""
    return Printed(fitting, tuple(fitting), problem=problem)


def _of_tools(lines: Sequence[str]) -> Printed | None:
    """Find the lines of known benchmark tools."""
    found = recognised(lines)
    patterns = {each.metric: each.pattern for each in found}
    return Printed(patterns, tuple(patterns), {each.metric: each.unit for each in found}) if found else None


def _labelled(lines: Sequence[str]) -> Printed:
    """Find lines such as `total time: 12.3 ms` or `took 12.3 ms`: a pattern for each, which holds the label and the unit."""
    matches = [match for line in lines if (match := _LABELLED.fullmatch(line))]
    found = [match for match in matches if match[2].strip() or match[5]]
    plain, exact = Counter(_slug(match, _VERSION) for match in found), Counter(_slug(match) for match in found)
    patterns: dict[str, str] = {}
    units: dict[str, str] = {}
    for match in found:
        any_version = plain[_slug(match, _VERSION)] == 1
        name = _slug(match, _VERSION) if any_version else _slug(match)
        if name in MEASURED_BY_AUTOEXP or not name or (exact[name] > 1 and not any_version) or name in patterns:
            continue
        patterns[name], units[name] = _pattern(match, any_version=any_version), match[5] or ""
    return Printed(patterns, tuple(patterns), units) if patterns else Printed()


def _pattern(match: re.Match[str], *, any_version: bool) -> str:
    parts = _VERSION.split(match[1]) if any_version else [match[1]]
    label = _ANY_VERSION.join(re.escape(part).replace(r"\ ", " ") for part in parts)
    unit = re.escape(match[5] or "")
    between = r"\s*[:=]\s*" if match[2].strip() else r"\s+"
    return rf"^\s*{label}{between}{_NUMBER}" + (rf"\s*{unit}\s*$" if unit else r"\s*$")


def _slug(match: re.Match[str], left_out: re.Pattern[str] | None = None) -> str:
    """Give a name for a labelled number, with its unit; without versions where `left_out` finds them."""
    said = left_out.sub(" ", match[1]) if left_out else match[1]
    label = re.sub(r"\W+", "_", said.replace("%", "percent")).strip("_").lower()
    unit = {"µs": "us", "μs": "us", "%": "percent", "sec": "s", "seconds": "s"}.get(
        match[5] or "", (match[5] or "").lower()
    )
    ending = unit.replace("/", "_per_")
    return label if not ending or label.endswith(f"_{ending}") or label == ending else f"{label}_{ending}"


def _value(text: str) -> float | None:
    try:
        return number(text, text)
    except BadMetric:
        return None
