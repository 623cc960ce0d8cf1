"""One edit of the content of one file: the new content, or the reason why it cannot be made."""

from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from autoexp.proposers.model.protocol.edits import Hunk, Patch, Replace, Sign, Substitute, Write
from autoexp.proposers.model.protocol.elisions import elision
from autoexp.proposers.model.protocol.errors import Unusable
from autoexp.proposers.model.protocol.matching import place_of, reblanked, unpadded
from autoexp.proposers.model.protocol.nearest import nearest_lines
from autoexp.proposers.model.protocol.parts import why_no_file
from autoexp.proposers.model.protocol.texts import Text, lines_of, rewritten, text_of

_MOST_PLACES = 200


def edited(edit: Write | Patch | Replace | Substitute, content: bytes | None, path: str) -> bytes:
    """Give the new content of `path`, whose content is None when there is no such file. Raises Unusable."""
    old = None if content is None else text_of(content)
    if isinstance(edit, Write):
        return _written(edit, old, path)
    if isinstance(edit, Patch):
        return _patched(edit, old, path).encode()
    if isinstance(edit, Substitute):
        return _substituted(edit, old, path).encode()
    return _replaced(edit, old, path).encode()


def _written(edit: Write, old: Text | None, path: str) -> bytes:
    text = edit.text
    lines = lines_of(text)
    if edit.label and lines and (old is None or not old.lines or old.lines[0].strip() != edit.label.strip()):
        lines = lines[1:]
        text = "".join(f"{line}\n" for line in lines)
    if old is None:
        _refuse_elision(lines, (), path)
        _refuse_part(lines, (), path, asked=True)
        return rewritten(None, text)
    if not old.encoded:
        raise Unusable(
            f"{path} holds bytes that are not UTF-8 and cannot be written as a whole; replace only the lines to change"
        )
    _refuse_elision(lines, old.lines, path)
    _refuse_part(lines, old.lines, path, asked=edit.asked)
    return rewritten(old, text)


def _patched(edit: Patch, old: Text | None, path: str) -> Text:
    if old is None or (edit.new and all(sign == "+" for hunk in edit.hunks for sign, _ in hunk.lines)):
        kept = [text for hunk in edit.hunks for sign, text in hunk.lines if sign != "+"]
        if kept and not edit.new:
            raise Unusable(f"there is no file {path} to change")
        lines = [text for hunk in edit.hunks for sign, text in hunk.lines if sign != "-"]
        _refuse_elision(lines, old.lines if old else (), path)
        final = edit.hunks[-1].final_newline if edit.hunks else None
        if old is not None and old.lines:
            return old.splice(0, len(old.lines), lines, final=final)
        return Text((), ()).splice(0, 0, lines, final=final)
    now, moved = old, 0
    for hunk in edit.hunks:
        before = len(now.lines)
        now = _with_hunk(now, hunk, path, moved)
        moved += len(now.lines) - before
    return now


def _replaced(edit: Replace, old: Text | None, path: str) -> Text:
    ways = [(lines_of(before), lines_of(after)) for before, after in edit.ways]
    before, after = ways[0]
    if not any(line.strip() for line in before):
        if old is not None and any(line.strip() for line in old.lines):
            raise Unusable(
                f"the search part for {path} is empty, and the file is not; give the lines that are to be replaced, "
                "or the line after which the new ones go, in both parts"
            )
        _refuse_elision(after, (), path)
        return (old or Text((), ())).splice(0, len(old.lines) if old else 0, after)
    if old is None:
        raise Unusable(f"there is no file {path} to change")
    refusal: Unusable | None = None
    for before, after in reversed(ways):
        if not before or before == after:
            continue
        try:
            return _with_hunk(old, _as_hunk(before, after, edit.at), path, 0)
        except Unusable as error:
            refusal = error
    if refusal:
        raise refusal
    return old


def _as_hunk(before: Sequence[str], after: Sequence[str], at: int | None) -> Hunk:
    """Give a replacement as a hunk: lines that both begin or end with are context."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    signed: list[tuple[Sign, str]] = [(" ", line) for line in before[:head]]
    signed += [("-", line) for line in before[head : len(before) - tail]]
    signed += [("+", line) for line in after[head : len(after) - tail]]
    signed += [(" ", line) for line in before[len(before) - tail :]]
    return Hunk(tuple(signed), at=at)


def _with_hunk(text: Text, hunk: Hunk, path: str, moved: int) -> Text:
    added = [line for sign, line in hunk.lines if sign == "+"]
    if all(sign == " " for sign, _ in hunk.lines):
        return text
    _refuse_elision(added, text.lines, path)
    if len(added) == len(hunk.lines):
        return _inserted(text, hunk, added, path)
    loose = text.encoded
    try:
        place = place_of(text.lines, hunk, file=path, moved=moved, loose=loose)
    except Unusable as refusal:
        bare = (unpadded(hunk) or reblanked(text.lines, hunk)) if loose and "stands" not in refusal.reason else None
        if bare is None:
            raise Unusable(refusal.reason + _done_already(text, hunk)) from None
        hunk, place = bare, place_of(text.lines, bare, file=path, moved=moved)
    new: list[int | str] = []
    at = place.start
    for sign, line in hunk.lines:
        if sign == "+":
            new.append(place.mend(line))
            continue
        if sign == " ":
            new.append(at)
        at += 1
    return text.splice(place.start, at, new, final=hunk.final_newline)


def _inserted(text: Text, hunk: Hunk, added: list[str], path: str) -> Text:
    """Put lines without any context where only one place can be meant."""
    if not text.lines:
        return text.splice(0, 0, added, final=hunk.final_newline)
    if hunk.headings and hunk.at is None:
        found = [index for index, line in enumerate(text.lines) if line.strip() == hunk.headings[-1].strip()]
        if len(found) == 1:
            return text.splice(found[0] + 1, found[0] + 1, added, final=hunk.final_newline)
    raise Unusable(f"lines are to be added to {path}, but nothing says where; give the lines around them as context")


def _substituted(edit: Substitute, old: Text | None, path: str) -> Text:
    before, after = edit.old.replace("\r\n", "\n"), edit.new.replace("\r\n", "\n")
    if not before.strip():
        return _replaced(Replace(edit.file, (("", after),)), old, path)
    if old is None:
        raise Unusable(f"there is no file {path} to change")
    if before == after:
        return old
    _refuse_elision(lines_of(after), (*old.lines, *lines_of(before)), path)
    whole = "\n".join(old.lines) + ("\n" if old.ends and old.ends[-1] else "")
    count, at = 0, whole.find(before)
    while at >= 0 and count < _MOST_PLACES:
        count, at = count + 1, whole.find(before, at + 1)
    if count > 1 and not edit.everywhere:
        raise Unusable(
            f"the text to be replaced stands {count} times in {path}; add text around it until it stands there once"
        )
    cut = count and _cuts_a_word(whole, before)
    if count and not cut:
        return old.rewrite(0, len(old.lines), lines_of(whole.replace(before, after)))
    if cut and edit.everywhere:
        raise Unusable(f"{before!r:.80} stands in {path} also as a part of longer words; replace whole lines instead")
    if edit.escaped and not count:
        return _substituted(replace(edit, old=unescape(before), new=unescape(after), escaped=False), old, path)
    try:
        return _replaced(Replace(edit.file, ((before, after),)), old, path)
    except Unusable as refusal:
        near = "" if "closest" in refusal.reason else nearest_lines(old.lines, lines_of(before))
        raise Unusable(refusal.reason + near) from None


def _cuts_a_word(whole: str, part: str) -> bool:
    """Tell whether some place of a part begins or ends within a word or number."""
    at = whole.find(part)
    while at >= 0:
        end = at + len(part)
        for left, right in ((whole[at - 1 : at], part[0]), (part[-1], whole[end : end + 1])):
            if (left + "x").isidentifier() and f"x{right}".isidentifier() and left and right:
                return True
        at = whole.find(part, end)
    return False


def _refuse_elision(lines: Sequence[str], known: Sequence[str], path: str) -> None:
    if left_out := elision(lines, {line.strip() for line in known}):
        raise Unusable(
            f"the new text for {path} leaves something out ({left_out!r}): it is only a part; "
            "write every line, or replace only the lines that change"
        )


def _refuse_part(lines: Sequence[str], old: Sequence[str], path: str, *, asked: bool) -> None:
    if why := why_no_file(lines, old, path, asked=asked):
        raise Unusable(
            f"the block of code for {path} looks like a part of the file ({why}); give search/replace blocks, or write FILE: "
            "and the path above the whole file, in a fence of four backticks"
        )


def _done_already(text: Text, hunk: Hunk) -> str:
    new = [line.strip() for sign, line in hunk.lines if sign != "-" and line.strip()]
    stripped = {line.strip() for line in text.lines}
    return "\nits replacement stands there already" if new and all(line in stripped for line in new) else ""
