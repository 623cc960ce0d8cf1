"""Expressions of an objective: arithmetic as Python has it, and nothing else of Python."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoexp.spec.arithmetic import ONE_ARGUMENT, SEVERAL_ARGUMENTS
from autoexp.spec.expression import MAX_DEPTH, MAX_LENGTH, ExpressionError, condition, parse

NAMES = ("a", "latency_s", "x9", "max", "µs")
PYTHON = {name: getattr(math, name, None) or {"abs": abs, "min": min, "max": max}[name] for name in
          (*ONE_ARGUMENT, *SEVERAL_ARGUMENTS)}  # fmt: skip
SIGNS = {"<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y}

numbers = st.floats(0, 1e6).map(repr) | st.sampled_from(["0.0", "1.0", "2.5", "1e300"])
names = st.sampled_from([name for name in NAMES if name != "max"])
expressions = st.recursive(
    numbers | names,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/"]), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner),
        st.builds("-{}".format, inner),
        st.builds("{}({})".format, st.sampled_from(sorted(ONE_ARGUMENT)), inner),
        st.builds("{}({}, {})".format, st.sampled_from(sorted(SEVERAL_ARGUMENTS)), inner, inner),
    ),
    max_leaves=12,
)
measured = st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(-1e9, 1e9)))


def by_python(text, values):
    """Give what Python makes of it, None where that is no finite real number."""
    try:
        found = eval(text, {"__builtins__": {}}, {**PYTHON, **{n: v for n, v in values.items() if n != "max"}})  # noqa: S307
    except (ArithmeticError, ValueError, TypeError):  # what comes after a complex number has no order
        return None
    return found if isinstance(found, float) and math.isfinite(found) else None


@given(expressions, measured)
@example("2.0 ** 3.0 ** 2.0", {})
@example("-2.0 ** 2.0", {})
@example("a - a - a", {"a": 5.0})
def test_value_is_the_one_that_python_gives(text, values):
    expected = by_python(text, {name: values.get(name, 1.0) for name in NAMES} | {"μs": values.get("µs", 1.0)})
    try:
        found = parse(text).evaluate({name: values.get(name, 1.0) for name in NAMES})
    except ExpressionError:
        return  # a step without a finite value: Python may go on from there, and see 1 / infinity as 0
    assert found == expected


@given(expressions, measured)
def test_what_has_no_finite_value_in_python_has_none_here(text, values):
    if by_python(text, values | {"μs": values["µs"]}) is None:
        with pytest.raises(ExpressionError):
            parse(text).evaluate(values)


@given(expressions, expressions, st.sampled_from(sorted(SIGNS)), measured)
def test_condition_compares_the_values_of_its_sides(left, right, sign, values):
    try:
        sides = parse(left).evaluate(values), parse(right).evaluate(values)
    except ExpressionError:
        with pytest.raises(ExpressionError):
            condition(f"{left} {sign} {right}").holds(values)
    else:
        assert condition(f"{left} {sign} {right}").holds(values) == SIGNS[sign](*sides)


@given(st.text(max_size=60) | st.text(alphabet="ab1.()`+-*/<> ,_[]{}'\"\\\n#:=µ", max_size=40))
def test_any_text_is_an_expression_or_is_refused_in_words(text):
    for read in (parse, condition):
        try:
            found = read(text)
        except ValueError as error:
            assert str(error)  # noqa: PT017  it may also be fine
        else:
            assert all(isinstance(name, str) for name in found.names)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("10 - 4 - 3", 3.0),
        ("2 ** 3 ** 2", 512.0),
        ("-2 ** 2", -4.0),
        ("2 ** -1", 0.5),
        ("--3", 3.0),
        ("1e3 / 8", 125.0),
        ("min(3, 1, 2) + max(1, 2)", 3.0),
        ("abs(-3) + sqrt(16)", 7.0),
        ("log(exp(1)) + log2(8) + log10(100)", 6.0),
        ("  1 +\n 2\t", 3.0),
    ],
)
def test_arithmetic_is_that_of_school(text, value):
    assert parse(text).evaluate({}) == pytest.approx(value)


def test_example_of_the_contract_is_understood():
    found = parse("100/latency_s + 1000/cost + 0.01*health")
    assert found.names == {"latency_s", "cost", "health"}
    assert found.evaluate({"latency_s": 2.0, "cost": 100.0, "health": 300.0}) == 63.0


@pytest.mark.parametrize(
    ("text", "name"),
    [("`p99-latency`", "p99-latency"), ("`a.b`", "a.b"), ("`cpu%`", "cpu%"), ("`a@b`", "a@b"), ("`5xx`", "5xx"),
     ("`if`", "if"), ("`x`", "x"), ("`__x__`", "__x__"), ("µs", "µs"), ("`p-µs`", "p-µs")],
)  # fmt: skip
def test_name_with_other_characters_stands_in_backticks(text, name):
    assert parse(f"2 * {text} + max({text}, 1)").evaluate({name: 10.0}) == 30.0


def test_function_name_without_brackets_is_a_metric():
    assert parse("max + min(max, 2)").evaluate({"max": 5.0}) == 7.0


def test_name_keeps_the_letters_that_it_was_written_with():
    # U+00B5 and U+03BC look alike, and the grammar of Python takes the one for the other
    assert parse("\u00b5s").names == {"\u00b5s"}
    assert parse("\u03bcs").names == {"\u03bcs"}


def test_text_is_kept_as_it_was_written():
    assert parse(" (a + `b-c`) ").text == "(a + `b-c`)"
    assert condition("`b-c`  <  200 ").text == "`b-c`  <  200"
    assert condition("`b-c`  <  200 ").left.text == "`b-c`"


ATTACKS = [
    "a.b",
    "().__class__",
    "a.__class__.__mro__",
    "(1).real",
    "__import__('os')",
    "__import__",
    "__builtins__",
    "eval('1')",
    "open(a)",
    "print(1)",
    "getattr(a, a)",
    "max.__self__",
    "max(a, key=abs)",
    "max(*a)",
    "max(**a)",
    "max(a, b)(c)",
    "(max)(a, b)(c)",
    "`max`(1, 2)",
    "lambda: 1",
    "(lambda: 1)()",
    "a[0]",
    "[1][0]",
    "[a]",
    "(a, b)",
    "a, b",
    "{}",
    "{1: 2}",
    "{1}",
    "'a'",
    "'a' * 9",
    "b'a'",
    'f"{a}"',
    "'%s' % a",
    "a := 1",
    "(a := 1)",
    "a = 1",
    "[x for x in a]",
    "sum(x for x in a)",
    "{x: x for x in a}",
    "a if b else c",
    "a and b",
    "not a",
    "a == b",
    "a < b",
    "1 < a < 2",
    "a in b",
    "a is b",
    "a // b",
    "a % b",
    "a @ b",
    "a << 2",
    "a | b",
    "~a",
    "+a",
    "await a",
    "(yield)",
    "import os",
    "a; b",
    "a\nb",
    "a # b",
    "a \\\n + b",
    "True",
    "None",
    "...",
    "1j",
    "",
    " ",
    "()",
    "a b",
    "1 +",
    "(1",
    "1)",
    "`a",
    "a``b`",
    "`a`b",
    "a`b`",
    "1`a`",
    "``",
    "`a b`",
    "`a\nb`",
    "max()",
    "max(1)",
    "abs(1, 2)",
    "sqrt()",
    "log(8, 2)",
    "1e999",
    "9" * 400,
    "a\0",
    "\ud800",
    "a\u200b",
    "(" * 450 + "1" + ")" * 450,
    "-" * (MAX_DEPTH + 1) + "1",
    "-" * 999 + "1",
    "+1" * 400,
    "abs(" * 150 + "1" + ")" * 150,
    "1+" * MAX_LENGTH + "1",
    "2**" * 300 + "2",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(ValueError, match=r"^(column \d+: .|it (has|does)|it is nested)"):
        parse(text)


@pytest.mark.parametrize("text", ["a", "200", "a == 1", "a != 1", "1 < a < 2", "a < 1 and b < 2", "a in b", "not a",
                                  "(a < 1)(2)", "a < b.c", "a < 'x'", "a <", "< 1", "a << 1", "(a := 1) < 2", ""])  # fmt: skip
def test_what_is_no_comparison_is_no_condition(text):
    with pytest.raises(ValueError, match=r"^column \d+: ."):
        condition(text)


@pytest.mark.parametrize(
    ("text", "column"), [("1 + a.b", 5), ("1 + foo(a)", 5), ("`p-q` + (a[0])", 10), ("µs + a.b", 6), ("1 + `a", 5)]
)
def test_refusal_names_the_column(text, column):
    with pytest.raises(ValueError, match=rf"^column {column}: "):
        parse(text)


def test_refusal_says_what_to_do():
    with pytest.raises(ValueError, match=r"there is no function sqr; did you mean sqrt\?"):
        parse("sqr(a)")
    for text in ("a.b", "cpu% * 2", "a@b"):
        with pytest.raises(ValueError, match=r"in backticks|does not parse"):
            parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / a", "1 / 0 is no finite number"),
        ("a ** -1", r"0 \*\* -1 is no finite number"),
        ("(a - 1) ** 0.5", r"-1 \*\* 0.5 is no finite number"),
        ("log(a)", r"log\(0\) is no finite number"),
        ("log2(a - 1)", r"log2\(-1\) is no finite number"),
        ("sqrt(a - 1)", r"sqrt\(-1\) is no finite number"),
        ("exp(a + 1e3)", r"exp\(1000\) is no finite number"),
        ("9 ** 9 ** 9", r"9 \*\* 3.8742e\+08 is no finite number"),
        ("1e308 * 10 + a", r"1e\+308 \* 10 is no finite number"),
        ("1 / (1e308 * 10)", r"1e\+308 \* 10 is no finite number"),
    ],
)
def test_step_without_a_finite_value_is_named_with_the_values(text, why):
    with pytest.raises(ExpressionError, match=why) as raised:
        parse(text).evaluate({"a": 0.0, "unused": 1.0})
    assert str(raised.value).startswith(text)
    assert ("(a = 0)" in str(raised.value)) == ("a" in parse(text).names)
    assert "unused" not in str(raised.value)


def test_name_without_a_value_is_an_error_that_names_it():
    with pytest.raises(ExpressionError, match="b was not measured"):
        parse("a + b").evaluate({"a": 1.0})


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_value_that_is_not_finite_has_no_result(value):
    with pytest.raises(ExpressionError):
        parse("min(a, -a)").evaluate({"a": value})
