"""The section `objective`: each kind as people write it, and what is wrong between it and the metrics declared."""

import pytest

from autoexp.errors import ContractError
from autoexp.spec import load
from autoexp.spec.criteria import Criterion, criteria
from autoexp.spec.model import Spec

METRICS = {
    "latency_ms": "role: secondary, direction: lower, unit: ms",
    "throughput": "role: secondary, direction: higher, scale: linear",
    "p99-latency": "role: guard, at_most: 9, direction: lower",
    "health": "role: secondary",
}


def text(objective, /, **changed):
    """Give a contract: the objective stands on line 3, the first metric on line 5."""
    metrics = {**METRICS, **changed}
    lines = [f'  "{name}": {{{keys}}}' for name, keys in metrics.items() if keys is not None]
    return "\n".join(
        ["scope: {edit: a}", "harness: {measure: m}", f"objective: {{{objective}}}", "metrics:", *lines, ""]
    )


def problems(contract):
    with pytest.raises(ContractError) as raised:
        load(contract)
    return raised.value.problems


LATENCY = Criterion("latency_ms", lower_is_better=True, unit="ms")
THROUGHPUT = Criterion("throughput", lower_is_better=False, scale="linear")
P99 = Criterion("p99-latency", lower_is_better=True)
KINDS = {
    "kind: primary": (Criterion("x", lower_is_better=True, unit="s"),),
    'kind: weighted, expression: "100/latency_ms + 0.01*health"': (Criterion("objective", lower_is_better=False),),
    'kind: weighted, expression: "`p99-latency` * 2", direction: lower, min_effect: 1%, scale: log': (
        Criterion("objective", lower_is_better=True, min_effect=0.01, scale="log"),
    ),
    "kind: geomean, metrics: [latency_ms, p99-latency]": (Criterion("objective", lower_is_better=True),),
    "kind: geomean, metrics: [latency_ms, throughput], min_effect: 3%": (
        Criterion("objective", lower_is_better=True, min_effect=0.03),
    ),
    "kind: pareto, metrics: [throughput, latency_ms, p99-latency]": (THROUGHPUT, LATENCY, P99),
    "kind: lexicographic, metrics: [latency_ms, throughput]": (LATENCY, THROUGHPUT),
    'kind: gated, metric: latency_ms, until: "latency_ms < 200", then: throughput': (LATENCY, THROUGHPUT),
}


def contract_of(objective, /, **changed):
    primary = {"x": "role: primary, direction: lower, unit: s"} if "kind: primary" in objective else {}
    return text(objective, **primary, **changed)


@pytest.mark.parametrize("objective", KINDS)
def test_each_kind_names_what_is_decided_on(objective):
    spec = load(contract_of(objective))
    assert spec.criteria == KINDS[objective]
    assert (spec.primary, spec.lower_is_better) == (KINDS[objective][0].name, KINDS[objective][0].lower_is_better)


@pytest.mark.parametrize("objective", KINDS)
def test_journal_names_the_same_as_the_contract(objective):
    spec = load(contract_of(objective))
    written = spec.model_dump(mode="json")
    assert criteria(written["metrics"], written["objective"]) == spec.criteria
    assert Spec.model_validate(written) == spec


@pytest.mark.parametrize("objective", KINDS)
def test_objective_is_part_of_the_digest(objective):
    other = next(kind for kind in KINDS if kind not in {objective, "kind: primary"})
    assert load(contract_of(objective)).digest != load(contract_of(other)).digest


def test_journal_without_an_objective_is_decided_on_its_primary():
    assert [criterion.name for criterion in criteria({"x": {"role": "primary", "direction": "lower"}}, {})] == ["x"]


def test_geomean_of_rates_alone_is_a_rate():
    spec = load(
        text(
            "kind: geomean, metrics: [throughput, health]",
            health="role: secondary, direction: higher, scale: linear",
        )
    )
    assert not spec.lower_is_better


GATED = "kind: gated, metric: latency_ms"
MISTAKES = [
    ("kind: weighted", [(3, "objective.expression", "a required key is missing")]),
    ("kind: weighed", [(3, "objective.kind", "'weighed' is none of primary, weighted")]),
    ("expression: a", [(3, "objective.kind", "a required key is missing")]),
    ("kind: pareto, metric: a", [(3, "objective.metric", "unknown key"), (3, "objective.metrics", "a required key is missing")]),
    ("kind: pareto, metrics: latency_ms", [(3, "objective.metrics", "a list is expected")]),
    ("kind: weighted, expression: 'health +'", [(3, "objective.expression", "column 8: it does not parse")]),
    ("kind: weighted, expression: 'open(health)'", [(3, "objective.expression", "there is no function open")]),
    ("kind: weighted, expression: health, direction: up", [(3, "objective.direction", "'lower' or 'higher'")]),
    ("kind: weighted, expression: 2*helth", [(3, "objective.expression", "helth is not declared under metrics")]),
    ("kind: weighted, expression: p99-latency", [(3, "objective.expression", "latency is not declared under metrics; p99")]),
    ("kind: pareto, metrics: [latency_ms, thruput]", [(3, "objective.metrics", "thruput is not declared")]),
    ("kind: pareto, metrics: [latency_ms]", [(3, "objective.metrics", "two or more metrics")]),
    ("kind: lexicographic, metrics: []", [(3, "objective.metrics", "two or more metrics")]),
    ("kind: geomean, metrics: [latency_ms, latency_ms]", [(3, "objective.metrics", "each of them once")]),
    ("kind: pareto, metrics: [latency_ms, health]", [(8, "metrics.health", "needs a direction")]),
    (f"{GATED}, until: 'latency_ms < 2', then: health", [(8, "metrics.health", "needs a direction")]),
    (f"{GATED}, until: 'latency_ms < 2', then: latency_ms", [(3, "objective.then", "another metric than latency_ms")]),
    (f"{GATED}, until: 'latency_ms', then: throughput", [(3, "objective.until", "one comparison is expected")]),
    (f"{GATED}, until: 'x < 2', then: throughput", [(3, "objective.until", "x is not declared under metrics")]),
    (f"{GATED}, until: 'health > 2'", [(3, "objective.then", "a required key is missing")]),
]  # fmt: skip


@pytest.mark.parametrize(("objective", "expected"), MISTAKES)
def test_mistake_of_each_kind_has_its_line_and_key(objective, expected):
    found = problems(text(objective))
    assert [(problem.line, problem.key) for problem in found] == [(line, key) for line, key, _ in expected]
    for problem, (_, _, message) in zip(found, expected, strict=True):
        assert message in problem.message


def test_names_that_are_nearly_right_come_with_a_suggestion():
    (found,) = problems(text("kind: weighted, expression: 2*helth"))
    assert found.fix == "did you mean health?"
    (found,) = problems(text("kind: weighted, expression: p99latency"))
    assert found.fix == "did you mean `p99-latency` in backticks?"
    (found,) = problems(text("kind: pareto, metrics: [latency_ms, p99latency]"))
    assert found.fix == "did you mean p99-latency?"
    (found,) = problems(text("kind: weighted, expression: zzz"))
    assert found.fix.startswith("declare it under metrics; declared are latency_ms")
    (found,) = problems(text("kind: weighed, expression: health"))
    assert found.fix == "did you mean weighted?"
    (found,) = problems(text("kind: pareto, metrcs: [a, b], metrics: [latency_ms, throughput]"))
    assert (found.key, found.fix) == ("objective.metrcs", "did you mean metrics?")


@pytest.mark.parametrize("objective", [kind for kind in KINDS if kind != "kind: primary"])
def test_primary_beside_another_kind_is_refused(objective):
    (found,) = problems(text(objective, x="role: primary, direction: lower"))
    assert (found.line, found.key) == (4, "metrics")
    assert "no metric is primary: x may be" in found.message


def test_primary_beside_another_kind_is_found_although_a_metric_is_wrong():
    found = problems(text("kind: pareto, metrics: [latency_ms, throughput]", x="role: primary"))
    assert [(problem.line, problem.key) for problem in found] == [(4, "metrics"), (9, "metrics.x")]


def test_kind_primary_needs_a_primary():
    (found,) = problems(text("kind: primary"))
    assert found.message == "exactly one metric needs role: primary (found none)"


def test_mistakes_of_the_objective_come_beside_others():
    found = problems(text("kind: pareto, metrics: [latency_ms, helth]") + "budget: {experiments: many}\n")
    assert [problem.key for problem in found] == ["objective.metrics", "budget.experiments"]


def test_each_mistake_comes_once():
    found = problems(text("kind: weighted, expression: a + b"))
    assert [problem.message for problem in found] == [
        "a is not declared under metrics; b is not declared under metrics"
    ]


@pytest.mark.parametrize("objective", KINDS)
def test_smallest_effect_belongs_to_what_is_decided_on(objective):
    wanted = {criterion.name for criterion in KINDS[objective]}
    for name, keys in METRICS.items():
        contract = contract_of(objective, **{name: f"{keys}, min_effect: 1%"})
        if name in wanted:
            assert next(c for c in load(contract).criteria if c.name == name).min_effect == 0.01
        else:
            (found,) = problems(contract)
            assert found.key == f"metrics.{name}"
            assert "min_effect belongs to a metric that is decided on" in found.message
            assert ("objective.min_effect" in found.fix) == (wanted == {"objective"})


@pytest.mark.parametrize(
    ("objective", "key"),
    [
        ("kind: weighted, expression: 100/diff_lines", "objective.expression"),
        ("kind: pareto, metrics: [latency_ms, diff_lines]", "objective.metrics"),
        ("kind: gated, metric: latency_ms, until: diff_lines < 2, then: throughput", "objective.until"),
        ("kind: gated, metric: latency_ms, until: latency_ms < 2, then: diff_lines", "objective.then"),
    ],
)
def test_diff_lines_cannot_be_decided_on(objective, key):
    (found,) = problems(text(objective, diff_lines="role: secondary, direction: lower"))
    assert found.key == key
    assert "diff_lines belongs to a change" in found.message


@pytest.mark.parametrize("objective", KINDS)
def test_name_of_the_computed_value_cannot_be_declared_beside_it(objective):
    contract = contract_of(objective, objective="role: secondary")
    if KINDS[objective][0].name == "objective":
        (found,) = problems(contract)
        assert (found.key, found.fix) == ("metrics.objective", "give the metric another name")
    else:
        assert load(contract)


@pytest.mark.parametrize("objective", [kind for kind in KINDS if kind != "kind: primary"])
def test_one_number_is_not_enough_for_several_metrics(objective):
    (found,) = problems(contract_of(objective).replace("measure: m", "measure: m, metrics: number"))
    assert (found.line, found.key) == (2, "harness.metrics")


def test_schema_knows_all_kinds():
    schema = str(Spec.model_json_schema(by_alias=True)["properties"]["objective"])
    assert all(kind in schema for kind in ("primary", "weighted", "geomean", "pareto", "lexicographic", "gated"))
