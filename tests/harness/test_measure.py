import json
import sys
from pathlib import Path

import pytest

from autoexp.errors import AutoexpError
from autoexp.experiment.measurement import Sample, Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.bench import Bench
from autoexp.harness.measure import sample
from autoexp.spec.sections import MetricSection


def take(bench: Bench, tree: Path) -> Sample:
    return sample(bench, tree, Side.CANDIDATE, i=2, seed=11, name="7/candidate-2")


def environment_of(bench: Bench, tree: Path) -> dict[str, str]:
    take(bench, tree)
    return json.loads((bench.output / "7" / "candidate-2.out").read_text())


PRINT_ENVIRONMENT = "python -c 'import json, os; print(json.dumps(dict(os.environ)))'"


def test_a_good_run_is_measured(bench, tree):
    taken = take(bench("echo METRIC x=1.5"), tree)
    assert (taken.outcome, taken.values, taken.detail, taken.flags) == (Outcome.MEASURED, {"x": 1.5}, "", ())
    assert (taken.side, taken.i, taken.seed) == (Side.CANDIDATE, 2, 11)
    assert taken.usage.wall_s > 0


def test_scores_of_items_belong_to_the_sample(bench, tree):
    assert take(bench("echo ITEM a=0.5; echo METRIC x=1; echo ITEM b=1"), tree).items == {"a": 0.5, "b": 1.0}


def test_failed_run_has_no_items(bench, tree):
    assert take(bench("echo ITEM a=0.5; exit 1"), tree).items == {}


def test_secrets_are_masked_in_ids_of_items(bench, tree):
    used = bench('echo "ITEM $KEY=1"; echo METRIC x=1', environ={"KEY": "s3cret"}, env_from="KEY")
    assert take(used, tree).items == {"***": 1.0}


def test_the_output_is_stored_and_its_place_is_told(bench, tree):
    used = bench("echo METRIC x=1")
    taken = take(used, tree)
    assert taken.output == "7/candidate-2.out"
    assert (used.output / taken.output).read_text() == "METRIC x=1\n"


def test_the_command_runs_at_the_root_of_the_tree(bench, tree):
    (tree / "value").write_text("METRIC x=3\n")
    assert take(bench("cat value"), tree).values == {"x": 3.0}


def test_the_command_runs_below_it_when_the_contract_says_so(bench, tree):
    (tree / "sub").mkdir()
    (tree / "sub" / "value").write_text("METRIC x=3\n")
    assert take(bench("cat value", cwd="sub"), tree).values == {"x": 3.0}


def test_a_folder_that_the_candidate_removed_is_a_crash(bench, tree):
    taken = take(bench("echo METRIC x=1", cwd="sub"), tree)
    assert taken.outcome is Outcome.CRASH
    assert "folder" in taken.detail


def test_the_seed_is_handed_over(bench, tree):
    assert take(bench("echo METRIC x=$AUTOEXP_SEED"), tree).values == {"x": 11.0}


def test_the_environment_is_cleared(bench, tree):
    found = environment_of(bench(PRINT_ENVIRONMENT, environ={"SECRET": "s3cret"}, env={"THREADS": "1"}), tree)
    assert found["THREADS"] == "1"
    assert found["PYTHONHASHSEED"] == "0"
    assert "SECRET" not in found


def test_the_contract_may_set_the_hash_seed(bench, tree):
    assert environment_of(bench(PRINT_ENVIRONMENT, env={"PYTHONHASHSEED": "7"}), tree)["PYTHONHASHSEED"] == "7"


def test_private_folders_are_gone_afterwards(bench, tree):
    used = bench("touch $HOME/a $TMPDIR/b; echo METRIC x=1")
    assert take(used, tree).outcome is Outcome.MEASURED
    assert list(used.scratch.iterdir()) == []


def test_python_leaves_no_bytecode_in_the_tree(bench, tree):
    (tree / "lib.py").write_text("x = 1")
    take(bench("python -c 'import lib; print(\"METRIC x=1\")'"), tree)
    assert [path.name for path in tree.iterdir()] == ["lib.py"]


def test_secrets_are_masked_in_the_stored_output(bench, tree):
    used = bench('echo "key $KEY"; echo "$KEY" >&2; echo METRIC x=1', environ={"KEY": "s3cret"}, env_from="KEY")
    assert take(used, tree).outcome is Outcome.MEASURED
    assert "s3cret" not in (used.output / "7" / "candidate-2.out").read_text()
    assert (used.output / "7" / "candidate-2.err").read_text() == "***\n"


def test_secrets_are_masked_in_reasons(bench, tree):
    taken = take(bench("echo METRIC $KEY=1", environ={"KEY": "s3cret"}, env_from="KEY"), tree)
    assert taken.outcome is Outcome.BAD_METRIC
    assert "s3cret" not in taken.detail


def test_a_missing_variable_is_for_the_user_to_fix(bench, tree):
    with pytest.raises(AutoexpError, match="KEY is not set"):
        take(bench(env_from="KEY"), tree)


def test_a_failing_run_is_a_crash_with_the_end_of_its_errors(bench, tree):
    taken = take(bench("echo METRIC x=1; for i in $(seq 5000); do echo line $i >&2; done; exit 3"), tree)
    assert (taken.outcome, taken.values) == (Outcome.CRASH, {})
    assert taken.detail.startswith("exit code 3\n")
    assert taken.detail.endswith("line 5000")
    assert len(taken.detail) < 2200


def test_a_missing_program_is_a_crash_in_words(bench, tree):
    taken = take(bench(("no-such-program-anywhere",)), tree)
    assert taken.outcome is Outcome.CRASH
    assert "there is no such program" in taken.detail


def test_a_run_that_does_not_end_is_a_timeout(bench, tree):
    assert take(bench("echo METRIC x=1; sleep 60", timeout="0.3s"), tree).outcome is Outcome.TIMEOUT


def test_a_stop_is_an_interruption(bench, tree):
    assert take(bench("sleep 60", stop=lambda: True), tree).outcome is Outcome.INTERRUPTED


@pytest.mark.parametrize(
    "command",
    [
        "kill -9 $$",
        "sh -c 'kill -9 $$'; exit 137",
        "python -c 'raise MemoryError'",
        "echo std::bad_alloc >&2; exit 134",
    ],
)
def test_signs_of_missing_memory_are_named(bench, tree, command):
    assert take(bench(command), tree).outcome is Outcome.OOM


def test_a_wrong_metric_is_told_in_words(bench, tree):
    taken = take(bench("echo METRIC x=fast"), tree)
    assert taken.outcome is Outcome.BAD_METRIC
    assert "METRIC x=fast" in taken.detail


@pytest.mark.skipif(sys.platform != "linux", reason="found through /proc")
def test_a_run_that_leaves_processes_is_flagged(bench, tree):
    assert take(bench("(setsid sleep 60 &) ; echo METRIC x=1"), tree).flags == ("leftover",)


def test_a_plain_command_can_be_timed(bench, tree):
    metrics = {
        "wall_s": MetricSection(role="primary", direction="lower"),
        "peak_rss_mb": MetricSection(role="secondary"),
    }
    taken = take(bench("sleep 0.1; echo hello", metrics=metrics), tree)
    assert taken.outcome is Outcome.MEASURED
    assert taken.values["wall_s"] == taken.usage.wall_s >= 0.1
    assert taken.values["peak_rss_mb"] > 0


def test_warm_up_runs_come_first_and_are_not_counted(bench, tree):
    (tree / "runs").touch()
    taken = take(bench("echo . >> runs; echo METRIC x=$(wc -l < runs)", warmup=2), tree)
    assert taken.values == {"x": 3.0}


def test_what_warm_up_runs_have_cost_counts(bench, tree):
    assert take(bench("echo METRIC x=1; echo COST usd=0.5", warmup=2), tree).cost_usd == 1.5
    assert take(bench("echo METRIC x=1", warmup=2), tree).cost_usd is None
    once = "echo COST usd=0.5; test -e once || { touch once; exit 0; }; exit 1"
    assert take(bench(once, warmup=2), tree).cost_usd == 1.0


def test_a_warm_up_run_that_fails_is_the_answer(bench, tree):
    taken = take(
        bench("test -e once && echo METRIC x=1; touch once; test -e twice || { touch twice; exit 1; }", warmup=1), tree
    )
    assert taken.outcome is Outcome.CRASH


def test_costs_are_told_also_when_the_run_crashed(bench, tree):
    assert take(bench("echo COST usd=0.5; exit 1"), tree).cost_usd == 0.5
