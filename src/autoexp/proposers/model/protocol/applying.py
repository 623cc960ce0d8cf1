"""Edits applied to the contents of files: all of them, or none with the reason why not."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from autoexp.proposers.model.protocol.editing import edited
from autoexp.proposers.model.protocol.edits import Delete, Edit, Move, Patch, Replace, Substitute, Write
from autoexp.proposers.model.protocol.errors import OutsideScope, Unusable
from autoexp.proposers.model.protocol.matching import places
from autoexp.proposers.model.protocol.places import Guess, Places
from autoexp.proposers.model.protocol.scanning import edits_in
from autoexp.proposers.model.protocol.texts import lines_of, text_of
from autoexp.proposers.model.protocol.tidying import plain

_MOST_EDITS = 200


def changes(
    edits: str, files: Mapping[str, bytes], *, may_edit: Callable[[str], bool], only: str | None = None
) -> dict[str, bytes | None]:
    """Give the new content of each path that the edits change; None for a deleted one.

    `files` are the contents by relative path, `only` is the file that edits without a name mean. Raises Unusable with a
    reason to mend it by, and OutsideScope when a path is touched that `may_edit` refuses.
    """
    wanted = _chosen(edits_in(plain(edits)), only)
    steps = _without_excerpts(_placed(wanted, Places(files, may_edit=may_edit, only=only)), files)
    now: dict[str, bytes | None] = dict(files)
    written: dict[str, bytes] = {}
    for edit, path, to in steps:
        if isinstance(edit, Write) and written.setdefault(path, edit.text.encode()) != edit.text.encode():
            raise Unusable(f"{path} is given as a whole more than once, with different contents; give it once")
        if isinstance(edit, Move):
            now[to], now[path] = _existing(now, path), None
        elif isinstance(edit, Delete):
            _existing(now, path)
            now[path] = None
        else:
            now[path] = edited(edit, now.get(path), path)
    changed = {path: content for path, content in now.items() if content != files.get(path)}
    _refuse_clashes(changed, now)
    return changed


def _chosen(edits: Sequence[Edit], only: str | None) -> list[Edit]:
    """Take code without a name as the file only when nothing else can be meant."""
    named = [edit for edit in edits if not (isinstance(edit, Write) and edit.loose)]
    loose = [edit for edit in edits if isinstance(edit, Write) and edit.loose]
    if not named and len(loose) > 1:
        raise Unusable(
            "several blocks of code, and none says which file it is; write FILE: and its path on the line above the one that counts"
        )
    if not named and not loose:
        raise Unusable("there is no edit in the answer; give search/replace blocks, or whole files with their names")
    if not named and only is None:
        raise Unusable("the block of code does not say which file it is; write FILE: and its path on the line above it")
    if len(edits) > _MOST_EDITS:
        raise Unusable(
            f"there are {len(edits)} edits in one proposal, {_MOST_EDITS} can be taken; rewrite whole files instead"
        )
    return named or list(loose)


def _placed(edits: Iterable[Edit], places: Places) -> list[tuple[Edit, str, str]]:
    """Give each edit with its path, and where it moves a file. Every path outside the scope is told at once."""
    steps: list[tuple[Edit, str, str]] = []
    outside: list[str] = []
    for edit in edits:
        try:
            path = places.path(edit.file, guess=_guess(edit))
            steps.append((edit, path, places.path(edit.to) if isinstance(edit, Move) else path))
        except OutsideScope as refusal:
            outside += refusal.paths
    if outside:
        raise OutsideScope(outside)
    return steps


def _without_excerpts(
    steps: Sequence[tuple[Edit, str, str]], files: Mapping[str, bytes]
) -> list[tuple[Edit, str, str]]:
    """Leave out code that was only quoted: a piece of a file that other edits change."""
    changed = {path for edit, path, _ in steps if isinstance(edit, Patch | Replace | Substitute)}

    def quoted(edit: Edit, path: str) -> bool:
        if not isinstance(edit, Write) or path not in changed or path not in files:
            return False
        lines = [line.rstrip() for line in lines_of(edit.text)]
        if edit.label and lines:
            lines = lines[1:]
        return bool(places([line.rstrip() for line in text_of(files[path]).lines], lines))

    return [step for step in steps if not quoted(step[0], step[1])]


def _guess(edit: Edit) -> Guess:
    if isinstance(edit, Delete | Move):
        return "exact"
    return "short" if isinstance(edit, Write) or (isinstance(edit, Patch) and edit.new) else "alike"


def _existing(now: Mapping[str, bytes | None], path: str) -> bytes:
    content = now.get(path)
    if content is None:
        raise Unusable(f"there is no file {path} to change")
    return content


def _refuse_clashes(changed: Mapping[str, bytes | None], now: Mapping[str, bytes | None]) -> None:
    """A path cannot be a file and a folder."""
    there = {path for path, content in now.items() if content is not None}
    folders = {path[:end] for path in there for end, char in enumerate(path) if char == "/"}
    for path, content in changed.items():
        if content is not None and path in folders:
            raise Unusable(f"{path} is a folder and cannot be written as a file")
    for path in there & folders:
        raise Unusable(f"{path} is a file, so nothing can be written below it")
