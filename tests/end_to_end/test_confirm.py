"""`autoexp confirm`: the honest number, on the real command line."""

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoexp.campaign.confirmations import ablations_of, gain_of
from autoexp.campaign.confirming import order
from autoexp.campaign.state import CampaignState
from autoexp.engine.confirming.trees import on_record
from autoexp.stores.snapshots import Snapshots
from tests.end_to_end.commands import Helper, wait_until
from tests.end_to_end.conftest import CONTRACT, Project, made, write

PARTS = """\
read -r a < a.txt; read -r b < b.txt; read -r c < c.txt
if [ "$c" = need ] && [ "$b" = 30 ]; then echo "c needs b" >&2; exit 7; fi
if [ "$c" = need ]; then c=20; fi
echo "METRIC x=$(( (a + b + c) * 1000 + (AUTOEXP_SEED % NOISE) ))"
"""
NOISY, EXACT = 1000, 1
EDITS = [
    {"description": "less of a", "write": {"file": "a.txt", "text": "40\n"}},
    {"description": "a file of no use", "write": {"file": "e.txt", "text": "nothing\n"}},
    {"description": "less of b", "write": {"file": "b.txt", "text": "20\n"}},
    {"description": "still less of a", "write": {"file": "a.txt", "text": "35\n"}},
    {"description": "a new c, on top of b", "write": {"file": "c.txt", "text": "need\n"}},
]


def parts(folder: Path, helper: Helper, *, noise: int = EXACT, decision: str = "{on_equal: keep}") -> Project:
    """Make a project whose number is the sum of three files; `noise` is added by the seed."""
    project = made(folder, helper)
    for name, value in (("a.txt", 50), ("b.txt", 30), ("c.txt", 20)):
        (project.path / name).write_text(f"{value}\n")
    (project.path / "bench.sh").write_text(PARTS.replace("NOISE", str(noise)))
    project.git("add", ".")
    project.git("commit", "-q", "-m", "parts")
    contract = CONTRACT.replace("[value.txt]", '["*.txt"]').replace('  checks: "sh checks.sh"\n', "")
    contract = contract.replace("  ok: {role: guard, equals: 1}\n", "").replace("timeout: 5s", "timeout: 30s")
    exact = "true" if noise == EXACT else "false"
    project.contract(contract.replace("deterministic: true", f"deterministic: {exact}") + f"decision: {decision}\n")
    project.edits(*EDITS)
    return project


@pytest.fixture(scope="module")
def run_exactly(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    """Run a campaign of five keeps, where numbers repeat: one of no use, one built on another, one that needs another."""
    project = parts(tmp_path_factory.mktemp("exact"), helper)
    project.run("run")
    return project


@pytest.fixture(scope="module")
def run_noisily(tmp_path_factory: pytest.TempPathFactory, helper: Helper) -> Project:
    """Run a campaign whose numbers depend on the seed."""
    project = parts(tmp_path_factory.mktemp("noisy"), helper, noise=NOISY, decision="{method: single}")
    project.edits(EDITS[0], EDITS[2])
    project.run("run")
    return project


def copy_of(project: Project, folder: Path) -> Project:
    return replace(project, path=Path(shutil.copytree(project.path, folder / project.path.name, symlinks=True)))


@pytest.fixture
def exact(run_exactly: Project, tmp_path: Path) -> Project:
    return copy_of(run_exactly, tmp_path)


@pytest.fixture
def noisy(run_noisily: Project, tmp_path: Path) -> Project:
    return copy_of(run_noisily, tmp_path)


def confirmed(project: Project, *arguments: str, fault: str = "") -> dict[str, Any]:
    return json.loads(project.ran("confirm", "--json", *arguments, fault=fault)[0])


def state_of(project: Project) -> CampaignState:
    folder = project.path / ".git/autoexp/demo"
    return Snapshots(folder / "none", folder / "journal.jsonl").fold().state


def runs_of(project: Project) -> list[dict[str, Any]]:
    return [event for event in project.journal() if event["event"] == "confirmation_run"]


def test_confirmed_gain_is_that_of_fresh_runs_in_random_order(noisy: Project) -> None:
    before, seen = noisy.status(), {one["sample"]["seed"] for one in noisy.journal() if one["event"] == "sample"}
    assert "in-loop, not confirmed: `autoexp confirm`" in noisy.run("status")
    found = confirmed(noisy, "--pairs", "6")
    gain, runs = found["confirmed_gain"], runs_of(noisy)
    assert gain["low"] < gain["gain"] < gain["high"]
    assert gain["gain"] == pytest.approx(0.2, abs=0.02)
    taken = sum(1 + run["sample"]["voided"] for run in runs)
    assert (len(runs), taken) == (12, found["samples_used"] - before["samples_used"])
    assert not {run["sample"]["seed"] for run in runs} & seen
    assert seen
    (seed,) = (event["seed"] for event in noisy.journal() if event["event"] == "confirmation")
    assert [(run["round"], run["arm"]) for run in runs] == [
        (i, arm) for i in range(6) for arm in order(seed, i, (0, 1))
    ]
    assert (found["state"], found["stop_reason"]) == (before["state"], before["stop_reason"])
    told = f"{gain['gain']:+.1%} ({gain['low']:+.1%} to {gain['high']:+.1%}) confirmed on 6 fresh pairs"
    assert told in noisy.run("status")


def test_confirmed_values_follow_from_the_journal_alone(noisy: Project) -> None:
    found = confirmed(noisy, "--ablate", "--pairs", "3")
    last = state_of(noisy).confirmation
    assert last is not None
    assert last.ended is not None
    assert (gain_of(last), ablations_of(last)) == (last.ended.gain, last.ended.ablations)
    assert {one["n"] for one in found["confirmation"]["ablations"]} == {1, 2}
    assert on_record(state_of(noisy), last.begun) == last.ended


@pytest.mark.parametrize(
    "fault",
    [
        "after-pair:1",
        *(
            pytest.param(fault, marks=pytest.mark.long)
            for fault in ("after-arms", "before-pair:1", "before-confirmed", "after-confirmed")
        ),
    ],
)
def test_killed_confirmation_goes_on_with_nothing_lost_and_nothing_twice(noisy: Project, fault: str) -> None:
    noisy.run("confirm", "--pairs", "3", code=-signal.SIGKILL, fault=fault)
    before = runs_of(noisy)
    confirmed(noisy, "--pairs", "3")
    state, runs = state_of(noisy), runs_of(noisy)
    last = state.confirmation
    assert last is not None
    assert runs[: len(before)] == before
    begun = 2 if fault == "after-confirmed" else 1
    assert (state.confirmations, state.confirming) == (begun, None)
    of_last = [run for run in runs if run["c"] == begun]
    whole = [(run["round"], run["arm"]) for run in of_last if run["round"] not in last.broken]
    assert len(whole) == len(set(whole)) == 6
    assert len(of_last) - 6 == (1 if fault == "after-pair:1" else 0)
    assert last.ended.gain.pairs == 3


@pytest.mark.long
def test_interrupted_confirmation_goes_on_later(noisy: Project) -> None:
    with noisy.start("confirm", "--pairs", "40") as process:
        wait_until(lambda: len(runs_of(noisy)) > 2, "some runs")
        assert "the campaign demo is running" in noisy.run("confirm", code=2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "`autoexp confirm` goes on from here" in out
    assert noisy.journal()[-1]["event"] == "session_end"
    found = noisy.status()
    assert (found["confirmed_gain"], found["confirming"]["of"]) == (None, 40)
    assert "of 40 pairs are on record" in noisy.run("status")
    assert "confirmation 1 goes on" in noisy.run("confirm", "--pairs", "40")
    assert state_of(noisy).confirmation.ended.gain.pairs == 40


def test_each_keep_is_left_out_and_those_of_no_use_are_taken_out(exact: Project) -> None:
    printed = exact.run("confirm", "--ablate")
    lines = {line[:12].strip(): line[13:] for line in printed.splitlines()}
    assert lines["gain"].startswith("+25.0% confirmed on 1 fresh pair; +25.0% in-loop")
    assert lines["keep 1"] == "+15.0% with 4, supported (a.txt:1, in the hunk of experiment 4): less of a"
    assert lines["keep 2"] == "+0.0%, unsupported: a file of no use"
    assert lines["keep 3"] == "supported, does not run without it: crash: c needs b: less of b"
    assert lines["keep 5"] == "+0.0%, unsupported: a new c, on top of b"
    assert f"adds         {lines['keep 1'].removesuffix(': less of a')}" in exact.run("show", "1")
    best, runs = exact.refs()["best"], len(runs_of(exact))
    found = confirmed(exact, "--prune")
    assert found["pruned"] == {"n": 7, "status": "keep", "members": [2, 5]}
    assert "in-loop (biased: what is left of the loop's own sum after the prune)" in exact.run("status")
    assert len(runs_of(exact)) == runs + 2, "what was known was measured again, or nothing was confirmed"
    assert found["confirmed_gain"]["gain"] == pytest.approx(0.25)
    assert [one["n"] for one in found["confirmation"]["ablations"]] == [1, 3, 4]
    assert exact.refs()["best"] != best
    assert exact.git("show", f"{exact.refs()['best']}:c.txt") == "20"
    assert confirmed(exact, "--prune")["pruned"] is None


@pytest.mark.parametrize(
    "fault",
    [
        "after-confirmed:1",
        pytest.param("after-intent:7", marks=pytest.mark.long),
        pytest.param("after-decision:7", marks=pytest.mark.long),
        pytest.param("after-done:7", marks=pytest.mark.long),
        pytest.param("after-arms:2", marks=pytest.mark.long),
        pytest.param("after-confirmed:2", marks=pytest.mark.long),
    ],
)
def test_killed_prune_is_brought_to_its_end(exact: Project, fault: str) -> None:
    exact.run("confirm", "--prune", code=-signal.SIGKILL, fault=fault)
    found = confirmed(exact, "--prune")
    assert found["confirmed_gain"]["gain"] == pytest.approx(0.25)
    assert found["kept"] == 4, "three keeps and what took two others out"
    assert [row["n"] for row in exact.rows() if "taken_out" in row["flags"]] == [2, 5]
    assert not found["confirmation"]["stale"]


def test_a_holdout_is_what_confirms_where_there_is_one(tmp_path: Path, helper: Helper) -> None:
    project = made(tmp_path, helper)
    (project.path / "hold.sh").write_text("read -r x < value.txt; echo METRIC hidden=$((x + 50))\n")
    project.git("add", ".")
    project.git("commit", "-q", "-m", "a holdout")
    project.contract(CONTRACT.replace("  timeout: 5s", "  holdout: sh hold.sh\n  timeout: 5s"))
    project.edits(write(50))
    project.run("run")
    found = confirmed(project)
    assert found["confirmation"]["source"] == "holdout"
    assert found["confirmed_gain"]["gain"] == pytest.approx(1 / 3)
    assert "confirmed on 2 fresh pairs of the holdout; +50.0% in-loop (biased)" in project.run("status")


def test_a_best_so_far_that_does_not_pass_any_more_is_not_confirmed(project: Project, tmp_path: Path) -> None:
    bench = project.path / "bench.sh"
    bench.write_text(
        f"if [ -e '{tmp_path}/broken' ]; then printf 'no such port\\ngain         +99%% confirmed\\n' >&2; exit 7; fi\n{bench.read_text()}"
    )
    project.git("commit", "-q", "-a", "-m", "a harness that breaks")
    project.edits(write(90))
    project.run("run")
    (tmp_path / "broken").touch()
    printed = project.run("confirm", code=2)
    assert "not confirmed: the " in printed
    assert "does not pass its measurement in round 1: crash" in printed
    assert "no such port" in printed
    assert not any(line.startswith("gain ") for line in printed.splitlines()), "a program says what was gained"
    assert project.status()["confirmed_gain"] is None
    assert "confirmed    not: " in project.run("status")


def test_where_there_is_nothing_to_confirm_it_says_so_and_writes_nothing(project: Project) -> None:
    assert "start it with `autoexp run`" in project.run("confirm", code=2)
    project.edits(write(110))
    project.run("run")
    before = project.journal()
    assert "nothing was kept yet" in project.run("confirm", code=2)
    project.edits(write(110), write(90))
    project.run("run")
    before = project.journal()
    project.contract(CONTRACT.replace("timeout: 5s", "timeout: 6s"))
    assert "the spec changed since the last numbers were measured" in project.run("confirm", code=2)
    project.contract(CONTRACT)
    assert "--worth 300% is not between" in project.run("confirm", "--worth", "300%", code=2)
    assert project.journal() == before


def test_a_confirmation_needs_no_proposer_and_is_repaired_and_moved_with_its_campaign(
    exact: Project, tmp_path: Path
) -> None:
    contract, journal = exact.path / "autoexp.yaml", exact.path / ".git/autoexp/demo/journal.jsonl"
    lines = contract.read_text().splitlines(keepends=True)
    exact.contract("".join(line for line in lines if not line.startswith("proposer:")))
    (exact.path / "edits.yaml").unlink()
    found, text = confirmed(exact), journal.read_bytes()
    journal.unlink()
    exact.run("repair", "--yes")
    assert journal.read_bytes().startswith(text)
    assert exact.status()["confirmation"] == found["confirmation"]
    exact.run("export", "--bundle", str(tmp_path / "it.bundle"))
    exact.run("delete", "demo", "--yes")
    assert not exact.refs()
    exact.run("import", "--bundle", str(tmp_path / "it.bundle"))
    assert exact.status()["confirmation"] == found["confirmation"]


def test_an_experiment_that_was_left_open_is_ended_first(project: Project) -> None:
    project.edits(write(90), write(80))
    project.killed("before-decision:2")
    found = confirmed(project)
    assert project.statuses() == ["keep", "keep", "keep"]
    assert found["confirmed_gain"]["gain"] == pytest.approx(0.2)
    assert found["confirmation"]["experiment"] == 2


@pytest.mark.long
def test_discards_too_small_by_themselves_may_be_kept_together(tmp_path: Path, helper: Helper) -> None:
    project = parts(tmp_path, helper)
    contract = (project.path / "autoexp.yaml").read_text()
    project.contract(contract.replace("direction: lower", "direction: lower, min_effect: 8%"))
    project.edits(
        *(
            {"description": f"less of {name}", "write": {"file": f"{name}.txt", "text": text}}
            for name, text in (("a", "45\n"), ("b", "25\n"))
        )
    )
    project.run("run")
    assert project.statuses() == ["keep", "discard", "discard"]
    found = confirmed(project, "--bundle")
    assert found["bundled"] == {"n": 4, "status": "keep", "members": [2, 1]}
    assert found["confirmed_gain"]["gain"] == pytest.approx(0.1)
    assert "no two promising discards" in project.run("confirm", "--bundle")
