"""Texts of programs, candidates and models as data: cut, without what nobody sees, and unable to end their own quote."""

import re
import unicodedata

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_TAGS = re.compile(r"<(?=[A-Za-z/!?|])")
_TICKS = re.compile(r"`{3,}|~{3,}")
_INNER = {ord("“"): '"', ord("”"): '"'}
_SPARE = 4


def one_line(text: str, limit: int) -> str:
    """Give a text as one line of at most `limit` letters, without what commands a terminal or turns the direction of reading."""
    line = " ".join(_seen(text[: _SPARE * limit + 200]).split())
    return _cut(line, limit)


def tail(text: str, limit: int) -> str:
    """Give the end of a text in lines, at most `limit` letters: the end of an output tells most."""
    lines = [_seen(line).rstrip() for line in text[-_SPARE * limit - 200 :].splitlines()]
    found = "\n".join(line for line in lines if line)
    return found if len(found) <= limit else "…" + found[len(found) - limit + 1 :]


def quoted(text: str, limit: int) -> str:
    """Give a text as one line in quotation marks of which it holds none itself."""
    return f"“{_inert(one_line(text, limit)).translate(_INNER)}”"


def fenced(text: str, limit: int) -> str:
    """Give the end of a text in a fenced block that nothing inside can close."""
    found = _inert(tail(text, limit))
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in _TICKS.findall(found)), default=0))
    return "\n".join([fence, *(f"| {line}" for line in found.splitlines() or [""]), fence])


def prose(text: str, limit: int) -> str:
    """Give what a person wrote for proposers, Markdown and all, cut; a fence that is left open is closed."""
    kept = encodable(text.strip())
    rest = len(kept) - limit
    if rest > 0:
        kept = kept[:limit]
    lines = kept.splitlines()
    fence = ""
    for line in lines:
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return "\n".join([*lines, *([fence] if fence else []), *([f"(cut here: {rest} more letters)"] if rest > 0 else [])])


def encodable(text: str) -> str:
    """Give a text that a file can hold: halves of characters become question marks."""
    return text.encode("utf-8", "replace").decode()


def visible(text: str) -> str:
    """Give a text, lines and all, without what nobody sees."""
    return "\n".join(map(_seen, text.split("\n")))


def _seen(text: str) -> str:
    text = _ESCAPES.sub("", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "?"
    return "" if category in _UNSEEN else character


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _inert(text: str) -> str:
    """Break up tags of HTML and of chat templates."""
    return _TAGS.sub("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", text)
