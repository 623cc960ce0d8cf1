"""Which files a command names and starts, as a person reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.spec.commands import named, started


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("sh bench.sh", ["bench.sh"]),
        ("./scripts/bench.sh --fast", ["scripts/bench.sh"]),
        ("scripts/bench.sh", ["scripts/bench.sh"]),
        ("python bench.py target.py", ["bench.py"]),
        ("python3.12 -u -W error bench.py", ["bench.py"]),
        ("OMP_NUM_THREADS=1 python 'my bench.py'", ["my bench.py"]),
        ("uv run --frozen train.py > run.log 2>&1", ["train.py"]),
        ("uv run python train.py", ["train.py"]),
        ("bash -euo pipefail run.sh", ["run.sh"]),
        ("# don't run old.py; sh old.sh\npython \\\n  bench.py  # sh old.sh", ["bench.py"]),
        ("python -m tools.bench", ["tools/bench.py", "tools/bench/__main__.py"]),
        ("python -m pytest -q tests/unit", ["tests/unit", "pytest.py", "pytest/__main__.py"]),
        ("python3 -m unittest discover -s tests -t .", ["tests", "unittest.py", "unittest/__main__.py"]),
        (
            "python -m unittest -v tests.test_a",
            ["tests/test_a.py", "tests/test_a/__main__.py", "unittest.py", "unittest/__main__.py"],
        ),
        ("pytest -q -k fast tests a_test.py::test_one", ["tests", "a_test.py"]),
        ("cd sub && python bench.py", ["sub/bench.py"]),
        ("python gen.py | python score.py; node end.js", ["gen.py", "score.py", "end.js"]),
        ("timeout 5 nice -n 5 bash -e run.sh", ["run.sh"]),
        ("make -C sub bench", ["sub/GNUmakefile", "sub/makefile", "sub/Makefile"]),
        ("make -f bench.mk all", ["bench.mk"]),
        ("python -c 'print(1)' x.py", []),
        ("gcc -O2 sort.c -o /tmp/sort && /tmp/sort", []),
        ("cargo bench", []),
        ('python "bench.py', ["bench.py"]),
        (["python", "a b.py"], ["a b.py"]),
        (["sh", "-c", "python 'my bench.py'; ./end"], ["my bench.py", "end"]),
        ("sh -ec ./x run.sh", ["x"]),
        ("env A=1 bash -c 'cd sub && python b.py'", ["sub/b.py"]),
        ("python ../outside.py", []),
        ("sh $HOME/x.sh", []),
        ("", []),
    ],
)
def test_what_a_command_starts(command: str | list[str], expected: list[str]) -> None:
    assert list(started(command)) == expected


def test_a_command_starts_in_its_folder() -> None:
    assert started("sh bench.sh", "deep/er") == ("deep/er/bench.sh",)
    assert started("sh ../bench.sh", "deep") == ("bench.sh",)
    assert started("sh ../bench.sh") == ()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python bench.py --data=data/in.csv target.py", {"bench.py", "data/in.csv", "target.py"}),
        ("gcc -O2 sort.c lib -o /tmp/sort", {"gcc", "sort.c", "lib"}),
        ("sh -c 'echo x'", {"echo", "x"}),
        ("runner -m tools.bench", {"runner", "tools.bench", "tools/bench.py", "tools/bench/__main__.py"}),
    ],
)
def test_what_a_command_names(command: str, expected: set[str]) -> None:
    assert set(named(command)) - {"python"} == expected


@given(st.text(), st.text(max_size=8))
def test_no_text_breaks_the_reading_or_leads_out_of_the_tree(command: str, cwd: str) -> None:
    for path in (*named(command, cwd), *started(command, cwd)):
        assert path
        assert not path.startswith("../")
