"""Where a campaign's files lie."""

import pytest

from autoexp.errors import CampaignError
from autoexp.stores.layout import CampaignFolder, tags


def test_files_lie_below_the_folder_of_the_tag(tmp_path):
    folder = CampaignFolder(tmp_path, "demo")
    assert folder.path == tmp_path / "autoexp" / "demo"
    assert {folder.journal.parent, folder.inbox.parent, folder.output.parent} == {folder.path}


@pytest.mark.parametrize("tag", ["..", ".", "", "a/b", "/etc", "Upper", "x.lock", "a\n"])
def test_tag_that_leads_elsewhere_is_refused(tmp_path, tag):
    with pytest.raises(CampaignError, match="cannot be a tag"):
        CampaignFolder(tmp_path, tag)


def test_tags_are_those_that_have_a_journal(tmp_path):
    assert tags(tmp_path) == []
    for tag in ("b", "a"):
        folder = CampaignFolder(tmp_path, tag)
        folder.path.mkdir(parents=True)
        folder.journal.touch()
    CampaignFolder(tmp_path, "c").path.mkdir()
    assert tags(tmp_path) == ["a", "b"]
