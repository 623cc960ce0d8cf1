"""Mistakes that only a run of the harness shows."""

from tests.mistakes.case import Case, Spoil, both, changed, committed


def prints(script: str, **more: str) -> Spoil:
    return committed(bench__sh=f"{script}\n", **more)


def case(name: str, script: str, family: str, fix: str, *told: str, **more: bool) -> Case:
    return Case(name, prints(script), family, fix, told, recorded=True, **more)  # type: ignore[arg-type]


CASES = [
    case("nothing is printed", "true", "did not print METRIC x", "it printed nothing on stdout", short=True),
    case(
        "metrics on stderr",
        "echo METRIC x=1 >&2; echo METRIC ok=1 >&2",
        "did not print METRIC x",
        "METRIC lines on stderr",
    ),
    case("one number", "echo 12.5", "did not print METRIC x", "write `metrics: number`", "12.5"),
    case("a JSON object", "echo '{\"x\": 1}'", "did not print METRIC x", "write `metrics: json`"),
    case("keys and values", "echo ---; echo 'x: 1'", "did not print METRIC x", "write `metrics: keyvalue`"),
    case("a name and a value", "echo 'x = 1'", "did not print METRIC x", "metrics: {regex: {x:"),
    case(
        "two values",
        "echo METRIC x=1; echo METRIC ok=1; echo METRIC x=2",
        "a second value for x",
        "print each metric once",
        "METRIC x=2 (line 3)",
        "METRIC x=1 (line 1)",
        short=True,
    ),
    case(
        "not a number",
        "echo METRIC x=nan; echo METRIC ok=1",
        "a finite decimal number is expected",
        "end with an exit code other than 0",
        "METRIC x=nan (line 1)",
    ),
    case("infinity", "echo METRIC x=inf", "a finite decimal number is expected", "end with an exit code other than 0"),
    case(
        "a unit behind the value",
        "echo 'METRIC x=3 ms'",
        "a finite decimal number is expected",
        "print the number alone",
    ),
    case(
        "an undeclared name",
        "echo METRIC okay=1",
        "is not declared under metrics",
        "print METRIC ok=... if that is meant; else add `okay: {role: secondary}`",
    ),
    case(
        "an exit code",
        "echo 'no data' >&2; exit 3",
        "exit code 3",
        "run harness.measure by hand",
        "no data",
        short=True,
    ),
    Case(
        "a program that only the run misses",
        both(prints("true"), changed(("sh bench.sh", "true && no-such-program || exit 127"))),
        "exit code 127",
        "the command had PATH=",
        recorded=True,
    ),
    Case(
        "a time-out",
        both(prints("sleep 60"), changed(("timeout: 5s", "timeout: 200ms"))),
        "it did not end within",
        "harness.timeout",
        recorded=True,
    ),
    Case(
        "checks that do not pass",
        committed(checks__sh="echo wrong answer >&2; exit 1\n"),
        "the checks failed",
        "run harness.checks by hand",
        ("wrong answer",),
        recorded=True,
    ),
]
