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


def test_a_session_of_pi_goes_first_in_the_layout_that_it_uses() -> None:
    texts = {"bench.sh": "", "autoresearch.sh": "echo 'METRIC total_ms=1'\n", "autoresearch.checks.sh": "", "a.awk": ""}
    found = infer(Files.of(texts))
    assert (found.measure, found.checks, found.metric) == (
        "sh autoresearch.sh",
        "sh autoresearch.checks.sh",
        "total_ms",
    )
    current = infer(Files.of({**texts, ".auto/measure.sh": "#!/usr/bin/env bash\n"}))
    assert current.measure == "bash .auto/measure.sh"


def test_data_that_a_benchmark_reads_is_not_in_scope() -> None:
    texts = {"bench.sh": "awk -f solve.awk words.txt\n", "solve.awk": "", "words.txt": ""}
    assert infer(Files.of(texts)).edit == ("solve.awk",)


def test_commands_that_are_given_are_taken_and_only_the_rest_is_inferred() -> None:
    files = Files.of({"scripts/bench.sh": BENCH, "scripts/test.sh": TEST, "solve.awk": "", "other.sh": ""})
    found = infer(files, measure="sh other.sh")
    assert (found.measure, found.metric, found.because("measure")) == ("sh other.sh", "", ())
    assert found.checks == "sh scripts/test.sh"
    assert "other.sh" not in found.edit


def test_without_a_known_layout_few_files_that_are_left_are_named() -> None:
    texts = {"bench.sh": "./run", "solve.rb": "", "lib.rb": "", "README.md": "", "data.csv": "", ".rubocop.yml": ""}
    found = infer(Files.of(texts))
    assert found.edit == ("lib.rb", "solve.rb")
    assert any("no layout of sources is known" in line for line in found.why)
    many = {f"f{i}.rb": "" for i in range(30)}
    assert infer(Files.of({"bench.sh": "./run", **many})).edit == ()
