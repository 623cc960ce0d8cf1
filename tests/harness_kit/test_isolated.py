"""What isolated() promises to a harness whose candidate is well-behaved."""

import sys

import pytest

from autoexp.harness_kit import Call, KitError, WorkerFailed, WrongAnswer, isolated
from tests.harness_kit.deployed import Desk


@pytest.fixture
def solve(desk: Desk) -> str:
    desk.write(
        candidate="def solve(*values, more=0): return sum(values) + more\nclass Thing:\n    twice = lambda n: 2 * n"
    )
    return str(desk.folder / "candidate.py") + ":solve"


def test_inputs_are_arguments(solve: str) -> None:
    assert isolated(solve, [3, (1, 2), (), Call((1,), {"more": 4})]).answers == (3, 3, 0, 5)
    assert isolated(solve.replace("solve", "Thing.twice"), [3]).answers == (6,)


def test_file_of_a_package_is_imported_as_its_module(desk: Desk) -> None:
    for name, text in {
        "pkg/__init__.py": "from .json import solve",
        "pkg/more.py": "STEP = 1",
        "pkg/json.py": "from . import more\nfrom .more import STEP\ndef solve(n): return n + STEP",
    }.items():
        (desk.folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (desk.folder / "src" / name).write_text(text)
    for file in ("json.py", "__init__.py"):
        assert isolated(f"src/pkg/{file}:solve", [3], cwd=desk.folder).answers == (4,)


def test_repetitions_and_warmup_count(solve: str) -> None:
    seen: list[int] = []
    run = isolated(solve, lambda n: seen.append(n) or n, repetitions=3, warmup=2)
    assert seen == [0, 1, 2, 3, 4]
    assert run.answers == (2, 3, 4)
    assert len(run.times_ns) == 3
    assert isolated(solve, iter(range(100)), repetitions=3, warmup=2).answers == (2, 3, 4)
    assert len(isolated(solve, lambda n: n).times_ns) == 10


def test_wrong_answer_of_a_warmup_call_is_wrong(solve: str) -> None:
    with pytest.raises(WrongAnswer, match=r"call 0 of .*: answer: 1 instead of 9"):
        isolated(solve, [1, 2], expect=[9, 2], warmup=1)


@pytest.mark.parametrize("said", [False, 0, []])
def test_check_that_says_no_is_a_wrong_answer(solve: str, said: object) -> None:
    with pytest.raises(WrongAnswer, match="the check says"):
        isolated(solve, [1], check=lambda answer, n: said)
    assert isolated(solve, [1], check=lambda answer, n: answer == n).answers == ()
    assert isolated(solve, [1], check=lambda answer, n: None).answers == ()


def test_reference_that_changes_its_arguments_changes_nothing(desk: Desk) -> None:
    desk.write(candidate="def solve(values): return len(values)")

    def reference(values: list[int]) -> int:
        size = len(values)
        values.clear()
        return size

    isolated(str(desk.folder / "candidate.py") + ":solve", [[1, 2], [3]], expect=reference)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"inputs": []}, "there was no input"),
        ({"inputs": [1], "warmup": 1}, "no input to call the candidate with after the warm-up"),
        ({"inputs": [object()]}, "an input holds a value of type builtins.object"),
        ({"inputs": [1], "expect": [object()]}, "the expected answer holds a value of type builtins.object"),
        ({"inputs": [1, 2], "expect": [1]}, "expect= holds no answer for call 1"),
        ({"inputs": [1], "expect": [1], "check": bool}, "give one of them"),
        ({"inputs": [1], "target": "solve"}, "a target is"),
    ],
)
def test_mistake_of_a_harness_is_told(solve: str, options: dict, told: str) -> None:
    with pytest.raises(KitError, match=told):
        isolated(**{"target": solve, **options})


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("no_such_module:solve", "No module named"),
        ("json:no_such_function", "has no attribute"),
        (["no-such-program"], "no-such-program: the worker does not start"),
        (["true"], "true: the worker closed its output or ended"),
        ([sys.executable, "-c", "print('hello', flush=True); input()"], "the first line of a worker is"),
        ([sys.executable, "-c", "input()"], "was not ready within 1 s"),
    ],
)
def test_worker_that_does_not_start_is_told(target: str | list[str], told: str) -> None:
    with pytest.raises(WorkerFailed, match=told):
        isolated(target, [1], start_timeout_s=1 if target[-1] == "input()" else 60)


def test_runs_in_threads_leave_each_other_alone(solve: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda start: isolated(solve, range(start, start + 20), fresh=start % 2 > 0), range(4)))
    assert [run.answers for run in runs] == [tuple(range(start, start + 20)) for start in range(4)]


def test_worker_may_be_one_that_ends_with_its_parent(desk: Desk, bwrap: str) -> None:
    worker = str(desk.folder / "kit/autoexp/harness_kit/worker.py")
    box = [bwrap, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    assert isolated([*box, sys.executable, worker, "operator:neg"], range(3)).answers == (0, -1, -2)
