"""Room for the record and for the disposable trees, and whether their file systems keep what they promise."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from autoexp.engine.cache import cache_home
from autoexp.engine.disk import LEAST_FREE, VARIABLE, Free, existing, free_on, in_words, least_free, shortage
from autoexp.engine.doctor.finding import Finding
from autoexp.engine.mounts import shared_kind
from autoexp.errors import AutoexpError


def findings(common_dir: Path | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the disk of the git directory and of the folder for disposable trees, and at the room that a campaign asks for."""
    try:
        least = least_free(environ)
    except AutoexpError as error:
        least = LEAST_FREE
        yield Finding("disk", "problem", error.what, do=error.fix)
    if common_dir is not None:
        yield from _place("the git directory", common_dir, least)
    yield from _place("the folder for disposable trees", cache_home(environ), least)


def _place(name: str, folder: Path, least: int) -> Iterator[Finding]:
    there = existing(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        hint = "set AUTOEXP_CACHE_DIR to a folder that you can write" if "trees" in name else ""
        do = hint or f"get the right to write {there}"
        yield Finding("disk", "problem", f"{name}, {folder}, cannot be written", do=do)
        return
    if (free := free_on(there)) is None:
        yield Finding("disk", "warning", f"{name}, {folder}: what is free there is not told")
    else:
        yield _room(f"{name}, {folder},", free, least)
    if kind := shared_kind(there):
        do = "use a local disk" + (": set AUTOEXP_CACHE_DIR" if "trees" in name else ", for example clone to one")
        yield Finding(
            "disk", "warning", f"{name} lies on {kind}: locks and synced writes there cannot be trusted", do=do
        )


def _room(place: str, free: Free, least: int) -> Finding:
    words = f"{place} has {in_words(free.size)} free"
    asked = f"; a campaign asks for {in_words(least)} ({VARIABLE})" if least != LEAST_FREE else ""
    if why := shortage(free, None, least):
        do = (
            f"make room: a campaign pauses before an experiment where there is less than {in_words(least)} ({VARIABLE})"
        )
        return Finding("disk", "warning", f"{place} has {why}", do=do)
    if free.size < LEAST_FREE:
        return Finding("disk", "warning", words + asked, do="make room: records and trees need some; 1 GB is little")
    return Finding("disk", "ok", words + asked)
