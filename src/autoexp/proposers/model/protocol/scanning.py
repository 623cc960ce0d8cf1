"""The walk through an answer, line by line: which stretches of it are edits, in whatever format, and which are prose."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autoexp.proposers.model.protocol import blocks, diffs, envelope, fences, headers, names, structured, tags
from autoexp.proposers.model.protocol.edits import Delete, Edit, Replace, Write
from autoexp.proposers.model.protocol.errors import Unusable

_THINKING = re.compile(r"^\s*<(think|thinking|thought|reasoning|analysis|scratchpad)>", re.IGNORECASE)
_DELETION = re.compile(r"^\s{0,3}[*_]{0,2}(?:DELETE(?: FILE)?|Delete file)[*_]{0,2}:[*_]{0,2} {0,4}(\S.{0,300})$")
_HUNK = re.compile(r"^@@ -\d{1,9}(?:,\d{1,9})? \+\d|^@@(?: \.\.\. @@)?$")
_TITLE = re.compile(r"^\s{0,3}(?:#{1,6}\s|\*\*|`|\d{1,3}[.)]\s)")
_DIFF_LANGUAGES = {"diff", "patch", "udiff", "git"}
_BEGINNINGS = set("<-*@dD_{[")
_MOST_TRIES = 20
_LOOK_BACK = 6


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of lines that is no prose, from `start` up to before `end`: its edits, and what a JSON object says besides."""

    start: int
    end: int
    edits: tuple[Edit, ...] = ()
    said: Mapping[str, Any] | None = None


def scan(text: str, name: str | None = None) -> tuple[list[str], list[Region]]:
    """Give the lines of a plain text and the regions among them. `name` is the file that edits without a name mean.

    Raises Unusable when an edit is cut off or cannot be read.
    """
    walk = _Walk(text.split("\n"), name)
    walk.run()
    return walk.lines, walk.regions


def edits_in(text: str, name: str | None = None) -> list[Edit]:
    """Give all edits of a plain text, in order, each once. Raises Unusable."""
    _, regions = scan(text, name)
    return list(dict.fromkeys(edit for region in regions for edit in region.edits))


class _Walk:
    """One pass over the lines; what was read is behind `at`."""

    def __init__(self, lines: list[str], name: str | None) -> None:
        self.lines = lines
        self.name = name
        self.regions: list[Region] = []
        self.at = 0
        self.wrapper: fences.Fence | None = None
        self.opened = self.before = 0
        self.wrapper_name: str | None = None
        self.carried = name
        self.labelled: tuple[str | None, int] = (None, 0)
        self.mentioned: set[str] = set()
        self.tries = 0

    def run(self) -> None:
        while self.at < len(self.lines):
            if not (self._thinking() or self._fence() or self._bare()):
                self._note_name(self.lines[self.at])
                self.at += 1

    def _note_name(self, line: str) -> None:
        """Remember which file a line of prose names, for a block that follows further below."""
        if names.FILE_LABEL.match(line) and (name := names.on_a_line(line)):
            self.labelled = (name, self.at)
        elif "." in line and not self.wrapper:
            if _TITLE.match(line) and (name := names.on_a_line(line)):
                self.labelled = (name, self.at)
            elif mentioned := names.in_a_sentence(line, whole=False):
                self.mentioned.add(mentioned)

    def _thinking(self) -> bool:
        line = self.lines[self.at]
        head = _THINKING.match(line) if "<" in line else None
        if not head or self.wrapper:
            return False
        mark = f"</{head[1].lower()}>"
        for index in range(self.at, len(self.lines)):
            if mark in self.lines[index].lower():
                self._add(self.at, index + 1, [])
                return True
        raise Unusable("the answer ends in the middle of thinking (it was cut off): there is no edit in it")

    def _fence(self) -> bool:
        line = self.lines[self.at]
        if self.wrapper:
            if not self.wrapper.closed_by(line):
                return False
            self.wrapper = None
            if len(self.regions) > self.before:
                self.regions[-1] = replace(self.regions[-1], end=self.at + 1)
            self.at += 1
            return True
        fence = fences.opening(line)
        if not fence:
            return False
        language, named = names.in_fence_info(fence.info)
        if (language in _DIFF_LANGUAGES or self._begins_with_hunk()) and self._holds_diff():
            return self._fenced_diff(fence, named)
        if self._is_wrapper(language, named):
            self.wrapper, self.opened, self.wrapper_name = fence, self.at, named
            self.before = len(self.regions)
            self.at += 1
            return True
        return self._code(fence, language, named)

    def _begins_with_hunk(self) -> bool:
        first = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        return bool(_HUNK.match(first))

    def _holds_diff(self) -> bool:
        """Tell whether a fence holds a diff, not blocks or a patch that somebody called one."""
        ahead = self.lines[self.at + 1 : self.at + 4]
        return not any(blocks.opens(line) or envelope.opens(line) for line in ahead)

    def _is_wrapper(self, language: str, named: str | None) -> bool:
        """Tell whether a fence only stands around edits of another format."""
        ahead = [index for index in range(self.at + 1, min(self.at + 7, len(self.lines))) if self.lines[index].strip()]
        for index in ahead[:3]:
            line = self.lines[index]
            if fences.opening(line):
                break
            if blocks.opens(line) or envelope.opens(line):
                return True
        first = ahead[0] if ahead else self.at
        if named or self._name_above(self.at)[0]:
            return bool(ahead) and diffs.opens(self.lines, first)
        if not ahead:
            return False
        return (
            diffs.opens(self.lines, first)
            or (tags.opens(self.lines[first]) and language in {"", "xml", "text"})
            or (self.lines[first].lstrip()[:1] in {"{", "["} and self._is_edit_json())
        )

    def _is_edit_json(self) -> bool:
        fence = fences.opening(self.lines[self.at])
        end = fences.end_of(self.lines, self.at, fence) if fence else None
        if end is None or self.tries >= _MOST_TRIES:
            return False
        self.tries += 1
        try:
            return bool(self._json("\n".join(self.lines[self.at + 1 : end]))[0])
        except ValueError:
            return False

    def _fenced_diff(self, fence: fences.Fence, named: str | None) -> bool:
        end = next((i for i in range(self.at + 1, len(self.lines)) if fence.closed_by(self.lines[i])), None)
        if end is None:
            raise Unusable(
                "the answer ends in the middle of an edit: the diff's fence is never closed (it was cut off)"
            )
        above, start = self._name_above(self.at)
        body = [fence.strip(line) for line in self.lines[self.at + 1 : end]]
        edits, _ = diffs.take(body, 0, len(body), name=named or above or self.name, fenced=True)
        self._add(start if edits and above else self.at, end + 1, edits)
        return True

    def _code(self, fence: fences.Fence, language: str, named: str | None) -> bool:
        """Read a fence that holds code: a whole file, if it is named, or perhaps the only one."""
        end = fences.end_of(self.lines, self.at, fence)
        above, start = self._name_above(self.at)
        name = named or above
        if name and not names.fits_language(name, language):
            name = None
        if end is None:
            of = f" of {name}" if name else ""
            raise Unusable(
                f"the answer ends in the middle of an edit: the fence{of} opened in line {self.at + 1} is never closed "
                "(it was cut off, or fences inside of it need a longer fence around them)"
            )
        content = [fence.strip(line) for line in self.lines[self.at + 1 : end]]
        text = "".join(f"{line}\n" for line in content)
        label = ""
        if not name and content and not self.name and (inside := names.in_a_comment(content[0])):
            name, label = inside, content[0]
        edits: list[Edit] = []
        if name:
            self._refuse_broken_markdown(name, fence, end)
            asked = bool(above and names.FILE_LABEL.match(self.lines[start])) and len(fence.marks) > len("```")
            edits = [Write(name, text, label=label, asked=asked)]
        elif not names.SHELL.fullmatch(language) and text.strip():
            edits = [Write(self.name, text, loose=True, asked=False)]
        self._add(start if name and above else self.at, end + 1, edits)
        return True

    def _refuse_broken_markdown(self, name: str, fence: fences.Fence, end: int) -> None:
        """A fence inside of a Markdown file may have ended it early; then another one follows that has no name."""
        if not name.lower().endswith((".md", ".markdown", ".mdx", ".rst")):
            return
        rest = (self.lines[index] for index in range(end + 1, len(self.lines)))
        following = next((line for line in rest if fences.opening(line)), "")
        inner = fences.opening(following)
        if inner and inner.marks == fence.marks and not inner.info and fence.marks == "```":
            above = next(self.lines[index] for index in range(end + 1, len(self.lines)) if self.lines[index].strip())
            if not names.on_a_line(above):
                raise Unusable(
                    f"it is unclear where the content of {name} ends: fences stand inside of it; "
                    "put a fence of four or more backticks around the whole file"
                )

    def _bare(self) -> bool:
        """Read an edit that begins at this line, in a wrapper or without one."""
        line, lines = self.lines[self.at], self.lines
        if line.lstrip()[:1] not in _BEGINNINGS:
            return False
        if blocks.opens(line):
            above, start = self._name_above(self.at, sentence=True)
            if not above and not (self.wrapper and self.wrapper_name):
                above, start = self.labelled
            edit, end = blocks.take(lines, self.at, name=above or self.wrapper_name or self._carried())
            self.carried = edit.file
            self._add(start if above else self.at, end, [edit])
        elif envelope.opens(line):
            edits, end = envelope.take(lines, self.at, len(lines))
            self._add(self.at, end, edits)
        elif diffs.opens(lines, self.at) or (line.startswith("@@ ") and self.wrapper is None):
            above, start = self._name_above(self.at) if line.startswith("@@") else (None, self.at)
            end = self._end_of_wrapper()
            edits, end = diffs.take(
                lines, self.at, end, name=above or self.wrapper_name or self.name, fenced=bool(self.wrapper)
            )
            self._add(start if above else self.at, max(end, self.at + 1), edits)
        elif deletion := _DELETION.match(line):
            gone = deletion[1].strip().strip("`*\"'")
            self._add(self.at, self.at + 1, [] if gone.lower().strip(" .()") in headers.NONE else [Delete(gone)])
        elif tags.opens(line):
            return self._tag()
        elif line.lstrip()[:1] in {"{", "["} and self.tries < _MOST_TRIES:
            return self._object()
        else:
            return False
        return True

    def _carried(self) -> str | None:
        """Give the file of the edit before, unless the words since then are about another one."""
        name = self.carried or ""
        return None if any(not f"/{name}".endswith(f"/{other}") for other in self.mentioned) else self.carried

    def _end_of_wrapper(self) -> int:
        if not self.wrapper:
            return len(self.lines)
        end = next((i for i in range(self.at, len(self.lines)) if self.wrapper.closed_by(self.lines[i])), None)
        if end is None:
            raise Unusable(
                "the answer ends in the middle of an edit: the diff's fence is never closed (it was cut off)"
            )
        return end

    def _tag(self) -> bool:
        taken = tags.take(self.lines, self.at) if self.tries < _MOST_TRIES else None
        if taken is None:
            self.tries += 1
            return False
        found, end = taken
        if isinstance(found, tuple):
            name, body = found
            inner = [edit for edit in edits_in(body, name) if not (isinstance(edit, Write) and edit.loose)]
            found = inner or [tags.whole_file(name, body)]
        self._add(self.at, end, found)
        return True

    def _object(self) -> bool:
        """Read a JSON value that begins at this line, if it holds edits."""
        self.tries += 1
        rest = "\n".join(self.lines[self.at :])
        try:
            value, length = structured.load_first(rest.lstrip())
        except ValueError as error:
            if self._looks_like_edits(rest):
                raise Unusable(
                    f"the JSON of the answer cannot be read (cut off, or a quote or backslash amiss): {error}"
                ) from None
            return False
        length += len(rest) - len(rest.lstrip())
        edits = self._edits_of(value)
        said = value if isinstance(value, dict) else None
        if not edits and not (said and _SAID & said.keys()):
            return False
        self._add(self.at, self.at + rest[:length].count("\n") + 1, edits, said)
        return True

    def _looks_like_edits(self, rest: str) -> bool:
        prose = all(not line.strip() for line in self.lines[: self.at]) or self.wrapper is not None
        return prose and bool(re.match(r"\s*[\[{]\s*[\[{]?\s*\"\w+\"\s*:", rest[:400]))

    def _json(self, text: str) -> tuple[list[Edit], Any]:
        value = structured.load(text)
        return self._edits_of(value), value

    def _edits_of(self, value: Any) -> list[Edit]:
        return structured.edits_of(value, scan=edits_in, name=self.name)

    def _name_above(self, index: int, *, sentence: bool = False) -> tuple[str | None, int]:
        """Give the file that the nearest line of text above names, and where that line stands."""
        first = max(self.regions[-1].end if self.regions else 0, index - _LOOK_BACK, 0)
        for place in range(index - 1, first - 1, -1):
            line = self.lines[place]
            if not line.strip() or (self.wrapper and place == self.opened):
                continue
            if fences.opening(line) and place == index - 1 and not self.wrapper:
                continue
            name = names.on_a_line(line) or names.in_a_sentence(line, whole=not sentence)
            return (name, place) if name else (None, index)
        return None, index

    def _add(self, start: int, end: int, edits: list[Edit], said: Mapping[str, Any] | None = None) -> None:
        for edit in edits:
            if isinstance(edit, Replace | Write) and edit.file:
                self.carried = edit.file
        if self.wrapper and len(self.regions) == self.before and self.opened < start:
            start = self._name_above(self.opened)[1]
        self.labelled = (None, 0)
        self.mentioned.clear()
        self.regions.append(Region(start, end, tuple(edits), said))
        self.at = end


_SAID = {"hypothesis", "proposals", "nothing_left", "ideas"}
