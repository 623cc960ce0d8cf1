"""One run of the holdout: one number under any name, whatever form the harness has."""

from dataclasses import replace

import pytest

from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.holdout import hold_out
from autoexp.spec.sections import MetricSection, RegexMetrics

TWO = {
    "x": MetricSection(role="primary", direction="lower"),
    "y": MetricSection(role="guard", at_most=3.0),
    "wall_s": MetricSection(role="secondary"),
}
NO_PRIMARY = {name: MetricSection(role="secondary", direction="lower") for name in ("a", "b")}


@pytest.fixture
def held(bench, tree):
    def run(holdout, *, form="lines", declared=TWO, **more):
        made = bench("echo METRIC x=999", metrics=declared, holdout=holdout, **more)
        made = replace(made, harness=made.harness.model_copy(update={"metrics": _form(form)}))
        return hold_out(made, tree, Side.CANDIDATE, i=0, seed=1, name="1/holdout-candidate-0")

    return run


def _form(form):
    return RegexMetrics.model_validate(form) if isinstance(form, dict) else form


@pytest.mark.parametrize("name", ["x", "anything", "wall_s", "p99.µs"])
def test_one_line_of_any_name_is_the_value(held, name) -> None:
    sample = held(f"echo some words; echo 'METRIC {name}=2.5'; echo more")
    assert (sample.outcome, sample.values) == (Outcome.MEASURED, {name: 2.5})
    assert sample.output == "1/holdout-candidate-0.out"


def test_items_are_counted_and_their_scores_are_nowhere(held) -> None:
    sample = held("echo ITEM a=0.25; echo METRIC h=2; echo ITEM b=1")
    assert (sample.outcome, sample.values, sample.items, sample.scored) == (Outcome.MEASURED, {"h": 2}, {}, 2)


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("true", "did not print a line METRIC name=value"),
        ("echo METRIC a=1; echo METRIC a=1", "a second: METRIC a=1"),
        ("echo METRIC a=1; echo METRIC b=1", "a second: METRIC b=1"),
        ("echo METRIC a=nan", "a finite decimal number"),
        ("echo METRIC a=1e999", "too large"),
        ("echo ' METRIC a=1'", "did not print"),
    ],
)
def test_anything_else_is_a_bad_metric(held, printed, words) -> None:
    sample = held(printed)
    assert (sample.outcome, sample.values) == (Outcome.BAD_METRIC, {})
    assert words in sample.detail


@pytest.mark.parametrize(
    ("printed", "outcome"), [("echo METRIC a=1; exit 3", Outcome.CRASH), ("sleep 20", Outcome.TIMEOUT)]
)
def test_run_that_does_not_end_well_has_no_value(held, printed, outcome) -> None:
    sample = held(printed, holdout_timeout=0.5)
    assert (sample.outcome, sample.values) == (outcome, {})


@pytest.mark.parametrize(
    ("form", "printed", "value"),
    [
        ("json", 'echo \'{"x": 4, "y": 9, "z": 1}\'', 4.0),
        ("keyvalue", "echo ---; echo 'x: 4'; echo 'y: 9'", 4.0),
        ("number", "echo 4", 4.0),
        ({"regex": {"x": "took ([0-9.]+)"}}, "echo it took 4", 4.0),
    ],
)
def test_primary_metric_in_the_form_of_the_contract_is_the_value(held, form, printed, value) -> None:
    sample = held(printed, form=form)
    assert (sample.outcome, sample.values) == (Outcome.MEASURED, {"x": value})


def test_objective_without_a_primary_metric_takes_the_one_that_is_printed(held) -> None:
    assert held("echo '{\"b\": 4}'", form="json", declared=NO_PRIMARY).values == {"b": 4.0}
    several = held('echo \'{"a": 4, "b": 4}\'', form="json", declared=NO_PRIMARY)
    assert (several.outcome, "prints one number" in several.detail) == (Outcome.BAD_METRIC, True)


def test_seed_and_environment_are_those_of_a_sample(held) -> None:
    assert held("echo METRIC s=$AUTOEXP_SEED").values == {"s": 1.0}


def test_contract_without_a_holdout_is_a_mistake_of_the_caller(held) -> None:
    with pytest.raises(ValueError, match="no holdout"):
        held(None)
