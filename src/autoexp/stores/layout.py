"""Where a campaign's files lie inside the git common directory."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CampaignFolder:
    """Paths of one campaign."""

    common_dir: Path
    tag: str

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


def tags(common_dir: Path) -> list[str]:
    """Give the tags of all campaigns that have a journal, sorted."""
    return sorted(path.parent.name for path in (common_dir / "autoexp").glob("*/journal.jsonl"))
