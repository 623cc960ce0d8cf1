"""The export files beside the user's checkout: appended row by row, rewritten only at start or when an old row differs."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autoexp.campaign.rows import count_rows, experiment_row, primary_of, rows
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.exchange.tables import Row, jsonl_line, tsv_header, tsv_line

IGNORE = "# written by autoexp: nothing in this folder belongs to the repository\n*\n"
Marks = Mapping[str, Any]


class Exports:
    """The files that a spec asks for, kept in step with the campaign. What is known of a file that was in step is its digest."""

    def __init__(self, home: Path, tag: str, names: Sequence[str]) -> None:
        self.folder = home / tag
        self.names = tuple(dict.fromkeys(names))
        self._known: dict[str, _Content] = {}

    @property
    def marks(self) -> Marks:
        """Give what tells a later process that the files are as they are now, as plain data."""
        return {name: [content.size, content.digest] for name, content in self._known.items()}

    def prepare(self) -> None:
        """Make the folder, with a .gitignore that keeps all of it out of the repository."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ignore = self.folder.parent / ".gitignore"
        found, whole = ignore.read_bytes() if ignore.exists() else b"", IGNORE.encode()
        if found != whole and whole.startswith(found.rstrip(b"\0")):  # a power loss leaves a beginning, or zeros
            ignore.write_bytes(whole)

    def go_on(self, marks: Marks, state: CampaignState, *, since: int) -> None:
        """Take up files that carry these marks, left when the first `since` experiments were closed and no row of theirs has changed since.

        Rows that they lack at the end are added. A file with other content is not taken up, and `keep` writes it whole.
        """
        for name in self.names:
            _, line = _format(name, state)
            later = "".join(line(_row(state, one)) for one in state.experiments[since:]).encode()
            path = self.folder / name
            size, digest = marks.get(name) or (0, "")
            data = path.read_bytes() if path.is_file() else b""
            content = _Content(data[:size])
            if not size or content.digest != digest or not later.startswith(data[size:]):
                continue
            with path.open("ab") as file:
                file.write(later[len(data) - size :])
            self._known[name] = content.and_then(later)

    def forget(self) -> None:
        """Take no file to be in step any more."""
        self._known = {}

    def keep(self, state: CampaignState) -> None:
        """Write each file whole that does not hold what it held when it was last in step."""
        for name in self.names:
            path = self.folder / name
            if name in self._known and not (path.is_file() and self._known[name].is_in(path)):
                del self._known[name]
        if any(name not in self._known for name in self.names):
            self.rewrite(state)

    def rewrite(self, state: CampaignState, *, since: int = 0) -> list[Path]:
        """Write each file anew, atomically, from the experiment on that comes after `since` others; an equal file is left alone."""
        if not self.names or not state.segments:
            return []
        self.prepare()
        known, self._known = self._known, {}
        paths = []
        for name in self.names:
            path = self.folder / name
            before = path.read_bytes() if path.is_file() else None
            header, line = _format(name, state)
            is_known = since and before is not None and name in known and known[name] == _Content(before)
            kept = (
                _first_lines(before or b"", header.count("\n") + _rows_before(state, since))
                if is_known
                else header.encode()
            )
            text = kept + "".join(line(row) for row in rows(state, since=since if is_known else 0)).encode()
            if before != text:
                draft = path.with_name(f".{name}.part")
                draft.write_bytes(text)
                draft.replace(path)
            self._known[name] = _Content(text)
            paths.append(path)
        return paths

    def append_last(self, state: CampaignState) -> None:
        """Append the row of the experiment that was closed last; a file that somebody removed is made again."""
        if not self.names or not state.experiments:
            return
        if not all((self.folder / name).exists() for name in self.names):
            self.rewrite(state)
            return
        row = _row(state, state.experiments[-1])
        known, self._known = self._known, {}
        for name in self.names:
            _, line = _format(name, state)
            added = line(row).encode()
            with (self.folder / name).open("ab") as file:
                file.write(added)
            if name in known:
                self._known[name] = known[name].and_then(added)


class _Content:
    """What a file holds, told by its length and its digest."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._hash = hashlib.sha256(data)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def and_then(self, more: bytes) -> "_Content":
        found = _Content(b"")
        found.size, found._hash = self.size + len(more), self._hash.copy()
        found._hash.update(more)
        return found

    def is_in(self, path: Path) -> bool:
        return path.stat().st_size == self.size and _Content(path.read_bytes()).digest == self.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and (self.size, self.digest) == (other.size, other.digest)

    __hash__ = None  # type: ignore[assignment]


def _row(state: CampaignState, experiment: Experiment) -> Row:
    return experiment_row(state, experiment, cost_total=experiment.cost_usd_total)


def _rows_before(state: CampaignState, since: int) -> int:
    return count_rows(state) - sum(1 for _ in rows(state, since=since))


def _first_lines(data: bytes, count: int) -> bytes:
    """Give the first lines, ends with them."""
    *_, rest = data.split(b"\n", count)
    return data[: len(data) - len(rest)]


def text_of(name: str, state: CampaignState) -> str:
    """Give an export as text."""
    header, line = _format(name, state)
    return header + "".join(line(row) for row in rows(state))


def _format(name: str, state: CampaignState) -> tuple[str, Callable[[Row], str]]:
    if name == "experiments.jsonl":
        return "", jsonl_line
    primary = primary_of(state)
    metrics = state.segment.spec["metrics"] if state.segment else {}
    others = [metric for metric in metrics if metric != primary]
    return tsv_header(primary, others), lambda row: tsv_line(row, primary, others)


def exports_home(root: Path | None, common_dir: Path) -> Path:
    """Give the folder for exports: `.autoexp` at the root of the checkout, or inside a bare repository."""
    return root / ".autoexp" if root is not None else common_dir / "autoexp" / "exports"
