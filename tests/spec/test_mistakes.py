"""Mistakes in a contract: all at once, each with its place and a likely fix, never a traceback."""

import pytest

from autoexp.errors import ContractError
from autoexp.spec import load

MINIMAL = "scope: {edit: [a]}\nharness: {measure: m}\nmetrics: {x: {role: primary, direction: lower}}\n"


def mistakes(text):
    with pytest.raises(ContractError) as raised:
        load(text)
    return [(problem.line, problem.key, problem.message) for problem in raised.value.problems]


def keys(text):
    return [key for _, key, _ in mistakes(text)]


def test_all_mistakes_come_at_once_sorted_by_line():
    text = """\
version: 2
scope: {edti: [a]}
harness: {measure: "", setup: b, timeout: soon}
metrics:
  x: {role: primary}
  y: {role: guard, min_effect: 1%}
budget: {experiments: many}
colour: red
"""
    found = mistakes(text)
    assert [(line, key) for line, key, _ in found] == [
        (1, "version"),
        (2, "scope.edit"),
        (2, "scope.edti"),
        (3, "harness.measure"),
        (3, "harness.setup"),
        (3, "harness.timeout"),
        (5, "metrics.x"),
        (6, "metrics.y"),
        (7, "budget.experiments"),
        (8, "colour"),
    ]


def test_several_mistakes_of_one_metric_come_together():
    (found,) = mistakes(MINIMAL.replace("direction: lower", "equals: 1"))
    assert "needs a direction" in found[2]
    assert "the role must be guard" in found[2]


def test_smallest_effect_of_a_metric_that_is_not_decided_on_is_refused():
    for role in ("guard, at_most: 1", "secondary"):
        (found,) = mistakes(MINIMAL.replace("}}\n", f"}}, y: {{role: {role}, min_effect: 1%}}}}\n"))
        assert found[1:] == ("metrics.y", "min_effect belongs to a metric that is decided on")


def test_sections_are_compared_beside_other_mistakes():
    text = MINIMAL.replace("}}\n", "}, y: {role: secondary, min_effect: 1%}}\n")
    assert keys(text + "budget: {experiments: -1}\ncolour: red\n") == ["metrics.y", "budget.experiments", "colour"]


def test_unknown_key_comes_with_a_suggestion():
    with pytest.raises(ContractError, match=r"3: harness\.measrue: unknown key\n  fix: did you mean measure\?"):
        load("scope: {edit: a}\nharness:\n  measrue: x\n  measure: m\nmetrics: {x: {role: primary, direction: lower}}")


def test_missing_section_is_named():
    assert mistakes("scope: {edit: [a]}\nharness: {measure: m}\n") == [(1, "metrics", "a required key is missing")]


@pytest.mark.parametrize("role", ["secondary", "primary"])
def test_zero_or_two_primaries_are_refused(role):
    text = MINIMAL.replace("role: primary", "role: secondary") if role == "secondary" else MINIMAL
    text = text.replace("}}\n", f"}}, y: {{role: {role}, direction: lower}}}}\n")
    found = "x and y" if role == "primary" else "none"
    assert mistakes(text) == [(3, "metrics", f"exactly one metric needs role: primary (found {found})")]


def test_primaries_are_counted_beside_other_mistakes():
    text = MINIMAL.replace("}}\n", "}, y: {role: primary}}\n") + "budget: {experiments: -1}\n"
    assert keys(text) == ["metrics", "metrics.y", "budget.experiments"]


def test_misspelt_role_is_not_also_counted_as_a_missing_primary():
    assert keys(MINIMAL.replace("primary", "primray")) == ["metrics.x.role"]


def test_primary_without_a_direction_is_refused():
    assert "needs a direction" in mistakes(MINIMAL.replace(", direction: lower", ""))[0][2]


@pytest.mark.parametrize("bound", ["equals: 1", "at_least: incumbent", "at_most: {of: baseline}"])
def test_bound_outside_of_a_guard_is_refused(bound):
    assert "the role must be guard" in mistakes(MINIMAL.replace("lower", f"lower, {bound}"))[0][2]


@pytest.mark.parametrize("bound", ["equals: .inf", "at_most: .nan", "at_most: {of: incumbent, times: .inf}"])
def test_bound_must_be_finite(bound):
    assert "finite" in mistakes(MINIMAL.replace("}}\n", f"}}, y: {{role: guard, {bound}}}}}\n"))[0][2]


def test_bound_of_an_unknown_word_is_refused_at_its_place():
    assert keys(MINIMAL.replace("}}\n", "}, y: {role: guard, equals: basline}}\n")) == ["metrics.y.equals"]


@pytest.mark.parametrize("name", ["a b", "a=b", ""])
def test_name_that_no_metric_line_can_carry_is_refused(name):
    assert keys(MINIMAL.replace("{x:", f'{{x: {{role: secondary}}, "{name}":')) == [f"metrics.{name}"]


@pytest.mark.parametrize("section", ["role: primary, direction: lower", "role: guard, at_most: incumbent"])
def test_diff_lines_cannot_be_compared_with_the_best_so_far(section):
    text = MINIMAL.replace("role: primary", "role: secondary") if "primary" in section else MINIMAL
    assert keys(text.replace("}}\n", f"}}, diff_lines: {{{section}}}}}\n")) == ["metrics"]


def test_diff_lines_may_be_bounded_by_a_number():
    assert load(MINIMAL.replace("}}\n", "}, diff_lines: {role: guard, at_most: 200}}\n"))


@pytest.mark.parametrize("tag", ["..", ".x", "a..b", "x.lock", "a.", "UPPER", "a/b", "", "a" * 101])
def test_name_that_cannot_be_a_ref_or_a_folder_is_refused(tag):
    assert keys(MINIMAL + f'name: "{tag}"\n') == ["name"]


@pytest.mark.parametrize("cwd", ["/tmp", "..", "a/../b"])
def test_cwd_outside_of_the_repository_is_refused(cwd):
    assert keys(MINIMAL.replace("measure: m", f"measure: m, cwd: {cwd}")) == ["harness.cwd"]


def test_every_wrong_pattern_is_named():
    found = mistakes(MINIMAL.replace("measure: m", 'measure: m, metrics: {regex: {x: "(", y: "no group"}}'))
    assert "pattern of x does not compile" in found[0][2]
    assert "pattern of y needs one group" in found[0][2]


@pytest.mark.parametrize("command", ['""', "[]", "'  '", "{a: b}", "5"])
def test_command_must_be_a_command(command):
    assert keys(MINIMAL.replace("measure: m", f"measure: {command}")) == ["harness.measure"]


@pytest.mark.parametrize("edit", ["[]", '""', '["a", ""]'])
def test_scope_must_name_something(edit):
    assert keys(MINIMAL.replace("[a]", edit)) == ["scope.edit"]


def test_variable_that_cannot_be_set_is_refused():
    assert keys(MINIMAL.replace("measure: m", 'measure: m, env: {"A=B": "1"}')) == ["harness.env"]


def test_misspelt_form_of_the_batch_is_refused_with_a_suggestion():
    with pytest.raises(ContractError, match=r"decision\.method\.batch\.kk: unknown key\n  fix: did you mean k\?"):
        load(MINIMAL + "decision: {method: {batch: {kk: 3}}}\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MINIMAL + "goal: a\ngoal: b\n", 5),
        ("scope:\n\tedit: [a]\n", 2),
        (MINIMAL + "goal: *nowhere\n", 4),
        (MINIMAL + "goal: [a\n", 5),
    ],
)
def test_text_that_is_no_yaml_is_refused_with_its_line(text, line):
    ((found, _, message),) = mistakes(text)
    assert found == line
    assert message.startswith("not YAML")


@pytest.mark.parametrize("text", ["", "- a\n", "just words", "5", "null", "# nothing\n"])
def test_document_that_is_no_mapping_is_refused(text):
    assert mistakes(text) == [(1, "", "a mapping of keys is expected")]


def test_anchors_and_merges_are_understood():
    text = MINIMAL.replace("}}\n", "}, y: &y {role: guard, at_most: 5}, z: {<<: *y, at_most: 6}}\n")
    assert load(text).metrics["z"].at_most == 6


def test_mistake_in_a_merged_key_has_a_line():
    assert mistakes(MINIMAL + "x: &x {kay: 3}\ndecision:\n  <<: *x\n")[0][:2] == (4, "x")


def test_aliases_that_blow_up_are_refused():
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 8))
    assert "more than" in mistakes(f"{MINIMAL}a0: &a0 [x]\n{levels}")[0][2]


def test_date_is_text():
    assert load(MINIMAL + "goal: 2024-13-45\n").goal == "2024-13-45"


@pytest.mark.parametrize("value", ["!tag x", "!!set {a}", "!!binary aGk=", ".nan", '"\\0"', '"\\ud800"'])
def test_value_that_json_cannot_hold_is_refused_at_its_key(value):
    assert (4, "proposer.x") in [found[:2] for found in mistakes(MINIMAL + f"proposer: {{kind: k, x: {value}}}\n")]


def test_key_that_is_no_text_is_refused():
    assert mistakes(MINIMAL + "strategy: {kind: greedy, 1: 2}\n") == [(4, "strategy.1", "a key must be text")]


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("harness: {measure: m, writable: [/tmp]}", "harness.writable"),
        ("harness: {measure: m, writable: [../a]}", "harness.writable"),
        ("harness: {measure: m, writable: ['**']}", "harness.writable"),
        ("harness: {measure: m, provide: ['a*/b']}", "harness.provide"),
        ("harness: {measure: m, provide: [.git]}", "harness.provide"),
        ("harness: {measure: m, sealed: [data.bin]}", "harness.sealed"),
        ("harness: {measure: m}\nsandbox: {harness: {read: [lib]}}", "sandbox.harness.read"),
        ("harness: {measure: m}\nsandbox: {proposer: {write: [/]}}", "sandbox.proposer.write"),
        ("harness: {measure: m}\nsandbox: {proposer: {network: on}}", "sandbox.proposer.network"),
        ("harness: {measure: m}\nsandbox: {proposer: {network: [example.com]}}", "sandbox.proposer.network"),
        ("harness: {measure: m}\nsandbox: {proposer: {level: docker}}", "sandbox.proposer.level"),
        ("harness: {measure: m}\nsandbox: {harness: {limits: {processes: 0}}}", "sandbox.harness.limits.processes"),
    ],
)
def test_paths_and_rules_of_a_sandbox_that_mean_nothing_are_refused(section, key):
    text = f"scope: {{edit: [a]}}\n{section}\nmetrics: {{x: {{role: primary, direction: lower}}}}\n"
    assert any(found.startswith(key) for found in keys(text)), keys(text)
