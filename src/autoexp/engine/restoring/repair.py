"""Repair: journal, refs and exports of a campaign are brought into agreement, and what cannot be is named.

The journal comes first, then the refs that it asks for, then the exports. Each step is atomic, and the next repair goes on from any of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.events import Noted
from autoexp.durable import sync_folder
from autoexp.engine.deletion import DELETED
from autoexp.engine.faults import Faults
from autoexp.engine.restoring.findings import Finding, Notes, Repaired, many, some, spans
from autoexp.engine.restoring.journal import Had, experiments_in, look, put_together
from autoexp.engine.restoring.refs import mend_refs
from autoexp.engine.restoring.shelf import Shelf, shelf
from autoexp.engine.restoring.views import mend_exports, put_outputs_aside
from autoexp.engine.restoring.wanted import Wanted, wanted
from autoexp.errors import CampaignError
from autoexp.stores.journal import held
from autoexp.stores.layout import CampaignFolder
from autoexp.stores.lines import Stamp, encode
from autoexp.stores.replacing import put_in_place, set_aside
from autoexp.stores.salvage import Joined, Line, sound
from autoexp.workspaces.refs import Refs
from autoexp.workspaces.repository import Repository


@dataclass(slots=True)
class Wish:
    """What a person wants: `looking` changes nothing, `cut` gives up what lies behind records that nobody has, `take` moves refs back."""

    looking: bool = False
    cut: bool = False
    take: bool = False


def repair(
    repository: Repository, tag: str, wish: Wish, *, exports: Path, clock: Callable[[], float], faults: Faults
) -> Repaired:
    """Bring journal, refs and exports of a campaign into agreement, or only look whether they are.

    What is given up or moved stays below refs/autoexp/<tag>/lost, or in a copy of the journal. Raises CampaignError when there is nothing
    of the campaign, or an engine works on it.
    """
    folder = CampaignFolder(repository.common_dir, tag)
    has_record = folder.journal.exists() or (folder.path / DELETED).exists()
    if not has_record and not Refs(repository).list(f"refs/autoexp/{tag}"):
        raise CampaignError(f"there is no campaign named {tag} here", fix="name another one with --tag")
    with held(folder.path):
        if not wish.looking:
            Refs(repository).remove_stale_locks(f"refs/autoexp/{tag}")
        work = _Work(folder, shelf(repository, tag), Notes(wish.looking), faults, clock)
        found = _mended(work, wish, exports)
    return Repaired(tag, found.state.events, _count(found), tuple(work.notes.found), work.saved_as)


@dataclass(slots=True)
class _Work:
    folder: CampaignFolder
    shelf: Shelf
    notes: Notes
    faults: Faults
    clock: Callable[[], float]
    saved_as: Path | None = None


def _mended(work: _Work, wish: Wish, exports: Path) -> Wanted:
    had = look(_record_of(work))
    joined = put_together(had, work.shelf.held)
    found, lines = wanted(joined.lines), joined.lines
    if not lines:
        _leave_all(work, had, joined)
        return found
    later = [name for name in work.shelf.later(found.state.last_n) if name.startswith("record/")]
    if joined.beyond or later:
        if not wish.cut or wish.looking:
            _leave_gap(work, had, joined, found, later)
            return found
        lines = _cut(work, had, joined, found)
        found = wanted(lines)
    elif joined.lines != had.lines or not had.whole:
        lines = _restore(work, had, joined, found)
        found = wanted(lines)
    if joined.other:
        _tell_fork(work, had, joined)
    mend_refs(work.shelf, found, lines, work.notes, work.faults, take=wish.take or wish.cut)
    mend_exports(exports, found.state, work.notes)
    if not wish.looking:
        put_outputs_aside(work.folder.output, found.state.last_n)
    return found


def _record_of(work: _Work) -> Path:
    """Give where the record is; one whose deletion has begun and not ended is put back in its place."""
    journal, deleted = work.folder.journal, work.folder.path / DELETED
    if journal.exists() or not deleted.exists():
        return journal
    begun = "the campaign was being deleted, and that did not come to its end"
    if not work.notes.mend(
        "journal", found=begun, done=f"{begun}: it is taken back, and the record stands in its place"
    ):
        return deleted
    deleted.replace(journal)
    sync_folder(work.folder.path)
    return journal


def _last(found: Wanted) -> int:
    """Give the number of the last experiment: not one that was used up by asking a proposer with nothing left."""
    state = found.state
    return state.open.n if state.open else state.experiments[-1].n if state.experiments else 0


def _count(found: Wanted) -> int:
    return len(found.state.experiments) + (found.state.open is not None)


def _restore(work: _Work, had: Had, joined: Joined, found: Wanted) -> tuple[Line, ...]:
    """Write the journal that all lines add up to."""
    file = {line.digest for line in had.lines}
    brought = sum(line.digest not in file for line in joined.lines)
    wrong = had.wrong or f"the journal ends at record {len(had.lines) - 1}, before what git holds"
    can = f"{many(len(joined.lines), 'record')} can be had, {brought} of them from git alone, up to experiment {_last(found)}"
    if not work.notes.mend("journal", found=f"{wrong}: {can}", done=f"{wrong}: {can}; it is made again from them"):
        return joined.lines
    return _replace(work, joined.lines, found, f"{wrong}; it was made again: {can}")


def _cut(work: _Work, had: Had, joined: Joined, found: Wanted) -> tuple[Line, ...]:
    """Keep the record up to the last moment before the gap at which no experiment was open."""
    lines = joined.lines[: found.resting]
    kept = wanted(lines)
    lost = "records that nobody has" if joined.beyond else "verdicts of which no record is left"
    text = f"the record goes up to experiment {_last(kept)} now, before {lost}"
    work.notes.mend("gap", found=text, done=text)
    return _replace(work, lines, kept, f"{had.wrong or 'git told of more than the journal'}: {text}")


def _replace(work: _Work, lines: Sequence[Line], found: Wanted, text: str) -> tuple[Line, ...]:
    """Put lines in the journal's place, with a note of it behind them."""
    last = found.last
    stamp = Stamp(work.clock(), last.monotonic if last else 0.0, last.boot if last else "")  # no session was at work
    note = Noted(text=f"autoexp repair: {text}")
    end, _ = encode(note, number=len(lines), previous=lines[-1].digest, stamp=stamp)
    with work.faults.around("copy", 0):
        work.saved_as = set_aside(work.folder.journal)
    with work.faults.around("record", 0):
        put_in_place(work.folder.journal, [*(line.text for line in lines), end])
    noted = sound(end)
    return (*lines, noted) if noted else tuple(lines)


def _leave_gap(work: _Work, had: Had, joined: Joined, found: Wanted, later: Sequence[str]) -> None:
    tag, wrong = work.folder.tag, f"{had.wrong}; " if had.wrong else ""
    fix = (
        f"`autoexp repair --cut --tag {tag}` keeps the record up to the last experiment that was closed before, and the rest below "
        f"refs/autoexp/{tag}/lost and in a copy of the journal"
    )
    if joined.beyond:
        numbers = experiments_in(joined, found.state)
        text = f"{wrong}nobody has {'record' if len(joined.missing) == 1 else 'records'} {spans(joined.missing)}"
        text += f", of {_experiments(numbers)}" if numbers else ""
    else:
        numbers = tuple(sorted(int(name.partition("/")[2]) for name in later))
        text = f"{wrong}git tells of {_experiments(numbers)} in summaries of an earlier version, and no record of them is left"
    work.notes.leave("gap", f"{text}: nothing was changed", fix=fix, experiments=numbers)


def _leave_all(work: _Work, had: Had, joined: Joined) -> None:
    if joined.beyond:
        why = f"{many(len(joined.beyond), 'record')} can be had, but not the first ones"
    elif work.shelf.summaries:
        why = f"git holds summaries of an earlier version, and no records ({some(sorted(work.shelf.summaries))})"
    else:
        why = "no record of it is left"
    fix = "put the journal back from a backup or `autoexp export --bundle`, or begin anew with another --tag"
    work.notes.leave("journal", f"{had.wrong}, and cannot be made again: {why}", fix=fix)


def _tell_fork(work: _Work, had: Had, joined: Joined) -> None:
    numbers = spans(line.number for line in joined.other)
    which = "the journal's, which is whole," if had.whole else "the longer one"
    work.notes.found.append(
        Finding(
            "fork",
            "told",
            f"there are two histories from record {joined.other[0].number} on: {which} is kept; of the other are records {numbers}",
        )
    )


def _experiments(numbers: Sequence[int]) -> str:
    return f"experiment{'' if len(numbers) == 1 else 's'} {spans(numbers)}"
