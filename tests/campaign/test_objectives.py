"""A campaign of an objective with several metrics: its gain, its determinism, and what a proposer reads."""

import pytest
from tests.builders import CONTRACT, Tape

from autoexp.briefs import as_json, as_markdown
from autoexp.campaign import events as ev
from autoexp.campaign.convergence import target_reached
from autoexp.campaign.fold import fold_all
from autoexp.campaign.rows import primary_of, rows
from autoexp.campaign.state import Segment
from autoexp.campaign.views import brief_for
from autoexp.experiment.measurement import Sample, Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Directive
from autoexp.spec.model import Spec

METRICS = {
    "x": {"role": "secondary", "direction": "lower", "unit": "ms"},
    "y": {"role": "secondary", "direction": "higher"},
}
PARETO = {"kind": "pareto", "metrics": ["x", "y"]}


def contract(objective=None, **sections):
    return Spec.model_validate({**CONTRACT, "metrics": METRICS, "objective": objective or PARETO, **sections})


def weighted(expression):
    return contract({"kind": "weighted", "expression": expression})


def kept(tape, metric, effect):
    tape.intent()
    tape.propose()
    sample = Sample(side=Side.CANDIDATE, i=0, values={"x": 9.0, "y": 2.0})
    tape.write(ev.SampleTaken(n=tape.n, sample=sample))
    decision = Decision(verdict=Verdict.KEEP, effect=effect, metric=metric, reasons=("because",))
    tape.end(Outcome.MEASURED, decision, measure([sample]))
    return fold_all(tape.records)


@pytest.mark.parametrize(("metric", "gain"), [("x", 0.1), ("", 0.1), ("y", 0.0)])
def test_gain_of_the_campaign_is_that_of_the_value_shown(metric, gain):
    state = kept(Tape().open(contract()), metric, 0.1)
    assert (state.gain, state.counts.kept) == (gain, 1)
    assert [row["effect"] for row in rows(state)][-1] == 0.1


def test_value_shown_is_that_of_the_headline():
    state = kept(Tape().open(contract({"kind": "pareto", "metrics": ["y", "x"]}), values=(3.0,)), "y", 0.1)
    assert primary_of(state) == "y"
    assert [row["metric"] for row in rows(state)] == [3.0, 2.0]


@pytest.mark.parametrize(
    ("other", "goes_on"),
    [
        (contract(), True),
        (contract({"kind": "lexicographic", "metrics": ["x", "y"]}), True),
        (contract({"kind": "pareto", "metrics": ["y", "x"]}), False),
        (weighted("x"), False),
    ],
)
def test_gain_goes_on_where_the_value_shown_is_the_same(other, goes_on):
    tape = Tape().open(contract())
    kept(tape, "x", 0.1)
    assert fold_all(tape.segment(other).records).gain == (0.1 if goes_on else 0.0)


@pytest.mark.parametrize(("expression", "goes_on"), [("x + y", True), ("x + 2*y", False)])
def test_gain_of_another_expression_begins_again(expression, goes_on):
    tape = Tape().open(weighted("x + y"))
    kept(tape, "objective", 0.1)
    assert fold_all(tape.segment(weighted(expression)).records).gain == (0.1 if goes_on else 0.0)


@pytest.mark.parametrize(("second", "deterministic"), [((9.0, 2.0), True), ((9.0, 2.1), False), ((8.0, 2.0), False)])
def test_any_number_that_is_decided_on_ends_the_deterministic_mode(second, deterministic):
    tape = Tape().open(contract())
    tape.intent()
    tape.propose()
    for i, (x, y) in enumerate([(9.0, 2.0), second]):
        tape.write(ev.SampleTaken(n=tape.n, sample=Sample(side=Side.CANDIDATE, i=i, values={"x": x, "y": y, "z": i})))
    assert fold_all(tape.records).segment.deterministic is deterministic


def test_number_that_is_only_part_of_the_expression_may_differ():
    tape = Tape().open(weighted("max(x, y)"))
    tape.intent()
    tape.propose()
    for i, x in enumerate([1.0, 2.0]):
        values = {"x": x, "y": 5.0, "objective": 5.0}
        tape.write(ev.SampleTaken(n=tape.n, sample=Sample(side=Side.CANDIDATE, i=i, values=values)))
    assert fold_all(tape.records).segment.deterministic


def test_target_is_one_of_the_value_shown_in_its_direction():
    state = fold_all(Tape().open(weighted("x + y"), values=(10.0,)).records)
    assert (target_reached(state, 10.0), target_reached(state, 11.0)) == (True, False)


def test_segment_of_a_journal_without_an_objective_has_its_primary():
    spec = {"metrics": {"a": {"role": "guard"}, "x": {"role": "primary", "direction": "higher"}}}
    segment = Segment(0, "c", spec, "d", "h", {}, {}, started=0.0)
    assert (segment.primary, segment.headline.direction) == ("x", "higher")


def brief(spec):
    return brief_for(fold_all(Tape().open(spec).records), Directive(), goal="g", program="p", scope=("a.py",))


def test_brief_tells_what_counts():
    found = brief(weighted("x + `y`"))
    assert (found.primary, found.direction) == ("objective", "higher")
    assert as_json(found)["objective"]["expression"] == "x + `y`"
    assert "What counts: objective = x + `y`, higher is better." in as_markdown(found)


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (PARETO, "better on one, and not worse on the others, of x (lower), y (higher)"),
        ({"kind": "lexicographic", "metrics": ["y", "x"]}, "y (higher), then x (lower); a gain counts where"),
        (
            {"kind": "geomean", "metrics": ["x", "y"]},
            "objective (lower) is the geometric mean of x (lower), y (higher)",
        ),
        (
            {"kind": "gated", "metric": "x", "until": "x < 5", "then": "y"},
            "x (lower) until x < 5, from then on y (higher) while that holds",
        ),
    ],
)
def test_each_kind_is_told_in_words(objective, words):
    assert words in as_markdown(brief(contract(objective)))


def test_brief_of_a_primary_says_no_more_than_it():
    assert "What counts" not in as_markdown(brief(Spec.model_validate(CONTRACT)))
