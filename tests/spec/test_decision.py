"""The sections that tell how samples are taken and ruled on: what they take, and what they refuse."""

import pytest

from autoexp.errors import ContractError
from autoexp.spec import load
from autoexp.spec.sections import BatchMethod

MINIMAL = "scope: {edit: [a]}\nharness: {measure: m}\nmetrics: {x: {role: primary, direction: lower}}\n"


def problems(text):
    with pytest.raises(ContractError) as raised:
        load(MINIMAL + text)
    return raised.value.problems


def test_without_a_word_the_sequential_method_decides_by_the_standard_preset():
    decision = load(MINIMAL).decision
    assert (decision.method, decision.preset, decision.false_keep_rate) == ("sequential", "standard", 0.10)
    assert (decision.on_equal, decision.min_gain_per_line) == ("discard", None)


@pytest.mark.parametrize("preset", ["standard", "patient", "thorough", "eager", "thrifty", "one-shot"])
def test_each_preset_may_be_named(preset):
    assert load(MINIMAL + f"decision: {{preset: {preset}}}\n").decision.preset == preset


@pytest.mark.parametrize("text", ["batch", "{batch: {}}", "{batch: {k: 3}}"])
def test_batch_may_be_written_shortly(text):
    method = load(MINIMAL + f"decision: {{method: {text}}}\n").decision.method
    assert isinstance(method, BatchMethod)
    assert method.batch.k == 3


@pytest.mark.parametrize(("text", "rate"), [("0.05", 0.05), ("50%", 0.5), ("1%", 0.01)])
def test_false_keep_rate_is_a_share(text, rate):
    assert load(MINIMAL + f"decision: {{false_keep_rate: {text}}}\n").decision.false_keep_rate == rate


@pytest.mark.parametrize("seeds", ["[0]", "[1, 2, 3]", "[2147483647, 0]"])
def test_seeds_are_kept_in_their_order(seeds):
    assert str(list(load(MINIMAL + f"measurement: {{seeds: {seeds}}}\n").measurement.seeds)) == seeds


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("decision: {method: auto}", "decision.method"),
        ("decision: {method: {batch: {k: 1}}}", "decision.method.batch.k"),
        ("decision: {preset: patent}", "decision.preset"),
        ("decision: {preset: null}", "decision.preset"),
        ("decision: {false_keep_rate: 0}", "decision.false_keep_rate"),
        ("decision: {false_keep_rate: 51%}", "decision.false_keep_rate"),
        ("decision: {false_keep_rate: -1%}", "decision.false_keep_rate"),
        ("decision: {false_keep_rate: ten}", "decision.false_keep_rate"),
        ("decision: {holdout_share: 0}", "decision.holdout_share"),
        ("decision: {holdout_share: 101%}", "decision.holdout_share"),
        ("decision: {holdout_share: half}", "decision.holdout_share"),
        ("decision: {holdout_share: null}", "decision.holdout_share"),
        ("decision: {holdout_share: 50%}", "decision.holdout_share"),
        ("decision: {on_equal: maybe}", "decision.on_equal"),
        ("decision: {min_gain_per_line: -0.1}", "decision.min_gain_per_line"),
        ("measurement: {seeds: []}", "measurement.seeds"),
        ("measurement: {seeds: 3}", "measurement.seeds"),
        ("measurement: {seeds: [-1]}", "measurement.seeds.0"),
        ("measurement: {seeds: [0, 2147483648]}", "measurement.seeds.1"),
        ("measurement: {seeds: [1, 1.5]}", "measurement.seeds.1"),
        ("measurement: {seeds: [true]}", "measurement.seeds.0"),
        ("measurement: {seeds: ['1']}", "measurement.seeds.0"),
        ("measurement: {seeds: [1, 2, 1]}", "measurement.seeds"),
        ("measurement: {min_samples: 0}", "measurement.min_samples"),
        ("measurement: {max_samples: 2.5}", "measurement.max_samples"),
        ("measurement: {min_samples: 5, max_samples: 4}", "measurement"),
    ],
)
def test_value_that_means_nothing_is_refused_at_its_place(text, key):
    (found,) = problems(f"{text}\n")
    assert (found.line, found.key) == (4, key)


def test_limits_in_order_may_be_equal():
    found = load(MINIMAL + "measurement: {min_samples: 4, max_samples: 4}\n").measurement
    assert (found.min_samples, found.max_samples) == (4, 4)


@pytest.mark.parametrize("method", ["single", "batch", "{batch: {k: 5}}"])
@pytest.mark.parametrize(
    ("decision", "measurement", "key"),
    [
        ("preset: standard", "", "decision.preset"),
        ("false_keep_rate: 5%", "", "decision.false_keep_rate"),
        ("", "min_samples: 3", "measurement.min_samples"),
        ("preset: eager, false_keep_rate: 5%", "max_samples: 9", "decision.preset"),
    ],
)
def test_keys_of_the_sequential_method_beside_another_are_one_mistake(method, decision, measurement, key):
    more = f"decision: {{method: {method}, {decision}}}\nmeasurement: {{{measurement}}}\n"
    (found,) = problems(more)
    assert found.key == key
    assert "belong" in found.message
    assert method.strip("{").partition(":")[0] in found.message
    assert "leave out decision.method" in found.fix


def test_mistake_elsewhere_does_not_hide_a_key_in_vain():
    found = problems("decision: {method: single, preset: eager}\nbudget: {experiments: many}\n")
    assert [problem.key for problem in found] == ["decision.preset", "budget.experiments"]


@pytest.mark.parametrize("method", ["single", "batch"])
def test_limit_that_is_null_stands_beside_any_method(method):
    assert load(MINIMAL + f"decision: {{method: {method}}}\nmeasurement: {{min_samples: null}}\n")
