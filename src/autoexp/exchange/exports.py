"""The export files beside the user's checkout: appended row by row, rewritten whole only when an old row differs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from autoexp.campaign.rows import experiment_row, primary_of, rows
from autoexp.campaign.state import CampaignState
from autoexp.exchange.tables import Row, jsonl_line, tsv_header, tsv_line

IGNORE = "# written by autoexp: nothing in this folder belongs to the repository\n*\n"


class Exports:
    """The files that a spec asks for, kept in step with the campaign."""

    def __init__(self, home: Path, tag: str, names: Sequence[str]) -> None:
        self.folder = home / tag
        self.names = tuple(dict.fromkeys(names))

    def prepare(self) -> None:
        """Make the folder, with a .gitignore that keeps all of it out of the repository."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ignore = self.folder.parent / ".gitignore"
        found, whole = ignore.read_bytes() if ignore.exists() else b"", IGNORE.encode()
        if found != whole and whole.startswith(found.rstrip(b"\0")):  # a power loss leaves a beginning, or zeros
            ignore.write_bytes(whole)

    def rewrite(self, state: CampaignState) -> list[Path]:
        """Write each file whole, atomically; an equal file is left alone."""
        if not self.names or not state.segments:
            return []
        self.prepare()
        paths = []
        for name in self.names:
            header, line = _format(name, state)
            text = header + "".join(line(row) for row in rows(state))
            path = self.folder / name
            if not path.exists() or path.read_bytes() != text.encode():
                draft = path.with_name(f".{name}.part")
                draft.write_text(text, encoding="utf-8")
                draft.replace(path)
            paths.append(path)
        return paths

    def append_last(self, state: CampaignState) -> None:
        """Append the row of the experiment that was closed last; a file that somebody removed is made again."""
        if not self.names or not state.experiments:
            return
        if not all((self.folder / name).exists() for name in self.names):
            self.rewrite(state)
            return
        row = experiment_row(state, state.experiments[-1], cost_total=state.cost_usd)
        for name in self.names:
            _, line = _format(name, state)
            with (self.folder / name).open("a", encoding="utf-8") as file:
                file.write(line(row))


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
