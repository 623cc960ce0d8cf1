"""Data that differ from run to run though the seed is the same, or from day to day."""

import ast
import re
from collections.abc import Iterator, Mapping

from autoexp.experiment.outcome import Outcome
from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.numbers import is_time
from autoexp.harness.audits.sources import judge_files, python_of, text_of

_DRAWS = frozenset(
    [
        "random",
        "randint",
        "randrange",
        "uniform",
        "choice",
        "choices",
        "sample",
        "shuffle",
        "gauss",
        "normalvariate",
        "lognormvariate",
        "expovariate",
        "betavariate",
        "triangular",
        "getrandbits",
        "randbytes",
        "rand",
        "randn",
        "integers",
        "normal",
        "permutation",
        "standard_normal",
        "poisson",
        "exponential",
        "random_sample",
    ]
)
_MODULES = frozenset({"random", "numpy.random"})
_MAKERS = re.compile(r"(^|\.)(Random|default_rng|RandomState)$")
_ELSEWHERE = {
    (".sh", ".bash"): re.compile(r"\$\{?RANDOM\b|\bshuf\b(?!.*--random-source)|/dev/u?random|\bsort\b[^|;]*\s-\w*R"),
    (".js", ".mjs", ".cjs", ".ts"): re.compile(r"\bMath\.random\(\)|\bcrypto\.random"),
    (".c", ".cc", ".cpp", ".h"): re.compile(
        r"\bsrand\s*\(\s*(?:\(unsigned(?: int)?\)\s*)?time\s*\(|\brandom_device\b|\barc4random"
    ),
}
_TODAY = frozenset({"now", "today", "utcnow"})
_DATES = frozenset(
    {
        "datetime",
        "date",
        "datetime.datetime",
        "datetime.date",
        "dt",
        "dt.datetime",
        "dt.date",
        "pd.Timestamp",
        "Timestamp",
    }
)
_SHELL_DATE = re.compile(r"(?:\$\(|`)\s*date\b(?!\s+[\"']?\+%s)")
_YEAR_DAYS = 400
_RUNS = 3
"""Runs on HEAD that are made again: two of them give the same number by chance where it has few values."""


def unseeded_data(ground: Ground) -> Iterator[Finding]:
    """Look for numbers drawn without a seed, and run HEAD again with a seed that it has seen: does it give the same?"""
    places = [place for path in judge_files(ground) for place in _unseeded(ground, path)]
    if not places:
        return
    name = ground.spec.primary
    moved = next((moved for i in range(min(_RUNS, len(ground.samples))) if (moved := _moved(ground, i))), None)
    if not moved:
        return
    untimed = [one for one in moved if not is_time(ground.spec, one)]
    one = name if name in moved else (untimed or list(moved))[0]
    yield Finding(
        "unseeded-data",
        "the harness draws other data in each run, also with the same AUTOEXP_SEED",
        f"{'; '.join(places[:4])}. Two runs on one commit with one seed gave {one} = {moved[one][0]:g} and {moved[one][1]:g}",
        "draw from a generator seeded with AUTOEXP_SEED: both sides of a comparison then get the same data, and differ by the change alone",
    )


def _moved(ground: Ground, i: int) -> dict[str, tuple[float, float]]:
    """Give the numbers that differ when HEAD is run once more with the seed of a sample: a file written as it is makes another commit."""
    path = next(iter(ground.scope or ground.paths))
    seen, again = ground.samples[i], ground.measure({path: ground.read(path)}, i=i)
    if again.outcome is not Outcome.MEASURED:
        return {}
    both = {name: (value, again.values[name]) for name, value in seen.values.items() if name in again.values}
    return {name: pair for name, pair in both.items() if pair[0] != pair[1]}


def _unseeded(ground: Ground, path: str) -> Iterator[str]:
    tree = python_of(ground, path)
    if tree is None:
        for endings, pattern in _ELSEWHERE.items():
            if path.endswith(endings):
                for found in pattern.finditer(text_of(ground, path)):
                    yield f"{path}:{text_of(ground, path).count(chr(10), 0, found.start()) + 1} draws by `{found[0].strip()}`"
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    modules = _modules(tree)
    seeded = {
        called
        for call in calls
        if call.args and (called := _module_of(call, modules)[0]) and ast.unparse(call.func).endswith(".seed")
    }
    plain = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in _MODULES
        for alias in node.names
        if alias.name in _DRAWS
    }
    for call in calls:
        function = ast.unparse(call.func)
        module, method = _module_of(call, modules)
        draws = (module and method in _DRAWS and module not in seeded) or (function in plain and not seeded)
        if draws or (_MAKERS.search(function) and _without_seed(ground, tree, call)):
            yield f"{path}:{call.lineno} draws by `{ast.unparse(call)[:60]}` without a seed"


def _without_seed(ground: Ground, tree: ast.Module, call: ast.Call) -> bool:
    """Tell whether a generator is made of nothing: no argument, None, or a parameter that somebody calls with None."""
    if call.keywords:
        return False
    match call.args:
        case [] | [ast.Constant(value=None)]:
            return True
        case [ast.Name(id=name)]:
            return any(_gets_nothing(ground, function, name) for function in _functions_with(tree, name))
    return False


def _functions_with(tree: ast.Module, parameter: str) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(argument.arg == parameter for argument in node.args.args):
            yield node


def _gets_nothing(ground: Ground, function: ast.FunctionDef, parameter: str) -> bool:
    at = [argument.arg for argument in function.args.args].index(parameter)
    for path in judge_files(ground):
        tree = python_of(ground, path)
        for call in ast.walk(tree) if tree else ():
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == function.name:
                given = [*call.args[at : at + 1], *(word.value for word in call.keywords if word.arg == parameter)]
                if any(isinstance(one, ast.Constant) and one.value is None for one in given):
                    return True
    return False


def _modules(tree: ast.Module) -> dict[str, str]:
    """Give what a file calls the modules that draw; a name that is bound to anything else as well may be a seeded generator."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {one.asname or one.name: one.name for one in names if one.name in {"random", "numpy.random"}}
                found |= {f"{one.asname or one.name}.random": "numpy.random" for one in names if one.name == "numpy"}
            case ast.ImportFrom(module="numpy", names=names):
                found |= {one.asname or one.name: "numpy.random" for one in names if one.name == "random"}
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {name: module for name, module in found.items() if name not in bound}


def _module_of(call: ast.Call, modules: Mapping[str, str]) -> tuple[str, str]:
    """Give the drawing module whose function a call is of, and the function; empty where it is of none."""
    holder, _, method = ast.unparse(call.func).rpartition(".")
    return modules.get(holder, ""), method


def dated_data(ground: Ground) -> Iterator[Finding]:
    """Look for today's date in the harness, and run it as if it were another day: does it give another number?"""
    places, edits = [], {}
    for path in judge_files(ground):
        tree = python_of(ground, path)
        source = text_of(ground, path)
        if tree is None:
            places += [
                f"{path}: `{found[0]}...)`" for found in _SHELL_DATE.finditer(source) if path.endswith((".sh", ".bash"))
            ]
            continue
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_today(node)]
        if calls:
            places += [f"{path}:{call.lineno} `{ast.unparse(call)}`" for call in calls]
            edits[path] = _another_day(source, calls)
    if not edits:
        return
    sample, name = ground.measure(edits), ground.spec.primary
    if sample.outcome is Outcome.TIMEOUT:
        return
    before = [one.values[name] for one in ground.samples]
    far = max(10 * (ground.noise or 0.0), 0.0 if ground.deterministic else 0.2) * abs(before[0])
    value = sample.values.get(name)
    if value is not None and min(before) - far <= value <= max(before) + far:
        return
    gave = f"gave {name} = {value:g}, today {before[0]:g}" if value is not None else f"ended as {sample.outcome.value}"
    yield Finding(
        "dated-data",
        "what is measured depends on the day",
        f"{'; '.join(places[:4])}. A run as if it were {_YEAR_DAYS} days later {gave}",
        "write the day down: a date in the harness, or in a file of the tree, is the same for every run of a campaign",
    )


def _is_today(call: ast.Call) -> bool:
    holder, _, method = ast.unparse(call.func).rpartition(".")
    return method in _TODAY and holder in _DATES


def _another_day(source: str, calls: list[ast.Call]) -> bytes:
    lines = source.encode().split(b"\n")
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset), reverse=True):
        if call.end_lineno != call.lineno or call.end_col_offset is None:
            continue
        line = lines[call.lineno - 1]
        text = line[call.col_offset : call.end_col_offset]
        moved = b"(" + text + b' + __import__("datetime").timedelta(days=%d))' % _YEAR_DAYS
        lines[call.lineno - 1] = line[: call.col_offset] + moved + line[call.end_col_offset :]
    return b"\n".join(lines)
