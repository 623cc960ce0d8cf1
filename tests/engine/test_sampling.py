"""What every sample goes through: the value of the objective, and whether a baseline repeats."""

import pytest
from tests.builders import CONTRACT

from autoexp.engine.sampling import calibrated, valued
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.spec.model import Spec

METRICS = {"x": {"role": "secondary", "direction": "lower"}, "y": {"role": "secondary", "direction": "higher"}}
WEIGHTED = Spec.model_validate(
    {**CONTRACT, "metrics": METRICS, "objective": {"kind": "weighted", "expression": "1/x + y"}}
)
PARETO = Spec.model_validate({**CONTRACT, "metrics": METRICS, "objective": {"kind": "pareto", "metrics": ["x", "y"]}})


def sample(x, y, **more):
    return Sample(side=Side.BASELINE, i=0, values={"x": x, "y": y}, cost_usd=0.5, **more)


def test_measured_sample_gets_the_value_of_the_objective():
    found = valued(WEIGHTED, sample(2.0, 3.0))
    assert (found.outcome, found.values) == (Outcome.MEASURED, {"x": 2.0, "y": 3.0, "objective": 3.5})


def test_sample_whose_objective_has_no_value_is_a_bad_metric_that_says_why():
    found = valued(WEIGHTED, sample(0.0, 3.0))
    assert (found.outcome, found.values, found.cost_usd) == (Outcome.BAD_METRIC, {}, 0.5)
    assert found.detail == "1/x + y has no value: 1 / 0 is no finite number (x = 0, y = 3)"


def test_sample_without_a_metric_that_is_decided_on_is_a_bad_metric():
    found = valued(PARETO, Sample(side=Side.BASELINE, i=0, values={"x": 1.0}))
    assert (found.outcome, found.detail) == (
        Outcome.BAD_METRIC,
        "y was not measured, and the objective is decided on it",
    )


def test_sample_that_failed_stays_as_it_is():
    failed = Sample(side=Side.BASELINE, i=0, outcome=Outcome.CRASH, detail="it broke")
    assert valued(WEIGHTED, failed) is failed


@pytest.mark.parametrize(
    ("values", "deterministic"), [([(1.0, 2.0)] * 3, True), ([(1.0, 2.0), (1.0, 2.1)], False), ([(1.0, 2.0)], False)]
)
def test_baseline_repeats_if_all_that_is_decided_on_does(values, deterministic):
    assert calibrated(PARETO, [sample(x, y) for x, y in values]).deterministic is deterministic


def test_noise_is_that_of_the_value_shown():
    assert calibrated(PARETO, [sample(9.0, 2.0), sample(11.0, 4.0)]).noise == pytest.approx(2**0.5 / 10)
