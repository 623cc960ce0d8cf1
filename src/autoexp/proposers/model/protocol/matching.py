"""Where in a file the lines of a hunk stand: exactly, or else with other whitespace, or else with a little other context.

Each step is taken only when the one before found nothing, and counts only when it finds one place.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from autoexp.proposers.model.protocol.edits import Hunk, Sign
from autoexp.proposers.model.protocol.errors import Unusable
from autoexp.proposers.model.protocol.nearest import nearest_lines

_MOST_PLACES = 1000
_MOST_COMPARED = 2_000_000
_LOOSE_LINES = 20_000
_FUZZ_SHARE, _MOST_FUZZ = 4, 3
_ALIKE = 0.6
_UNITS = (4, 2, 8, 3)
Mend = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hunk goes: its first line of the file, and how its new lines are to be indented."""

    start: int
    mend: Mend


def place_of(lines: Sequence[str], hunk: Hunk, *, file: str, moved: int = 0, loose: bool = True) -> Place:
    """Find the one place of a hunk; `moved` is by how many lines earlier hunks moved the rest.

    Raises Unusable, with the closest lines, when there is none, and with the count when there are several.
    """
    wanted = [text for sign, text in hunk.lines if sign != "+"]
    steps = _loose(lines, hunk, wanted) if loose and len(lines) <= _LOOSE_LINES else _exact(lines, wanted)
    for found in steps:
        if len(found) > 1:
            return _choose(lines, found, hunk, file, moved)
        if found:
            return found[0]
    raise Unusable(f"the text to be replaced is not in {file}{nearest_lines(lines, wanted)}")


def unpadded(hunk: Hunk) -> Hunk | None:
    """Give the hunk without blank lines at its ends, if it has some and something else."""
    start, stop = 0, len(hunk.lines)
    while start < stop and hunk.lines[start][0] != "+" and not hunk.lines[start][1].strip():
        start += 1
    while stop > start and hunk.lines[stop - 1][0] != "+" and not hunk.lines[stop - 1][1].strip():
        stop -= 1
    rest = hunk.lines[start:stop]
    if len(rest) == len(hunk.lines) or not any(sign != "+" for sign, _ in rest):
        return None
    return Hunk(rest, headings=hunk.headings, final_newline=hunk.final_newline)


def reblanked(lines: Sequence[str], hunk: Hunk) -> Hunk | None:
    """Give the hunk with blank lines where the file has them, if they are all that differs and one place fits."""
    filled = [(number, _squeezed(line)) for number, line in enumerate(lines) if line.strip()]
    wanted = [_squeezed(text) for sign, text in hunk.lines if sign != "+" and text.strip()]
    found = places([text for _, text in filled], wanted) if len(wanted) > 1 else []
    if len(found) != 1:
        return None
    at = filled[found[0]][0]
    new: list[tuple[Sign, str]] = []
    for sign, text in hunk.lines:
        if sign == "+":
            new.append((sign, text))
            continue
        while text.strip() and not lines[at].strip():
            new.append((sign if new and new[-1][0] == "-" else " ", lines[at]))
            at += 1
        if text.strip() or (at < len(lines) and not lines[at].strip()):
            new.append((sign, text))
            at += 1
    return Hunk(tuple(new), final_newline=hunk.final_newline)


def places(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Give every line at which the wanted lines stand, up to a thousand."""
    if not wanted:
        return []
    hay, needle = "\n".join(("", *lines, "")), "\n".join(("", *wanted, ""))
    found: list[int] = []
    at, line, counted = hay.find(needle), 0, 0
    while at >= 0 and len(found) < _MOST_PLACES:
        line += hay.count("\n", counted, at)
        counted = at
        found.append(line)
        at = hay.find(needle, at + 1)
    return found


def _exact(lines: Sequence[str], wanted: Sequence[str]) -> Iterator[list[Place]]:
    yield [Place(start, _as_it_is) for start in places(lines, wanted)]


def _loose(lines: Sequence[str], hunk: Hunk, wanted: Sequence[str]) -> Iterator[list[Place]]:
    yield from _exact(lines, wanted)
    yield [Place(start, _as_it_is) for start in places(_all(lines, str.rstrip), _all(wanted, str.rstrip))]
    if not any(char.isalnum() for line in wanted for char in line):
        return
    for key in (str.strip, _squeezed):
        starts = places(_all(lines, key), _all(wanted, key))
        signs = [sign for sign, _ in hunk.lines if sign != "+"]
        mends = ((start, _mend(signs, wanted, lines[start : start + len(wanted)])) for start in starts)
        yield [Place(start, mend) for start, mend in mends if mend]
    yield list(_fuzzy(lines, hunk))


def _all(lines: Sequence[str], key: Callable[[str], str]) -> list[str]:
    return [key(line) for line in lines]


def _squeezed(line: str) -> str:
    return "".join(line.split())


def _as_it_is(line: str) -> str:
    return line


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _mend(signs: Sequence[Sign], wanted: Sequence[str], have: Sequence[str]) -> Mend | None:
    """Give how the indentation of an answer becomes that of the file, if one rule explains all lines.

    Lines taken away make the rule, where there are some; context may also have lost the one space that a diff puts before it.
    """
    pairs = [(s, _indent(w), _indent(h)) for s, w, h in zip(signs, wanted, have, strict=True) if w.strip()]
    gone = {(w, h) for sign, w, h in pairs if sign == "-"}
    mend = _rule(gone or {(w, h) for _, w, h in pairs})
    fits = mend and all(sign == "-" or _indent(mend(f"{w}x")) == h or h == f" {w}" for sign, w, h in pairs)
    return mend if fits else None


def _rule(pairs: set[tuple[str, str]]) -> Mend | None:
    if all(w == h for w, h in pairs):
        return _as_it_is
    first_wanted, first_have = next(iter(pairs))
    more = first_have.removesuffix(first_wanted)
    if first_have.endswith(first_wanted) and all(h == more + w for w, h in pairs):
        return lambda line: more + line if line.strip() else line
    less = first_wanted.removesuffix(first_have)
    if first_wanted.endswith(first_have) and all(w == less + h for w, h in pairs):
        return lambda line: line.removeprefix(less)
    for unit in _UNITS:
        for old, new in ((" " * unit, "\t"), ("\t", " " * unit)):
            if all(w.replace(old, new) == h for w, h in pairs):
                return _converter(old, new)
    return None


def _converter(old: str, new: str) -> Mend:
    return lambda line: _indent(line).replace(old, new) + line.lstrip() if line.strip() else line


def _fuzzy(lines: Sequence[str], hunk: Hunk) -> Iterator[Place]:
    """Give places where only a few lines of context differ a little, and none beside a change."""
    wanted: list[tuple[Sign, str, bool]] = []
    for index, (sign, text) in enumerate(hunk.lines):
        if sign != "+":
            around = [hunk.lines[i][0] for i in (index - 1, index + 1) if 0 <= i < len(hunk.lines)]
            wanted.append((sign, _squeezed(text), sign == "-" or any(near != " " for near in around)))
    allowed = min(_MOST_FUZZ, len(wanted) // _FUZZ_SHARE)
    if not allowed:
        return
    hay = _all(lines, _squeezed)
    compared = 0
    for start in range(len(hay) - len(wanted) + 1):
        differing = 0
        for offset, (_, text, strict) in enumerate(wanted):
            compared += 1
            if hay[start + offset] != text:
                differing += 1
                if strict or differing > allowed or not _alike(hay[start + offset], text):
                    break
        else:
            olds = [(sign, text) for sign, text in hunk.lines if sign != "+"]
            same = [(*olds[i], lines[start + i]) for i, (_, text, _s) in enumerate(wanted) if hay[start + i] == text]
            signs, texts, have = zip(*same, strict=True)
            if mend := _mend(signs, texts, have):
                yield Place(start, mend)
        if compared > _MOST_COMPARED:
            return


def _alike(one: str, other: str) -> bool:
    if not one or not other or len(one) + len(other) > _MOST_PLACES:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


def _choose(lines: Sequence[str], found: list[Place], hunk: Hunk, file: str, moved: int) -> Place:
    """Take the one of several places that the hunk names by its line, or by a line above it."""
    named = next((place for place in found if hunk.at is not None and place.start == hunk.at - 1 + moved), None)
    if named is None:
        named = _below_headings(lines, found, hunk)
    elif any(_stands_only_below(lines, heading, named.start) for heading in hunk.headings):
        named = None  # line and heading say different things
    if named is not None:
        return named
    count = f"{len(found)} times" if len(found) < _MOST_PLACES else "very often"
    where = ", ".join(str(place.start + 1) for place in found[:5])
    more = ", …" if len(found) > 5 else ""  # noqa: PLR2004
    raise Unusable(
        f"the text to be replaced stands {count} in {file} (at lines {where}{more}); add lines around it until it stands there once"
    )


def _below_headings(lines: Sequence[str], found: list[Place], hunk: Hunk) -> Place | None:
    """Give the place that headings name, each of which stands once below the one before."""
    after = 0
    for heading in hunk.headings:
        at = [i for i in range(after, len(lines)) if lines[i].strip() == heading.strip()]
        if len(at) != 1:
            return None
        after = at[0] + 1
    below = [place for place in found if place.start >= after - 1] if hunk.headings else []
    unclear = len(below) > 1 and _in_one_block(lines, after - 1, below[1].start)
    return below[0] if below and not unclear else None


def _stands_only_below(lines: Sequence[str], heading: str, place: int) -> bool:
    """Tell whether a heading cannot be one of a place, as it stands in the file, and only below that place."""
    at = next((number for number, line in enumerate(lines) if line.strip() == heading.strip()), -1)
    return at > place


def _in_one_block(lines: Sequence[str], heading: int, place: int) -> bool:
    """Tell whether a place stands in the block below a heading, as indentation shows it."""
    depth = len(_indent(lines[heading]))
    return all(len(_indent(line)) > depth for line in lines[heading + 1 : place + 1] if line.strip())
