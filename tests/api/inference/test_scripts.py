"""Scripts that say by their names what they are for."""

from autoexp.api.inference import Files, infer

BENCH, TEST = "#!/bin/sh\nawk -f solve.awk data.txt\n", "#!/bin/sh\nsh scripts/bench.sh\n"


def test_scripts_of_an_article_measure_and_check() -> None:
    files = Files.of(
        {"scripts/bench.sh": BENCH, "scripts/test.sh": TEST, "solve.awk": ""}, executable=["scripts/bench.sh"]
    )
    seen = infer(files)
    assert seen.measure == "scripts/bench.sh"
    assert seen.checks == "sh scripts/test.sh"
    assert seen.edit == ("solve.awk",)
    assert "measure: `scripts/bench.sh`, from scripts/bench.sh" in seen.why
    assert seen.because("checks") == (
        "checks: `sh scripts/test.sh`, from scripts/test.sh",
        "checks: scripts/test.sh is not executable, so a shell starts it",
    )


def test_a_script_that_is_run_is_not_in_scope() -> None:
    files = Files.of(
        {"bench.sh": "sh run.sh\nawk -f solve.awk\n", "run.sh": "awk -f more.awk\n", "solve.awk": "", "more.awk": ""}
    )
    assert "bench.sh" not in infer(files).edit
    assert {"solve.awk", "more.awk"} <= set(infer(files).edit)
