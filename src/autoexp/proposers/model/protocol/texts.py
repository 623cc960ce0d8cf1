"""The text of a file as lines that keep their own ends, so that what is not edited stays as it was, byte for byte."""

from collections.abc import Sequence
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Text:
    """Lines without their ends, and the ends; bytes that are not UTF-8 stand for themselves as lone surrogates."""

    lines: tuple[str, ...]
    ends: tuple[str, ...]
    bom: bool = False

    @property
    def end(self) -> str:
        """Give the line end that most lines have."""
        windows = self.ends.count("\r\n")
        return "\r\n" if windows > len(self.ends) - windows - self.ends.count("") else "\n"

    @property
    def encoded(self) -> bool:
        """Tell whether all of it is UTF-8."""
        return not any("\udc80" <= char <= "\udcff" for line in self.lines if not line.isascii() for char in line)

    def splice(self, start: int, stop: int, new: Sequence[int | str], *, final: bool | None = None) -> "Text":
        """Give the text with lines `start` to `stop` replaced by other text, or, given as numbers, by lines of its own.

        `final` tells whether the text shall end with a line end; if that is not said it does as before.
        """
        end, size = self.end, len(self.lines)
        had_final = not self.ends or self.ends[-1] != ""
        middle = [(self.lines[item], self.ends[item] or end) if isinstance(item, int) else (item, end) for item in new]
        lines = [*self.lines[:start], *(line for line, _ in middle), *self.lines[stop:]]
        ends = [*self.ends[:start], *(mark for _, mark in middle), *self.ends[stop:]]
        if stop == size and ends:
            if start and not ends[start - 1]:
                ends[start - 1] = end
            wanted = had_final if final is None else final
            ends[-1] = (ends[-1] or end) if wanted else ""
        return Text(tuple(lines), tuple(ends), self.bom)

    def rewrite(self, start: int, stop: int, new: Sequence[str]) -> "Text":
        """Give the text with other lines; those that both begin or end with keep their own line ends."""
        head, most = 0, min(stop - start, len(new))
        while head < most and self.lines[start + head] == new[head]:
            head += 1
        tail = 0
        while tail < most - head and self.lines[stop - 1 - tail] == new[-1 - tail]:
            tail += 1
        kept = range(start, start + head)
        return self.splice(start, stop, [*kept, *new[head : len(new) - tail], *range(stop - tail, stop)])

    def encode(self) -> bytes:
        """Give the bytes of the file."""
        text = "".join(part for pair in zip(self.lines, self.ends, strict=True) for part in pair)
        return (_BOM if self.bom else b"") + text.encode("utf-8", "surrogateescape")


def text_of(content: bytes) -> Text:
    """Read the bytes of a file, of whatever encoding."""
    bom = content.startswith(_BOM)
    parts = content[len(_BOM) if bom else 0 :].decode("utf-8", "surrogateescape").split("\n")
    last = parts.pop()
    lines = [part.removesuffix("\r") for part in parts]
    ends = ["\r\n" if part.endswith("\r") else "\n" for part in parts]
    if last:
        lines.append(last)
        ends.append("")
    return Text(tuple(lines), tuple(ends), bom)


def lines_of(text: str) -> list[str]:
    """Give the lines of a text from an answer; its last line end does not begin another."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def rewritten(old: Text | None, text: str) -> bytes:
    """Give a whole file: with the line ends, the byte order mark and the last line end that the old one had."""
    lines = lines_of(text.removeprefix("\ufeff"))
    if old is None or not old.lines:
        return Text(tuple(lines), ("\n",) * len(lines), bool(old and old.bom)).encode()
    return old.rewrite(0, len(old.lines), lines).encode()
