"""Text that strangers wrote, made safe to show. Everything that reaches the page passes through `esc`."""

import html
import re

_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, which XML forbids
    "\u202a-\u202e\u2066-\u2069"  # bidirectional overrides, which make text read as something else
    "\ud800-\udfff\ufffe\uffff]"  # lone surrogates and non-characters, which UTF-8 forbids
)


def esc(text: object) -> str:
    """Give text as HTML: markup escaped, terminal colours dropped, unshowable characters replaced."""
    plain = _TERMINAL.sub("", str(text)).replace("\r\n", "\n").replace("\r", "\n")
    return html.escape(_UNSHOWABLE.sub("\ufffd", plain), quote=True)


def clip(text: str, length: int) -> str:
    """Give one line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def first_lines(text: str, length: int) -> str:
    """Give the beginning of a long text, and say how much was left out."""
    text = text.strip("\n")
    if len(text) <= length:
        return text
    return f"{text[:length]}\n… {len(text) - length:,} more characters are not shown here"


def last_lines(text: str, length: int) -> str:
    """Give the end of a long text, where programs say why they failed, and say how much was left out."""
    text = text.strip("\n")
    if len(text) <= length:
        return text
    return f"{len(text) - length:,} more characters are not shown here …\n{text[-length:]}"
