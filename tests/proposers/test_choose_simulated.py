"""What the rules bring for their money, in the small seeded simulation of benchmarks/choosing.py."""

from benchmarks.choosing import CASES, mean_gain_per_dollar, policies


def brought(name, campaigns):
    case = CASES[name]
    return {
        rule: mean_gain_per_dollar(case, policies(case)[rule], campaigns=campaigns)
        for rule in ("weights", "cost-aware")
    }


def test_cost_aware_brings_more_where_one_is_ten_times_cheaper_at_half_the_keeps():
    found = brought("10x cheaper, half the keeps", 40)
    assert found["cost-aware"] > 1.5 * found["weights"]


def test_cost_aware_is_not_worse_where_both_are_the_same():
    found = brought("both the same", 80)
    assert found["cost-aware"] > 0.9 * found["weights"]
