"""Where a campaign's files lie inside the git common directory."""

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
