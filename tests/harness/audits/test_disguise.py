"""Composites: one term that is the whole number is found, in an expression and in a harness, and balanced ones are left alone."""

import pytest

from autoexp.harness.audits.disguise import constant_term, disguise

DIRECTED = {"a": {"role": "secondary", "direction": "higher"}, "b": {"role": "secondary", "direction": "lower"}}
SUMS = """\
WEIGHT, PRICE, SIZE = {weight}, 0.5, 3.0


def bill(work):
    return work * PRICE + SIZE * PRICE{more}


latency_s = 0.25
cost_usd = bill({work})
score = WEIGHT / latency_s + 1.0 / cost_usd
print(f"METRIC score={{score:.4f}}")
print(f"METRIC latency_seconds={{latency_s:.4f}}")
print(f"METRIC cost_dollars={{cost_usd:.4f}}")
"""


def weighted(ground, expression, **printed):
    bench = "".join(f"echo METRIC {name}={value}\n" for name, value in printed.items())
    return ground(
        {"t.txt": "1\n", "bench.sh": bench},
        scope={"edit": ["t.txt"]},
        harness={"measure": "sh bench.sh"},
        metrics=DIRECTED,
        objective={"kind": "weighted", "expression": expression},
    )


def summed(ground, *, weight=0.05, work=1.0, more=""):
    return ground(
        {"t.txt": "1\n", "bench.py": SUMS.format(weight=weight, work=work, more=more)},
        scope={"edit": ["t.txt"]},
        harness={"measure": "python bench.py"},
        metrics={
            "score": {"role": "primary", "direction": "higher"},
            "latency_seconds": {"role": "secondary"},
            "cost_dollars": {"role": "secondary"},
        },
    )


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("a + 1000/b", True),
        ("100*a + 1000/b", False),
        *(pytest.param(*one, marks=pytest.mark.long) for one in (("a*b", False), ("a*b**40", True), ("a", False))),
    ],
)
def test_term_of_an_expression_that_is_all_of_it_is_found(ground, expression, found):
    assert bool(list(disguise(weighted(ground, expression, a=10, b=1)))) == found


@pytest.mark.long
def test_penalty_that_is_at_zero_now_is_no_disguise(ground):
    assert not list(disguise(weighted(ground, "b + 1000*a", a=0, b=5)))


def test_sum_in_the_harness_is_found_by_the_numbers_that_it_printed(ground):
    (found,) = disguise(summed(ground, weight=50.0))
    assert "score is WEIGHT / latency_s in disguise" in found.what
    assert "bench.py:10" in found.evidence


@pytest.mark.long
def test_balanced_sum_in_the_harness_is_left_alone(ground):
    assert not list(disguise(summed(ground)))


def test_term_that_no_target_can_move_is_found_with_its_share(ground):
    (found,) = constant_term(summed(ground))
    assert "`SIZE * PRICE` is 1.5, 75% of cost_dollars = 2" in found.evidence


@pytest.mark.long
def test_term_that_is_a_small_part_is_left_alone(ground):
    assert not list(constant_term(summed(ground, work=100.0)))
