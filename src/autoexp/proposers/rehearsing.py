"""Try edits that are written down on the files that they are for, before a turn is lost with one that does not apply."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from autoexp.ports import ProposerFailed
from autoexp.processes.environment import remove
from autoexp.proposers.applying import apply_patch, apply_replace, apply_write, inside
from autoexp.proposers.edits import Edit

_PATCHED = re.compile(r"^(?:--- (?:a/)?|\+\+\+ (?:b/)?|rename (?:from|to) )([^\t\n]+)", re.MULTILINE)


def misfits(
    edits: Sequence[Edit], read: Callable[[str], bytes | None], scratch: Path, environ: Mapping[str, str]
) -> Iterator[str]:
    """Say which edits do not apply; `read` gives a file's content, None where there is none, and raises LookupError where it is not a plain file.

    An edit is tried when it is the first that touches its files: what those before it leave behind is not known. So is what a command does:
    none is tried behind one.
    """
    touched: set[str] = set()
    for number, edit in enumerate(edits, 1):
        if edit.run is not None:
            return
        files = set(_files(edit))
        if not files & touched and (reason := _refused(edit, files, read, scratch / str(number), environ)):
            yield f"edit {number}{f' ({edit.description})' if edit.description else ''} does not apply to HEAD: {reason}"
        touched |= files


def _files(edit: Edit) -> Iterator[str]:
    if edit.replace is not None:
        yield edit.replace.file
    elif edit.write is not None:
        yield edit.write.file
    elif edit.patch is not None:
        yield from (name for name in _PATCHED.findall(edit.patch) if name != "/dev/null")


def _refused(
    edit: Edit, files: set[str], read: Callable[[str], bytes | None], scratch: Path, environ: Mapping[str, str]
) -> str:
    """Make an edit in an empty folder with its files, and say what keeps it from being made."""
    scratch.mkdir(parents=True)
    try:
        for file in files:
            if (content := read(file)) is not None:
                place = inside(scratch, file)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        if edit.patch is not None:
            apply_patch(edit.patch, scratch, environ)
        elif edit.replace is not None:
            apply_replace(edit.replace, scratch)
        elif edit.write is not None:
            apply_write(edit.write, scratch)
    except ProposerFailed as failed:
        return str(failed)
    except LookupError:
        return ""
    finally:
        remove(scratch)
    return ""
