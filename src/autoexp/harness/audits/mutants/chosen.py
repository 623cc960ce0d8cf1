"""Which mutants are tried: likely ones first, spread over files and functions, in an order that a seed gives."""

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, zip_longest

from autoexp.harness.audits.ground import Edits, Ground
from autoexp.harness.audits.kinds import programs
from autoexp.harness.audits.mutants.lines import of_lines
from autoexp.harness.audits.mutants.mutant import Mutant
from autoexp.harness.audits.mutants.operators import LIKELY, MAYBE, SELDOM
from autoexp.harness.audits.mutants.python import of_python
from autoexp.harness.audits.mutants.watching import Watched
from autoexp.harness.audits.sources import python_of, text_of

MOST_FILES = 20

Made = tuple[Mutant, Callable[[], Edits]]


def mutants(ground: Ground, watched: Watched | None, *, seed: int = 0) -> Iterator[Made]:
    """Give mutants of the programs in scope, the best to try first, each with what makes the edits for it.

    Of files that are watched only what runs is changed, and the edits hold them watched.
    """
    known = [made for path in programs(ground)[:MOST_FILES] for made in _of(ground, path, watched)]
    return spread(known, seed=seed)


def _of(ground: Ground, path: str, watched: Watched | None) -> Iterator[Made]:
    if watched is not None:
        if path in watched.trees:
            for mutant, change in of_python(path, watched.trees[path], reached=watched.reached[path]):
                yield mutant, partial(_watched_edits, watched, path, change)
    elif (tree := python_of(ground, path)) is not None:
        for mutant, change in of_python(path, tree):
            yield mutant, partial(_edits, path, change)
    elif not path.endswith(".py"):
        for mutant, content in of_lines(path, text_of(ground, path)):
            yield mutant, partial(dict, {path: content.encode()})


def _watched_edits(watched: Watched, path: str, change: Callable[[], ast.Module]) -> Edits:
    return watched.edits({path: change()})


def _edits(path: str, change: Callable[[], ast.Module]) -> Edits:
    return {path: ast.unparse(change()).encode()}


def spread(known: Sequence[Made], *, seed: int) -> Iterator[Made]:
    """Give one from each function in turn: two likely ones for each that may show, and the others last."""
    draw = random.Random(f"mutants {seed}")  # noqa: S311  a sample, not a secret
    likely, maybe, seldom = (_turns([made for made in known if made[0].rank == rank], draw) for rank in _RANKS)
    mixed = zip_longest(likely[::2], likely[1::2], maybe)
    yield from (made for made in chain(*mixed, seldom) if made is not None)


_RANKS = (LIKELY, MAYBE, SELDOM)


def _turns(known: Sequence[Made], draw: random.Random) -> list[Made]:
    places: dict[tuple[str, str], list[Made]] = {}
    for made in known:
        places.setdefault((made[0].path, made[0].place), []).append(made)
    order = list(places.values())
    draw.shuffle(order)
    for group in order:
        draw.shuffle(group)
    return [made for turn in zip_longest(*order) for made in turn if made is not None]
