"""The budget of a contract: what ends a campaign early, as people write it."""

import pytest

from autoexp.errors import ContractError
from autoexp.spec import load
from autoexp.spec.budget import PlateauSection

MINIMAL = "scope: {edit: [a]}\nharness: {measure: m}\nmetrics: {x: {role: primary, direction: lower}}\n"


def budget(text):
    return load(f"{MINIMAL}budget: {{{text}}}\n").budget


@pytest.mark.parametrize(
    ("text", "window", "min_gain"),
    [
        ("plateau: {}", 10, 0.001),
        ("plateau: {window: 2}", 2, 0.001),
        ("plateau: {min_gain: 5%}", 10, 0.05),
        ("plateau: {window: 30, min_gain: 0}", 30, 0.0),
    ],
)
def test_plateau_has_a_default_for_each_key(text, window, min_gain):
    assert budget(text).plateau == PlateauSection(window=window, min_gain=min_gain)


@pytest.mark.parametrize("text", ["", "plateau: null, target: null"])
def test_neither_plateau_nor_target_ends_a_campaign_that_did_not_ask_for_it(text):
    assert (budget(text).plateau, budget(text).target) == (None, None)


@pytest.mark.parametrize(("text", "target"), [("50", 50.0), ("-2.5", -2.5), ("0", 0.0)])
def test_target_is_a_number(text, target):
    assert budget(f"target: {text}").target == target


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("plateau: {window: 1}", "budget.plateau.window"),
        ("plateau: {window: 2.5}", "budget.plateau.window"),
        ("plateau: {min_gain: -1%}", "budget.plateau.min_gain"),
        ("plateau: {minimum: 1}", "budget.plateau.minimum"),
        ("plateau: 10", "budget.plateau"),
        ("target: true", "budget.target"),
        ("target: 50ms", "budget.target"),
        ("target: .inf", "budget.target"),
    ],
)
def test_mistake_in_the_budget_is_named_with_its_key(text, key):
    with pytest.raises(ContractError) as raised:
        budget(text)
    assert [(problem.line, problem.key) for problem in raised.value.problems] == [(4, key)]


def test_misspelt_key_of_the_plateau_comes_with_a_suggestion():
    with pytest.raises(ContractError, match=r"budget\.plateau\.windw: unknown key\n.*did you mean window"):
        budget("plateau: {windw: 3}")
