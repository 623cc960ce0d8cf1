"""What a YAML parser refuses, told as the slip that a person most likely made."""

import re

USUAL = "check the indentation, colons and quotes on this line and the one above"
_UNQUOTED = re.compile(r"(?P<before>^|[\s\[,{-])(?P<sign>[*&!@`%])(?P<rest>[^\s,\]}]*)")


_TOLD = (
    (
        "another document",
        "a second document begins here, and a contract is one",
        "take --- (or ...) and what follows out",
    ),
    (
        "mapping values are not allowed",
        "a colon stands where no key can be",
        "put text that holds a colon in quotes; else indent this line as those above",
    ),
    (
        "for merging",
        "<<: merges mappings only, and this is none",
        "name an anchor of a mapping behind <<:, or leave it out",
    ),
    ("special characters", "a control character stands in the text", "save the file as plain UTF-8 text"),
)


def slip(why: str, text: str, line: int | None, begun: int | None) -> tuple[str, str]:
    """Give what is wrong in words, and a likely fix. `line` is where the parser stopped, `begun` where what it could not end begins."""
    found = _line(text, line)
    if "'\\t'" in why or "\t" in found[: len(found) - len(found.lstrip())]:
        return "a tab stands where only spaces may", "indent with spaces: YAML takes no tabs there"
    if "expected ',' or '" in why:
        bracket = why.partition("expected ',' or '")[2][:1]
        where = f"the {'[' if bracket == ']' else '{'} of line {begun} is not closed" if begun else why
        return f"{where}: a comma or {bracket} is expected here", f"write the missing {bracket}, or a comma"
    if "undefined alias" in why or "cannot start any token" in why:
        return _needs_quotes(why, found)
    if "end of stream" in why or "quoted scalar" in why:
        begin = f" of line {begun}" if begun else ""
        return f"the text in quotes{begin} does not end", "write the missing quote (\" or ') at its end"
    return next(((words, fix) for sign, words, fix in _TOLD if sign in why), (why, USUAL))


def _needs_quotes(why: str, found: str) -> tuple[str, str]:
    sign = _UNQUOTED.search(found)
    word = f"{sign['sign']}{sign['rest']}".rstrip(",]}") if sign else ""
    if not word:
        return why, USUAL
    message = f"{word} needs quotes: {word[0]} has a meaning of its own at the start of a value"
    if word[0] == "*":
        message = f"{word} names an anchor, and there is no &{word[1:]} above it"
    return message, f'write "{word}" in quotes if it is a text'


def _line(text: str, number: int | None) -> str:
    lines = text.splitlines()
    return lines[number - 1] if number and number <= len(lines) else ""
