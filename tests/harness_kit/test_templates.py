"""Templates run as they stand, and refuse a wrong candidate once one is named."""

import shutil

import pytest

from autoexp.harness_kit.templates import NAMES, template
from tests.harness_kit.deployed import Desk, Done


def laid_out(desk: Desk, **changes: tuple[str, str]) -> None:
    for name in NAMES:
        (desk.folder / name).write_text(template(name), encoding="utf-8")
    for name, (old, new) in changes.items():
        path = next(path for path in desk.folder.glob("bench*") if path.name.replace(".", "_") == name)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def run(desk: Desk, name: str) -> Done:
    if name.endswith("c.sh") and not shutil.which("cc"):
        pytest.skip("no C compiler")
    return desk.run("python3" if name.endswith(".py") else "sh", name)


@pytest.mark.parametrize("name", ["bench.py", "bench.sh", "bench_c.sh"])
def test_template_runs_as_it_stands(desk: Desk, name: str) -> None:
    laid_out(desk)
    done = run(desk, name)
    assert done.status == 0, done.stderr
    assert list(done.metrics) == ["latency_ms"]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("bench.py", "statistics:median", "statistics:mean", "WrongAnswer: call 0 of statistics:mean: answer: "),
        ("bench.sh", 'CANDIDATE="sort -n"', 'CANDIDATE="sort -rn"', "input 0: other output than expected"),
        ("bench_c.sh", 'CANDIDATE=""', 'CANDIDATE="solve.c"', "call 0 of candidate: answer: 0.5 instead of"),
    ],
)
def test_template_refuses_a_wrong_candidate(desk: Desk, name: str, old: str, new: str, told: str) -> None:
    laid_out(desk, **{name.replace(".", "_"): (old, new)})
    (desk.folder / "solve.c").write_text(
        "static double solve(const double *v, size_t n) { return n ? v[0] : 0; }", "utf-8"
    )
    done = run(desk, name)
    assert done.status == 1
    assert told in done.stderr
    assert not done.metrics


def test_unknown_template_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there are bench\.py"):
        template("bench.rs")
