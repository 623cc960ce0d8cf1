"""What `check` promises: planted faults are found by the names of their audits, and next to nothing is in clean twins and in labs."""

from pathlib import Path

import pytest

from autoexp import api
from autoexp.harness.audits import AUDITS
from tests.audits.acceptance import FAULTS, examine, faults_in
from tests.audits.contracts import LIGHT, MORE, PROJECTS, write
from tests.audits.shape import Project

FAULTY = (*PROJECTS, *MORE)


@pytest.mark.parametrize("project", [one for one in PROJECTS if one.name in LIGHT], ids=lambda one: one.planted)
def test_an_audit_finds_alone_what_is_planted_for_it(project: Project, tmp_path: Path) -> None:
    write(project, tmp_path / "faulty", faulty=True)
    others = [audit.name for audit in AUDITS if audit.name != project.planted]
    assert examine(tmp_path / "faulty", skip=others).audits == {project.planted}


@pytest.mark.long
@pytest.mark.parametrize("project", FAULTY, ids=lambda one: f"{one.planted}-in-{one.name}")
def test_a_planted_fault_is_found_by_its_audits_name(project: Project, tmp_path: Path) -> None:
    write(project, tmp_path / "faulty", faulty=True)
    seen = examine(tmp_path / "faulty")
    assert project.planted in seen.audits, seen.findings


@pytest.mark.long
def test_at_most_one_false_finding_arises_in_all_clean_twins(tmp_path: Path) -> None:
    false = {}
    for project in PROJECTS:
        write(project, tmp_path / project.name, faulty=False)
        false |= {(project.name, found.audit): found for found in examine(tmp_path / project.name).findings}
    assert len(false) <= 1, false


@pytest.mark.long
def test_six_of_seven_faults_of_the_published_contract_are_found(tmp_path: Path) -> None:
    seen = lab("etl-as-published", tmp_path)
    found = faults_in(seen.findings)
    assert len(found) >= 6, set(FAULTS) - set(found)


@pytest.mark.long
def test_nothing_is_found_in_the_mended_one(tmp_path: Path) -> None:
    assert lab("etl", tmp_path).findings == ()


def lab(name: str, folder: Path):
    pytest.importorskip("pandas")
    (folder / "lab").mkdir()
    api.init_lab(folder / "lab", name)
    return examine(folder / "lab")
