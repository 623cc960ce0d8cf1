"""The shape of a brief as data: every brief has it, and its JSON Schema says what it is."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.briefs.campaigns import STYLES, brief, campaign, experiments
from tests.builders import Tape, tapes

from autoexp import briefs
from autoexp.briefs.schema import BriefData
from autoexp.campaign.views import Repair
from autoexp.experiment.outcome import Outcome


def valid(found):
    BriefData.model_validate(json.loads(json.dumps(found)), strict=True, extra="forbid")


@settings(deadline=None)
@given(tapes())
def test_every_brief_has_the_shape(tape):
    valid(briefs.as_json(brief(tape)))


@settings(max_examples=40, deadline=None)
@given(st.lists(experiments(), max_size=12), st.none() | st.builds(Repair, st.just(Outcome.CRASH), st.text()))
def test_brief_has_the_shape_whatever_is_said(steps, repair):
    tape = Tape().open()
    for i, step in enumerate(steps):
        step(tape, i)
    valid(briefs.as_json(brief(tape, repair=repair)))


@pytest.mark.parametrize("style", STYLES)
def test_long_campaign_has_the_shape(style):
    valid(briefs.as_json(brief(campaign(style, 60))))


def test_shape_refuses_another_one():
    found = briefs.as_json(brief(Tape().open()))
    with pytest.raises(ValidationError):
        valid({**found, "kept": "many"})
    with pytest.raises(ValidationError):
        valid({key: value for key, value in found.items() if key != "ideas"})


def test_schema_names_every_key():
    found = briefs.as_json(brief(Tape().open()))
    made = briefs.schema()
    assert set(made["properties"]) == set(made["required"]) == set(found)
    assert json.loads(json.dumps(made)) == made


FORMAT_1 = {
    "format", "tag", "goal", "program", "directive", "position", "seed", "scope", "primary", "direction", "objective", "metrics",
    "incumbent", "gain", "experiments_total", "kept", "experiments", "ideas", "hints", "repair",
}  # fmt: skip
ROW_1 = {"n", "status", "description", "hypothesis", "asi", "effect", "reasons", "detail", "metrics"}


def test_keys_of_the_first_format_are_still_there():
    found = briefs.as_json(brief(campaign("ordinary", 3)))
    assert set(found) >= FORMAT_1
    assert set(found["experiments"][0]) >= ROW_1
