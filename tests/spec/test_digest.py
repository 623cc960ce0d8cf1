"""The digest of a spec: what numbers depend on, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import spec

from autoexp.spec import load

BASE = spec()
OF_EARLIER_VERSIONS = "1bf465b383446e67fa940d7c373b541a042c67042291c0668944766fcb8bec63"
WITHOUT_EFFECT = {
    "name": "other",
    "goal": "another",
    "proposer": {"kind": "command", "command": "x"},
    "strategy": {"kind": "other"},
    "budget": {"experiments": 3},
    "check": {"skip": ["placebo"]},
    "exports": ["results.tsv"],
}
WITH_EFFECT = {
    "scope": {"edit": ["b.py"]},
    "harness": {"measure": "./other"},
    "metrics": {"y": {"role": "secondary"}},
    "measurement": {"warmup": 1},
    "decision": {"on_equal": "keep"},
    "sandbox": {"harness": {"level": "none"}},
    "executor": {"kind": "other"},
}


@pytest.mark.parametrize("section", sorted(WITHOUT_EFFECT))
def test_section_that_no_number_depends_on_leaves_the_digest(section):
    assert spec(**{section: WITHOUT_EFFECT[section]}).digest == BASE.digest


@pytest.mark.parametrize("section", sorted(WITH_EFFECT))
def test_section_that_numbers_depend_on_changes_the_digest(section):
    assert spec(**{section: WITH_EFFECT[section]}).digest != BASE.digest


def test_each_section_is_on_one_of_both_lists():
    assert {*WITHOUT_EFFECT, *WITH_EFFECT, "version", "objective"} == set(type(BASE).model_fields)


@given(
    st.permutations(
        ["scope: {edit: [a]}", "harness: {measure: m}", "goal: x", "metrics: {x: {role: primary, direction: lower}}"]
    )
)
def test_order_and_comments_leave_the_digest(lines):
    assert load("# hello\n".join(f"{line}\n" for line in lines)).digest == load("\n".join(sorted(lines))).digest


def test_share_that_the_holdout_has_to_show_opens_a_segment_and_the_usual_one_leaves_old_ones_open():
    assert spec(decision={"holdout_share": 0.5}).digest == BASE.digest == OF_EARLIER_VERSIONS
    assert spec(decision={"holdout_share": 0.3}).digest != BASE.digest


def test_default_written_out_leaves_the_digest():
    assert (
        spec(measurement={"warmup": 0}, decision={"method": "sequential", "preset": "standard"}).digest == BASE.digest
    )
