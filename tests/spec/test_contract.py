"""The example of the contract against what is built: each key works or is refused by its name."""

import json

import pytest
from ruamel.yaml import YAML

from autoexp.errors import ContractError
from autoexp.spec import Spec, load
from autoexp.spec.metric import Nearness
from autoexp.spec.unbuilt import UNBUILT, UNBUILT_VALUES

BUILT = """\
version: 1
name: etl
goal: Make the daily ETL faster without changing its answer.
scope:
  edit: ["pipeline.py"]
  hidden: ["holdout/**"]
harness:
  measure: "python bench.py"
  checks: "pytest -q tests"
  holdout: "python holdout/run.py"
  timeout: 300s
  checks_timeout: 10m
  holdout_timeout: 10m
  metrics: lines
  env: {OMP_NUM_THREADS: "1"}
  env_from: [API_KEY_NAME]
  provide: [".venv", "data/**"]
  sealed: ["/opt/bench/data.bin"]
  writable: ["build/**"]
metrics:
  latency_ms: {role: primary, direction: lower, unit: ms, min_effect: 0.5%, scale: auto}
  memory_mb:  {role: guard, at_most: 512}
  calls:      {role: guard, equals: baseline}
  size:       {role: guard, at_most: {of: incumbent, times: 1.05}}
  rows:       {role: secondary}
objective: {kind: primary}
measurement: {warmup: 0, seeds: null, aggregate: mean, deterministic: auto, min_samples: null, max_samples: null, cores: 1}
decision:
  method: sequential
  preset: standard
  false_keep_rate: 0.10
  on_equal: discard
  min_gain_per_line: null
proposer: {kind: command, command: "python propose.py", timeout: 30m, env: {}, env_from: []}
strategy: {kind: greedy}
budget: {experiments: 50, cost_usd: 10, tokens: 5M, requests: 200, wall_clock: 8h, consecutive_crashes: 3, consecutive_discards: 20,
         plateau: {window: 10, min_gain: 0.1%}, target: 50}
sandbox:
  proposer: {level: auto, network: [api.example.com:443], read: [/opt/tool], write: []}
  harness: {level: none, network: off, read: [], write: [/var/data], limits: {memory: 4G, processes: 100, file_size: 1G}}
  allow_unsandboxed: false
executor: {kind: local, slots: 1}
exports: [results.tsv, experiments.jsonl]
"""

REFUSED = [
    "harness.setup",
    "strategy.kind",
]


@pytest.fixture
def problems(example):
    with pytest.raises(ContractError) as raised:
        load(example)
    return {problem.key: problem for problem in raised.value.problems}


def test_example_with_only_built_keys_loads():
    spec = load(BUILT)
    assert (spec.name, spec.primary, spec.lower_is_better) == ("etl", "latency_ms", True)


def test_three_keys_are_enough():
    assert isinstance(
        load("scope: {edit: a}\nharness: {measure: m}\nmetrics: {x: {role: primary, direction: higher}}"), Spec
    )


@pytest.mark.parametrize("key", REFUSED)
def test_unbuilt_key_of_the_example_is_refused_by_name(problems, key):
    assert "not built yet" in problems[key].message


@pytest.mark.parametrize("key", REFUSED)
def test_unbuilt_key_of_the_example_is_refused_with_its_line(problems, lines, key):
    section, _, name = key.rpartition(".")
    side = section.removeprefix("sandbox.") if section.startswith("sandbox.") else ""
    assert problems[key].line == lines(rf"^  {side}: " if side else rf"\b{'strategy' if name == 'kind' else name}: ")


def test_nothing_else_of_the_example_is_refused(problems):
    assert sorted(problems) == sorted(REFUSED)


def test_each_refused_value_or_key_names_what_it_waits_for():
    assert all(UNBUILT.values())
    assert all(UNBUILT_VALUES.values())


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("harness", ["holdout_timeout", "setup_timeout"]),
    ],
)
def test_keys_that_the_contract_names_beside_the_example_are_never_unknown(section, keys):
    contract = YAML(typ="safe").load(BUILT)
    contract[section] |= dict.fromkeys(keys, "5s")
    with pytest.raises(ContractError) as raised:
        load("\n".join(f"{name}: {json.dumps(value)}" for name, value in contract.items()))
    assert "unknown key" not in str(raised.value)


@pytest.mark.parametrize(("key", "value"), sorted(UNBUILT_VALUES))
def test_value_whose_part_is_not_built_is_refused_by_name(key, value):
    section, _, name = key.rpartition(".")
    outer, _, inner = section.partition(".")
    body = f"{{{inner}: {{{name}: {value}}}}}" if inner else f"{{{name}: {value}}}"
    text = "".join(line for line in MINIMAL.splitlines(keepends=True) if not line.startswith(outer))
    with pytest.raises(ContractError) as raised:
        load(f"{text}{outer}: {body}\n")
    assert [(problem.key, problem.line) for problem in raised.value.problems] == [(key, 4)]
    assert value in raised.value.problems[0].message


MINIMAL = "scope: {edit: [a]}\nharness: {measure: m}\nmetrics: {x: {role: primary, direction: lower}}\n"


def within(bound):
    return load(MINIMAL.replace("}}\n", f"}}, m.x: {{role: guard, within: {bound}}}}}\n")).metrics["m.x"]


def test_guard_kind_within_is_an_interval_or_a_share_around_a_value():
    assert within("[1, 2.5]").within == (1.0, 2.5)
    assert within("{of: incumbent, by: 2%}").within == Nearness(of="incumbent", by=0.02)


def test_only_within_a_share_looks_at_other_measurements():
    assert within("{of: baseline, by: 2%}").relative
    assert not within("[1, 2]").relative


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("2", r"within: \[low, high\] or \{of: baseline, by: 2%\} is expected"),
        ("[1, 2, 3]", r"within: \[low, high\] or"),
        ("[2, 1]", r"within: the low end comes first: \[1, 2\]"),
        ("[.nan, 1]", r"within\.0: a finite number is expected"),
        ("{of: baseline}", r"within\.by: a required key is missing"),
        ("{of: baseline, by: -2%}", r"within\.by: a share must be 0 or more"),
        ("{of: candidate, by: 2%}", r"within\.of: .*'incumbent' or 'baseline'"),
    ],
)
def test_mistake_in_within_is_told_below_a_name_with_dots(bound, told):
    with pytest.raises(ContractError, match=rf":3: metrics\.m\.x\.{told}"):
        within(bound)


def test_names_of_code_are_not_names_of_the_file():
    with pytest.raises(ContractError, match=r"harness\.timeout_s: unknown key\n.*timeout"):
        load(MINIMAL.replace("measure: m", "measure: m, timeout_s: 5"))
