"""Where a campaign's files lie inside the git common directory."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.errors import CampaignError
from autoexp.spec.model import tag_fault


@dataclass(frozen=True, slots=True)
class CampaignFolder:
    """Paths of one campaign. Raises CampaignError for a tag that cannot name a folder and a git ref."""

    common_dir: Path
    tag: str

    def __post_init__(self) -> None:
        if fault := tag_fault(self.tag):
            raise CampaignError(
                f"{self.tag!r} cannot be a tag: {fault}", fix="choose another --tag, or name in autoexp.yaml"
            )

    @property
    def path(self) -> Path:
        """Give the campaign's own folder."""
        return self.common_dir / "autoexp" / self.tag

    @property
    def journal(self) -> Path:
        """Give the journal file."""
        return self.path / "journal.jsonl"

    @property
    def inbox(self) -> Path:
        """Give the folder in which faces leave requests."""
        return self.path / "inbox"

    @property
    def output(self) -> Path:
        """Give the folder that holds what commands printed."""
        return self.path / "output"

    @property
    def snapshot(self) -> Path:
        """Give the folder of what the journal folds to; it may be deleted at any time."""
        return self.path / "state"


def tags(common_dir: Path) -> list[str]:
    """Give the tags of all campaigns that have a journal, sorted."""
    return sorted(path.parent.name for path in (common_dir / "autoexp").glob("*/journal.jsonl"))


_BEFORE_A_RECORD = frozenset({"journal.jsonl", "lock", "reserve"})


def remove_unbegun(folder: CampaignFolder) -> None:
    """Remove a campaign's folder while its journal is empty and nothing else lies there, as a refused start leaves it. Whoever calls holds the lock."""
    with suppress(OSError):
        there = {path.name for path in folder.path.iterdir()}
        if there <= _BEFORE_A_RECORD and folder.journal.stat().st_size == 0:
            for name in sorted(there):
                (folder.path / name).unlink()
            folder.path.rmdir()
            folder.path.parent.rmdir()  # unless other campaigns are there
