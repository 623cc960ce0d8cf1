"""A harness's own report: what counts once it has announced itself, and what never does."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.experiment.measurement import Side
from autoexp.experiment.outcome import Outcome
from autoexp.harness.kit import kit_in
from autoexp.harness.measure import sample
from autoexp.harness.report import HEADER, channel_of, read_report, unavailable
from autoexp.harness_kit.channel import HEADER as ANNOUNCED
from autoexp.spec.sections import MetricSection

METRICS = {"x": MetricSection(role="primary", direction="lower"), "y": MetricSection(role="secondary")}


def report(folder: Path, text: bytes) -> Path:
    (folder / "report").write_bytes(text)
    return folder / "report"


def test_both_sides_speak_of_the_same_header() -> None:
    assert HEADER == ANNOUNCED


@pytest.mark.parametrize("text", [b"", b"METRIC x=1\n", HEADER[:-1], b" " + HEADER, HEADER.lower(), b"\0" * 99])
def test_what_is_not_announced_is_no_report(tmp_path: Path, text: bytes) -> None:
    assert channel_of(report(tmp_path, text)) == "stdout"


def test_without_a_file_the_metrics_are_on_stdout(tmp_path: Path) -> None:
    assert channel_of(tmp_path / "gone") == "stdout"
    assert channel_of(tmp_path) == "stdout"


def test_a_report_is_read_as_lines(tmp_path: Path) -> None:
    written = report(tmp_path, HEADER + b"METRIC x=1.5\nITEM a=1\nCOST usd=0.25\nMETRIC y=2\n")
    assert channel_of(written) == "kit"
    reading = read_report(written, METRICS, {})
    assert (dict(reading.values), dict(reading.items), reading.cost_usd) == ({"x": 1.5, "y": 2.0}, {"a": 1.0}, 0.25)
    assert reading.problem == ""


@pytest.mark.parametrize(
    "lines", [b"METRIC x=1\nMETRIC x=1\n", b"METRIC x=nan\n", b"METRIC x=1 junk\n", b"METRIC z=1\nMETRIC x=1\n"]
)
def test_a_report_is_as_strict_as_stdout(tmp_path: Path, lines: bytes) -> None:
    assert read_report(report(tmp_path, HEADER + lines), METRICS, {}).problem


def test_a_harness_that_ended_before_its_report_has_no_measurement(tmp_path: Path) -> None:
    problem = read_report(report(tmp_path, HEADER), METRICS, {}).problem
    assert "in its report" in problem
    assert "x" in problem


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    written = report(tmp_path_factory.getbasetemp(), HEADER + text)
    reading = read_report(written, METRICS, {})
    assert reading.problem or reading.values["x"] is not None


KIT = "import sys; sys.path.insert(0, {kit!r}); import autoexp.harness_kit as kit; {code}"


def taken(bench, tree: Path, tmp_path: Path, code: str, *, around: str = "{}"):
    command = KIT.format(kit=str(kit_in(tmp_path / "kit")), code=code)
    (tree / "bench.py").write_text(command)
    return sample(bench(around.format(f"{sys.executable} bench.py")), tree, Side.CANDIDATE, i=0, seed=1, name="1/a")


@pytest.fixture(autouse=True)
def _kit_home(tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()


def test_a_report_beats_what_is_printed(bench, tree, tmp_path) -> None:
    found = taken(bench, tree, tmp_path, "kit.report(x=2)", around="echo METRIC x=1; {}; echo METRIC x=0")
    assert (found.channel, dict(found.values)) == ("kit", {"x": 2.0})


def test_printed_metrics_do_not_count_once_the_kit_is_there(bench, tree, tmp_path) -> None:
    found = taken(bench, tree, tmp_path, "print('METRIC x=1')")
    assert (found.outcome, found.channel, dict(found.values)) == (Outcome.BAD_METRIC, "kit", {})


def test_a_report_of_a_harness_that_failed_does_not_count(bench, tree, tmp_path) -> None:
    found = taken(bench, tree, tmp_path, "kit.report(x=2); sys.exit(3)")
    assert (found.outcome, dict(found.values)) == (Outcome.CRASH, {})


def test_a_report_of_an_earlier_run_does_not_count(bench, tree, tmp_path) -> None:
    assert taken(bench, tree, tmp_path, "kit.report(x=2)").values == {"x": 2.0}
    found = sample(bench("echo METRIC x=1"), tree, Side.CANDIDATE, i=0, seed=1, name="1/a")
    assert (found.channel, dict(found.values)) == ("stdout", {"x": 1.0})


def test_secrets_are_masked_in_a_report(bench, tree, tmp_path) -> None:
    (tree / "bench.py").write_text(
        KIT.format(kit=str(kit_in(tmp_path / "kit")), code="kit.report(x=1); kit.item('a-sesame', 1)")
    )
    harness = bench(f"{sys.executable} bench.py", environ={"KEY": "sesame"}, env_from=["KEY"])
    found = sample(harness, tree, Side.CANDIDATE, i=0, seed=1, name="1/a")
    assert dict(found.items) == {"a-***": 1.0}
    assert b"sesame" not in (tmp_path / "output/1/a.report").read_bytes()


def test_a_report_belongs_to_its_owner_alone(bench, tree, tmp_path) -> None:
    taken(bench, tree, tmp_path, "kit.report(x=2)")
    assert (tmp_path / "output/1/a.report").stat().st_mode & 0o777 == 0o600


def test_a_service_that_does_not_serve_is_told_on_the_descriptor_only(tmp_path: Path) -> None:
    told = b"COST usd=1\nUNAVAILABLE the judge is busy\n"
    assert unavailable(report(tmp_path, HEADER + told)) == "the judge is busy"
    assert unavailable(report(tmp_path, told)) == ""
    assert unavailable(report(tmp_path, HEADER + b"METRIC x=1\n")) == ""
