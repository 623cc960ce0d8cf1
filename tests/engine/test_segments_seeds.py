"""How many runs a baseline takes, and which seeds runs get."""

import pytest
from tests.builders import Tape, spec

from autoexp.campaign.fold import fold_all
from autoexp.engine.seeds import sample_seed
from autoexp.engine.segments import baseline_size

NOISY = spec()


def campaign(experiments):
    tape = Tape().open(NOISY)
    for _ in range(experiments):
        tape.experiment()
    return fold_all(tape.records)


def seeds(contract, experiments):
    return [sample_seed(campaign(experiments), contract, i) for i in range(6)]


@pytest.mark.parametrize(
    ("contract", "size"),
    [
        (NOISY, 6),
        (spec(measurement={"deterministic": False}), 6),
        (spec(measurement={"deterministic": True}), 1),
        (spec(decision={"method": "single"}), 1),
        (spec(decision={"method": "batch"}), 3),
        (spec(decision={"method": {"batch": {"k": 2}}}), 3),
        (spec(decision={"method": {"batch": {"k": 8}}}), 8),
        (spec(decision={"method": "batch"}, measurement={"deterministic": True}), 1),
    ],
)
def test_baseline_takes_the_runs_that_the_method_needs(contract, size):
    assert baseline_size(contract) == size


def test_each_experiment_run_by_run_has_seeds_of_its_own():
    first, second = seeds(NOISY, 0), seeds(NOISY, 1)
    assert len({*first, *second}) == 12
    assert all(0 <= seed < 2**31 for seed in first)


def test_seeds_are_the_same_when_an_experiment_is_made_again():
    assert seeds(NOISY, 3) == seeds(NOISY, 3)


@pytest.mark.parametrize("sections", [{"decision": {"method": "batch"}}, {"measurement": {"deterministic": True}}])
def test_other_methods_use_one_list_all_campaign_long(sections):
    assert seeds(spec(**sections), 0) == seeds(spec(**sections), 5)


def test_seeds_of_the_contract_come_in_turn():
    assert seeds(spec(measurement={"seeds": [5, 7]}), 4) == [5, 7, 5, 7, 5, 7]
