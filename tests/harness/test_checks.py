from autoexp.experiment.outcome import Outcome
from autoexp.harness.checks import check


def test_exit_0_passes(bench, tree):
    checked = check(bench(checks="echo fine"), tree, name="7/checks")
    assert (checked.outcome, checked.detail, checked.output) == (Outcome.MEASURED, "", "7/checks.out")


def test_no_checks_pass(bench, tree):
    assert check(bench(), tree, name="7/checks").outcome is Outcome.MEASURED


def test_another_exit_fails_with_what_was_printed(bench, tree):
    checked = check(bench(checks="echo 1 test failed; exit 1"), tree, name="7/checks")
    assert checked.outcome is Outcome.CHECKS_FAILED
    assert checked.detail == "the checks failed: exit code 1\n1 test failed"


def test_checks_that_do_not_end_have_failed(bench, tree):
    checked = check(bench(checks="sleep 60", checks_timeout="0.3s"), tree, name="7/checks")
    assert checked.outcome is Outcome.CHECKS_FAILED
    assert "within 0.3 s" in checked.detail


def test_checks_that_are_not_there_have_failed(bench, tree):
    assert check(bench(checks=("./gone",)), tree, name="7/checks").outcome is Outcome.CHECKS_FAILED


def test_a_stop_is_an_interruption(bench, tree):
    assert check(bench(checks="sleep 60", stop=lambda: True), tree, name="7/checks").outcome is Outcome.INTERRUPTED


def test_secrets_are_masked(bench, tree):
    used = bench(checks='echo "$KEY"; exit 1', environ={"KEY": "s3cret"}, env_from="KEY")
    checked = check(used, tree, name="7/checks")
    assert "***" in checked.detail
    assert (used.output / "7" / "checks.out").read_text() == "***\n"
