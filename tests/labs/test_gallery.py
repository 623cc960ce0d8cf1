"""The gallery copies labs, fills their placeholders, and refuses to overwrite."""

import json
from pathlib import Path

import pytest

from autoexp.labs import gallery
from autoexp.spec import load


def test_a_lab_is_copied_whole_but_for_its_truth(tmp_path: Path) -> None:
    paths = gallery.write("etl", tmp_path)
    names = {str(path.relative_to(tmp_path)) for path in paths}
    assert {"autoexp.yaml", "program.md", "pipeline.py", "edits.yaml", ".gitignore", "harness/bench.py"} <= names
    assert all(path.is_file() for path in paths)
    assert not (tmp_path / "truth.json").exists()


def test_placeholders_are_filled_from_values_and_defaults(tmp_path: Path) -> None:
    gallery.write("etl", tmp_path / "own", values={"CACHE": "/some/cache", "ROWS": "777"})
    own = (tmp_path / "own" / "autoexp.yaml").read_text()
    assert '"/some/cache"' in own
    assert '"777"' in own
    gallery.write("etl", tmp_path / "plain")
    plain = (tmp_path / "plain" / "autoexp.yaml").read_text()
    assert "@" not in plain
    assert "autoexp-labs/etl" in plain


def test_files_in_the_way_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text("mine")
    with pytest.raises(FileExistsError, match=r"pipeline\.py"):
        gallery.write("etl", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["pipeline.py"]


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="no lab is called lte"):
        gallery.write("lte", tmp_path)
    with pytest.raises(KeyError, match="no place for ROW"):
        gallery.write("etl", tmp_path, values={"ROW": "1"})


@pytest.mark.parametrize("name", gallery.names())
def test_the_contract_of_a_lab_is_valid_and_its_budget_outlasts_its_edits(name: str, tmp_path: Path) -> None:
    edits = pytest.importorskip("autoexp.proposers.edits")
    gallery.write(name, tmp_path)
    spec = load((tmp_path / "autoexp.yaml").read_text())
    assert spec.budget.experiments > len(edits.load_edits((tmp_path / "edits.yaml").read_text(), file="edits.yaml"))


@pytest.mark.parametrize("name", gallery.names())
def test_every_edit_has_a_truth_and_expects_it(name: str) -> None:
    yaml = pytest.importorskip("ruamel.yaml").YAML(typ="safe")
    lab = Path(gallery.__file__).parent / name
    if not (lab / gallery.TRUTH_FILE).exists():
        pytest.skip("truth is not measured yet")
    edits = yaml.load((lab / "edits.yaml").read_text())
    expected = {edit["description"]: edit["expect"] for edit in edits}
    expected = {text: (one,) if isinstance(one, str) else tuple(one) for text, one in expected.items()}
    assert expected == dict(gallery.deserved(name))
    assert len(expected) == len(edits) == len(json.loads((lab / gallery.TRUTH_FILE).read_text())["edits"])
