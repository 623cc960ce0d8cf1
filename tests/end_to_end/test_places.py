"""Candidates that put something where the contract has a place of its own, or more than anybody reads."""

from tests.end_to_end.conftest import CONTRACT, Project, write


def test_a_file_where_a_place_has_to_be_ends_its_experiment_and_no_more(project: Project) -> None:
    wider = CONTRACT.replace("edit: [value.txt]", 'edit: ["*", "!*.sh"]')
    project.contract(wider.replace("\n  timeout", "\n  writable: [build/deep]\n  timeout"))
    in_the_way = [{"description": "a file", "run": f"echo {x} > value.txt; echo x > build"} for x in (90, 80, 70)]
    project.edits(*in_the_way, write(60))
    project.run("run")
    assert project.statuses()[1:] == ["out_of_scope"] * 3 + ["keep"]
    assert "stands where harness.provide or harness.writable has a place: build" in project.run("show", "1")


def test_a_change_too_long_to_be_read_waits_for_a_person(project: Project) -> None:
    project.contract(CONTRACT.replace("edit: [value.txt]", "edit: [value.txt, data.txt]"))
    lines = "yes 'a plain line' | head -n {} > data.txt; echo {} > value.txt"
    project.edits(*({"run": lines.format(*each)} for each in ((100_000, 95), (600_000, 90))))
    project.run("run")
    assert project.statuses()[1:] == ["keep", "inconclusive"]
    assert "longer than 4 MB: the rest of its lines was not read" in project.run("show", "2")
