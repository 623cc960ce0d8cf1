from autoexp.experiment.outcome import Outcome

BENCH = "read -r x < a.txt; echo said >&2; if [ $x = hang ]; then sleep 60; fi; echo METRIC x=$x\n"
PROJECT = {
    "scope": {"edit": ["a.txt"]},
    "harness": {"measure": "sh bench.sh", "checks": "grep -qv hang a.txt || sleep 60"},
}


def test_run_that_hangs_on_an_edited_tree_ends_long_before_the_harness_would_end_it(ground):
    made = ground({"a.txt": "7\n", "bench.sh": BENCH}, budget_s=1.0, **PROJECT)
    hanging = {"a.txt": b"hang\n"}
    assert made.measure(hanging).outcome is Outcome.TIMEOUT
    assert made.checks(hanging).outcome is Outcome.CHECKS_FAILED
    assert made.measure({"a.txt": b"6\n"}).values == {"x": 6.0}


def test_audit_reads_what_a_run_complained_of(ground):
    made = ground({"a.txt": "7\n", "bench.sh": BENCH}, **PROJECT)
    assert made.complained(made.samples[0]) == made.complained(made.measure({"a.txt": b"6\n"})) == "said\n"
