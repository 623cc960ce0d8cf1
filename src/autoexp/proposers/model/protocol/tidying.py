"""An answer as plain text, without what only stands around it."""

import re
from bisect import bisect_left

from autoexp.proposers.model.protocol import blocks, fences, headers, names

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plain(text: str) -> str:
    """Give a text with plain line ends, and such that it can be encoded."""
    return text.encode("utf-8", "replace").decode().removeprefix("\ufeff").replace("\r\n", "\n")


def tidy(text: str) -> str:
    """Give an answer as plain text, without thoughts that end before it begins, and without a fence around the whole of it."""
    text = plain(text)
    closing = re.search(r"</(?:think|thinking|thought|reasoning)>[ \t]*(?:\n|$)", text)
    if closing and not re.search(r"<(?:think|thinking|thought|reasoning)>", text[: closing.start()]):
        text = text[closing.end() :]
    return _unwrapped(text)


def _unwrapped(text: str) -> str:
    """Take the fence away that stands around all that was asked for, its header lines too; around each proposal, if so."""
    lines = text.split("\n")
    fenced = [index for index, line in enumerate(lines) if fences.opening(line)]
    if not fenced or not _opens_an_answer(lines, fenced[0]) or any(map(_names_an_edit, lines[: fenced[0]])):
        return text
    openings = [index for index in fenced if _opens_an_answer(lines, index)]
    marks = lines[openings[0]].strip().rstrip(_LETTERS)
    dropped = set(openings)
    bare = [index for index in fenced if lines[index].strip() == marks and index not in dropped]
    for opening, following in zip(openings, [*openings[1:], len(lines)], strict=True):
        last = bisect_left(bare, following) - 1
        dropped |= {bare[last]} if last >= 0 and bare[last] > opening else set()
    return "\n".join(line for index, line in enumerate(lines) if index not in dropped)


def _opens_an_answer(lines: list[str], index: int) -> bool:
    """Tell whether a fence begins with what an answer begins with."""
    if not re.fullmatch(r"`{3,}(?:text|txt|plaintext|markdown|md)?", lines[index].strip()):
        return False
    first = next((line for line in lines[index + 1 : index + 4] if line.strip()), "")
    return bool(headers.header(first)) or headers.separator(first) is not None


def _names_an_edit(line: str) -> bool:
    return bool(names.FILE_LABEL.match(line)) or blocks.opens(line) or names.on_a_line(line) is not None
