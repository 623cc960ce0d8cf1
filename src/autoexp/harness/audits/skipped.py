"""Audit `skipped-work`: a target that does nothing, or only the beginning. Is its number better, and does it pass?"""

import ast
import copy
import re
from collections.abc import Callable, Iterator, Mapping

from autoexp.experiment.measurement import Sample
from autoexp.experiment.outcome import Outcome
from autoexp.harness.audits.attempts import attempt, is_better, shown
from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.kinds import programs, suffix
from autoexp.harness.audits.mutants import Watched, watch
from autoexp.harness.audits.mutants.watching import told_by
from autoexp.harness.audits.sources import python_of, text_of

NAME = "skipped-work"
RUNS = 3

_Changed = Mapping[str, ast.Module | str]


def skipped_work(ground: Ground) -> Iterator[Finding]:
    """Tell the first way to skip the work that is rewarded: a better number in two runs, other answers, and nothing objects."""
    watched = watch(ground)
    for how, changed in _ways(ground, watched):
        if ground.left_s() < RUNS * (ground.sample_s + ground.checks_s):
            return
        made = _rewarded(ground, _edits(changed))
        if made is None or (watched is not None and not _differs(ground, watched, changed)):
            continue
        yield Finding(
            audit=NAME,
            what=f"the number gets better when the work is skipped: {how}",
            evidence=f"{shown(ground, made)}, and neither the run nor guards and checks objected",
            fix="compare every answer with the right one before its time counts, in the harness or in harness.checks, on inputs drawn afresh",
        )
        return


def _rewarded(ground: Ground, edits: Edits) -> Sample | None:
    """Give a run whose number is better than HEAD's, if guards and checks let it pass and another one is better too."""
    made = attempt(ground, edits)
    if made.noticed or not is_better(ground, made.sample):
        return None
    again = ground.measure(edits, i=1)
    return made.sample if again.outcome is Outcome.MEASURED and is_better(ground, again) else None


def _differs(ground: Ground, watched: Watched, changed: _Changed) -> bool:
    """Tell whether answers are others; a copy that does not run when it is watched gives none that are the same."""
    made = attempt(
        ground,
        watched.edits({path: tree for path, tree in changed.items() if isinstance(tree, ast.Module)}),
        checked=False,
    )
    return made.sample.outcome is not Outcome.MEASURED or watched.differs(told_by(ground, made))


def _ways(ground: Ground, watched: Watched | None) -> Iterator[tuple[str, _Changed]]:
    """Give targets that skip their work, each in words; Python by syntax tree, other languages by their loops."""
    trees = watched.trees if watched else {path: tree for path in ground.scope if (tree := python_of(ground, path))}
    for how, change in _OF_PYTHON.items():
        changed = {path: change(tree, watched.asked.get(path) if watched else None) for path, tree in trees.items()}
        if any(ast.dump(changed[path]) != ast.dump(tree) for path, tree in trees.items()):
            yield how, changed
    texts = {path: text_of(ground, path) for path in programs(ground) if not path.endswith(".py")}
    idle = {path: after for path, text in texts.items() if (after := _without_loops(path, text)) != text}
    if idle:
        yield "its loops and conditions end at once", idle
    ended = {
        path: f"{_first_line(text)}exit 0\n{text}" for path, text in texts.items() if suffix(path) in {"sh", "bash", ""}
    }
    if ended:
        yield "it exits at once with success", ended


def _edits(changed: _Changed) -> Edits:
    return {path: (ast.unparse(new) if isinstance(new, ast.Module) else new).encode() for path, new in changed.items()}


def _idle(tree: ast.Module, asked: frozenset[str] | None) -> ast.Module:
    return _answering(tree, asked, lambda _: ast.Constant(None))


def _handing_back(tree: ast.Module, asked: frozenset[str] | None) -> ast.Module:
    return _answering(tree, asked, _first_argument)


def _answering(
    tree: ast.Module, asked: frozenset[str] | None, answer: Callable[[ast.FunctionDef], ast.expr | None]
) -> ast.Module:
    """Let functions return at once: those called from outside, else all that are public."""
    changed = copy.deepcopy(tree)
    for name, function in _functions(changed):
        wanted = name in asked if asked else not function.name.startswith("_")
        value = answer(function)
        if wanted and value is not None and function.name != "main":
            function.body = [ast.Return(value)]
    return ast.fix_missing_locations(changed)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{one.name}", one) for one in node.body if isinstance(one, ast.FunctionDef))


def _first_argument(function: ast.FunctionDef) -> ast.expr | None:
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args) if one.arg not in {"self", "cls"}]
    return ast.Name(names[0], ast.Load()) if names else None


def _hurrying(tree: ast.Module, _: frozenset[str] | None) -> ast.Module:
    """Let every loop end after its first turn."""
    changed = copy.deepcopy(tree)
    for node in ast.walk(changed):
        if isinstance(node, ast.For | ast.While):
            node.body.append(ast.Break())
        elif isinstance(node, ast.comprehension) and not node.is_async:
            node.iter = ast.Call(_once(), [node.iter, ast.Constant(1)], [])
    return ast.fix_missing_locations(changed)


def _once() -> ast.expr:
    return ast.parse("__import__('itertools').islice", mode="eval").body


_OF_PYTHON: Mapping[str, Callable[[ast.Module, frozenset[str] | None], ast.Module]] = {
    "its functions return nothing at once": _idle,
    "its functions hand back their first argument": _handing_back,
    "its loops end after the first turn": _hurrying,
}

_LOOPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bfor\s*\(([^;()]*);([^;]+);"), r"for (\1; 0 && (\2);"),
    (re.compile(r"\bwhile\s*\((.+)\)(?=\s*\{?\s*$)", re.MULTILINE), r"while (0 && (\1))"),
)
_SHELL_LOOP = (re.compile(r"^(\s*)while\s+(?!false)", re.MULTILINE), r"\1while false && ")
_QUERY = (re.compile(r"\bWHERE\b", re.IGNORECASE), "WHERE 1 = 0 AND")


def _without_loops(path: str, text: str) -> str:
    match suffix(path):
        case "sh" | "bash" | "zsh" | "":
            rules: tuple[tuple[re.Pattern[str], str], ...] = (_SHELL_LOOP,)
        case "sql":
            rules = (_QUERY,)
        case "rb" | "lua" | "r" | "jl":
            rules = ()
        case _:
            rules = _LOOPS
    for pattern, instead in rules:
        text = pattern.sub(instead, text)
    return text


def _first_line(text: str) -> str:
    return f"{text.splitlines()[0]}\n" if text.startswith("#!") else ""
