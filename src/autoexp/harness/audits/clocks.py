"""Runs that are too short: for the clock that times them, or for the sampler that watches them."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.idle import work_s
from autoexp.harness.audits.numbers import Shown, figures, seconds_of, words_of
from autoexp.harness.audits.sources import judge_files, python_of

SHORT_S, NOISY = 0.02, 0.08
"""A timed span is too short below the first, where single runs differ by the second and more."""
TINY_S = 0.002
STARTING_S = 0.1
"""No bare program takes longer to start."""
_WORK = 0.5
"""Share of a timed span that is work of the target, at least."""
_HELD = frozenset({"memory", "mem", "rss", "ram"})
_USED = _HELD | {"cpu"}


def short_run(ground: Ground) -> Iterator[Finding]:
    """See whether what is timed is long enough to be told from the start of a process, and from chance."""
    criterion = ground.spec.criteria[0]
    value = ground.samples[0].values.get(criterion.name)
    span_s = None if value is None else seconds_of(ground.spec, criterion.name, value)
    if span_s is None or ground.deterministic:
        return
    longer = "let one sample do the work many times, on more or larger inputs, and time it inside of the process that does it"
    noise = ground.noise or 0.0
    if (span_s < TINY_S and noise > NOISY / 4) or (span_s < SHORT_S and noise > NOISY):
        yield Finding(
            "short-run",
            f"{criterion.name} times {_ms(span_s)}, too short to be measured",
            f"single runs on the same commit differ by {noise:.1%}; a clock's own resolution and other programs are of that size",
            longer,
        )
        return
    worked_s = work_s(ground, criterion.name, span_s) if span_s < STARTING_S else None
    if worked_s is not None and worked_s < _WORK * span_s:
        yield Finding(
            "short-run",
            f"most of {criterion.name} is the start of programs, not work of the target",
            f"{criterion.name} times {_ms(span_s)}; a run with a target that does nothing takes "
            + (f"only {_ms(worked_s)} less" if worked_s > 0 else "as long"),
            longer,
        )


def sampler(ground: Ground) -> Iterator[Finding]:
    """See whether a sampler of memory or CPU has ever looked."""
    usage = ground.samples[0].usage
    printed = [figures(ground.printed(sample)) for sample in ground.samples]
    zeros = {
        name: sum(name in one and one[name].value == 0 for one in printed)
        for name in printed[0]
        if words_of(name) & _USED
    }
    names = [name for name, count in zeros.items() if count == len(printed) or (count and words_of(name) & _HELD)]
    late = next(_late_samplers(ground, _span_s(ground, printed)), "")
    fix = "read what the process used when it ends (resource.getrusage, or declare peak_rss_mb and cpu_s, which autoexp measures)"
    if names and (usage.peak_rss_mb > 1 or usage.cpu_s > 0):
        often = (
            "every run"
            if all(zeros[name] == len(printed) for name in names)
            else f"{max(zeros[name] for name in names)} of {len(printed)} runs"
        )
        one = len(names) == 1
        yield Finding(
            "sampler",
            f"{' and '.join(names)} {'is' if one else 'are'} 0 in {often}: what samples {'it' if one else 'them'} has seen nothing",
            f"autoexp itself saw {usage.peak_rss_mb:.0f} MB and {usage.cpu_s:.2f} s of CPU in a run of {usage.wall_s:.2f} s"
            + (f"; {late}" if late else ""),
            fix,
        )
    elif late:
        yield Finding("sampler", "what samples memory or CPU looks once in a run, or not at all", late, fix)


def _span_s(ground: Ground, printed: Sequence[Mapping[str, Shown]]) -> float:
    """Give the longest span of time that a run printed, the longest run where none did."""
    spans = [
        span_s
        for one in printed
        for name, shown in one.items()
        if (span_s := seconds_of(ground.spec, name, shown.value)) is not None
    ]
    return max(spans) if spans and max(spans) > 0 else max(sample.usage.wall_s for sample in ground.samples)


def _late_samplers(ground: Ground, span_s: float) -> Iterator[str]:
    """Say where a thread waits so long between two looks at memory or CPU that it hardly looks once."""
    for path in (*judge_files(ground), *ground.scope):
        tree = python_of(ground, path)
        if tree is None or "Thread" not in ast.dump(tree):
            continue
        constants = _numbers(tree)
        for loop in (node for node in ast.walk(tree) if isinstance(node, ast.While)):
            looks = words_of(
                " ".join(
                    node.attr if isinstance(node, ast.Attribute) else node.id
                    for node in ast.walk(loop)
                    if isinstance(node, ast.Attribute | ast.Name)
                )
            )
            for wait_s, line in _waits(loop, constants):
                if 2 * wait_s > span_s and looks & (_USED | {"psutil", "resident", "getrusage"}):
                    yield f"{path}:{line} waits {wait_s:g} s between two looks, and what it watches takes {span_s:.2g} s"


def _waits(loop: ast.While, constants: dict[str, float]) -> Iterator[tuple[float, int]]:
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in {"sleep", "wait"}:
            match node.args[0]:
                case ast.Constant(value=int() | float() as wait_s):
                    yield float(wait_s), node.lineno
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in constants:
                    yield constants[name], node.lineno


def _numbers(tree: ast.Module) -> dict[str, float]:
    return {
        target.id: float(node.value.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int | float)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _ms(span_s: float) -> str:
    return f"{span_s * 1000:.3g} ms" if span_s < 1 else f"{span_s:.3g} s"
