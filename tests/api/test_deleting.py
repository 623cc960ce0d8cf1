"""Deleting in a bare repository, where exports lie beside the records: those of other campaigns stay."""

from pathlib import Path

import pytest
from tests.durability.carried import bundle, ran
from tests.end_to_end.conftest import Project, helper

from autoexp import api
from autoexp.errors import CampaignError

__all__ = ["bundle", "helper", "ran"]


@pytest.fixture
def bare(ran: Project, bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "bare.git"
    ran.git("clone", "-q", "--bare", str(ran.path), str(path))
    api.import_bundle(api.Place(path), bundle, environ={})
    assert (path / "autoexp/exports/demo/autoexp.yaml").is_file()
    return path


def test_campaign_of_a_bare_repository_goes_with_its_exports(bare: Path, tmp_path: Path) -> None:
    environ = {"AUTOEXP_CACHE_DIR": str(tmp_path / "cache")}
    api.delete_campaign(api.Place(bare, "demo"), environ=environ)
    assert not (bare / "autoexp").exists()
    assert not (tmp_path / "cache").exists()
    with pytest.raises(CampaignError, match="there is no campaign named demo"):
        api.deletion(api.Place(bare, "demo"))


def test_campaign_that_is_called_exports_leaves_the_exports_of_others(bare: Path, tmp_path: Path) -> None:
    (bare / "autoexp/exports/journal.jsonl").write_bytes((bare / "autoexp/demo/journal.jsonl").read_bytes())
    (bare / "autoexp/exports/output").mkdir()
    api.delete_campaign(api.Place(bare, "exports"), environ={"AUTOEXP_CACHE_DIR": str(tmp_path / "cache")})
    assert (bare / "autoexp/exports/demo/autoexp.yaml").is_file()
    assert not (bare / "autoexp/exports/journal.jsonl").exists()
    assert not (bare / "autoexp/exports/output").exists()
    assert api.status(api.Place(bare, "demo"))["kept"] == 2


def test_campaign_whose_record_is_damaged_can_be_deleted(bare: Path, tmp_path: Path) -> None:
    journal = bare / "autoexp/demo/journal.jsonl"
    journal.write_bytes(b"spoilt\n" + journal.read_bytes())
    found = api.deletion(api.Place(bare, "demo"))
    assert found.experiments is None
    assert found.refs > 0
    api.delete_campaign(api.Place(bare, "demo"), environ={"AUTOEXP_CACHE_DIR": str(tmp_path / "cache")})
    assert not journal.exists()
