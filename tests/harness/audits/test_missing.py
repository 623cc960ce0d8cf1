"""What a contract leaves out, and runs and samplers that are too short."""

import pytest

from autoexp.harness.audits.clocks import sampler, short_run
from autoexp.harness.audits.missing import no_checks, no_holdout

TIME = {"cpu_ms": {"role": "primary", "direction": "lower"}}


def of(ground, printed="echo METRIC x=1\n", *, metrics=None, **harness):
    sections = {"scope": {"edit": ["t.txt"]}, "harness": {"measure": "sh bench.sh", **harness}}
    return ground({"t.txt": "1\n", "bench.sh": printed}, **sections, **({"metrics": metrics} if metrics else {}))


def test_contract_without_a_holdout_is_told(ground):
    assert [found.audit for found in no_holdout(of(ground))] == ["no-holdout"]
    assert not list(no_holdout(of(ground, holdout="echo METRIC x=1")))


@pytest.mark.parametrize(
    ("guard", "found"),
    [
        (None, True),
        ({"memory_mb": {"role": "guard", "at_most": 5}}, True),
        ({"errors": {"role": "guard", "at_most": 0}}, False),
        ({"right": {"role": "guard", "equals": 1}}, False),
    ],
)
def test_contract_that_tells_no_wrong_answer_is_told(ground, guard, found):
    metrics = {"x": {"role": "primary", "direction": "lower"}, **(guard or {})}
    printed = "".join(f"echo METRIC {name}={int(name == 'right')}\n" for name in metrics)
    assert bool(list(no_checks(of(ground, printed, metrics=metrics)))) == found


@pytest.mark.long
def test_contract_with_checks_is_not(ground):
    assert not list(no_checks(of(ground, checks="true")))


@pytest.mark.parametrize(("memory", "found"), [(0, True), (12.5, False)])
def test_sampler_that_saw_nothing_is_told(ground, memory, found):
    stands = of(ground, f"echo METRIC x=1\necho peak_memory_mb: {memory}\n")
    assert bool(list(sampler(stands))) == found


@pytest.mark.long
def test_sampler_that_sleeps_longer_than_a_run_is_named_with_its_line(ground):
    bench = (
        "import resource, threading\nEVERY_S = 20.0\nstopped, seen = threading.Event(), [1]\n\n\n"
        "def look():\n    while not stopped.wait(EVERY_S):\n        seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n\n\n"
        "threading.Thread(target=look, daemon=True).start()\nprint('METRIC x=%d' % max(seen))\n"
    )
    sections = {"scope": {"edit": ["t.txt"]}, "harness": {"measure": "python bench.py"}}
    (found,) = sampler(ground({"t.txt": "1\n", "bench.py": bench}, **sections))
    assert "bench.py:7 waits 20 s" in found.evidence


@pytest.mark.parametrize(
    ("value", "found"), [("0.00$AUTOEXP_SEED", True), ("300.00$AUTOEXP_SEED", False), ("0.001", False)]
)
def test_time_too_short_for_its_clock_is_told(ground, value, found):
    assert bool(list(short_run(of(ground, f"echo METRIC cpu_ms={value}\n", metrics=TIME)))) == found
