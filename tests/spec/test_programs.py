"""Which programs a command cannot do without; where its text does not tell, none is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.spec.programs import needs


def found(command: str | list[str], cwd: str = "") -> list[str]:
    return [
        f"{need.word}{f' ({need.place})' if need.place else ''}{' script' if need.script else ''}"
        for need in needs(command, cwd)
    ]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("sh bench.sh", ["sh", "bench.sh (bench.sh) script"]),
        ("./scripts/bench.sh --fast", ["./scripts/bench.sh (scripts/bench.sh)"]),
        ("bench.sh", ["bench.sh"]),
        ("/opt/bench", ["/opt/bench"]),
        ("python3 -u bench.py x", ["python3", "bench.py (bench.py) script"]),
        ("bash -euo pipefail run.sh", ["bash", "run.sh (run.sh) script"]),
        ("FOO=1 foo -x | sort", ["foo", "sort"]),
        ("timeout 5 nice ./x", ["timeout", "nice", "./x (x)"]),
        ("env A=1 foo", ["env", "foo"]),
        ("uv run train.py", ["uv"]),
        ("cd sub && ./x.sh", ["./x.sh (sub/x.sh)"]),
        ("make bench && ./out", ["make"]),
        ("python -m pytest -q", ["python"]),
        ("python 'a b.py'", ["python", "a b.py (a b.py) script"]),
        (["python", "b.py"], ["python", "b.py (b.py) script"]),
        ("sh -c 'foo; bar x'", ["foo", "bar"]),
        ("echo METRIC x=1", []),
        ("# what isn't fast; foo\nsh a.sh # bar | foo\n", ["sh", "a.sh (a.sh) script"]),
        ("sh \\\n  a.sh \\\n  --fast", ["sh", "a.sh (a.sh) script"]),
        ("foo '#x' a#b; bar", ["foo", "bar"]),
        ("cc b.c -o /tmp/b && /tmp/b", ["cc"]),
        ("pip install -e . && bench", ["pip"]),
        ("grep -q x y && foo; bar", ["grep"]),
        ("foo && bar", ["foo", "bar"]),
    ],
)
def test_what_a_command_cannot_do_without(command: str | list[str], expected: list[str]) -> None:
    assert found(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "foo || bar",
        "if foo; then bar; fi",
        "PATH=/x foo",
        ". ./env.sh && foo",
        "export PATH=x; foo",
        "$RUNNER bench",
        "~/bin/foo",
        "`which foo` x",
        "command -v foo && foo",
        "cd $X && ./y",
        "foo 'not closed",
        '[ -n "$CI" ] && foo; bar',
        "test -x ./a && foo\nbar",
        "((x = 1)); foo",
        ["sh", "-c", "foo || bar"],
        "",
    ],
)
def test_nothing_is_said_where_the_text_does_not_tell(command: str | list[str]) -> None:
    assert found(command) == []


def test_a_command_is_read_in_its_folder() -> None:
    assert found("./bench.sh", "deep") == ["./bench.sh (deep/bench.sh)"]
    assert found("sh ../bench.sh", "deep") == ["sh", "../bench.sh (bench.sh) script"]


@given(st.text(), st.text(max_size=8))
def test_no_text_breaks_the_reading(command: str, cwd: str) -> None:
    for need in needs(command, cwd):
        assert need.word
        assert not need.place.startswith("../")
