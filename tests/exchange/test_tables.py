"""Rows as lines of results.tsv and experiments.jsonl, as other programs read them."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import Tape, spec, tapes

from autoexp.campaign.fold import fold_all
from autoexp.exchange.exports import text_of
from autoexp.experiment.measurement import Measurement, Sample, Side, measure
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Decision, Proposal

PROMISED = [
    "n",
    "commit",
    "parent",
    "timestamp",
    "status",
    "flags",
    "metric",
    "metrics",
    "description",
    "hypothesis",
    "asi",
    "effect",
    "samples",
    "diff_lines",
    "wall_time_s",
    "tokens",
    "tokens_used",
    "cost_usd",
    "cost_usd_total",
]


def tsv(tape):
    return text_of("results.tsv", fold_all(tape.records))


def jsonl(tape):
    return [json.loads(line) for line in text_of("experiments.jsonl", fold_all(tape.records)).split("\n")[:-1]]


def test_results_are_written_as_promised():
    contract = spec(metrics={"memory_mb": {"role": "guard", "at_most": 50}, "rows": {"role": "secondary"}})
    tape = Tape().open(contract, values=(0.9979,))
    tape.intent()
    tape.propose(Proposal(description="increased learning rate to 0.04"))
    values = {"x": 0.9932, "memory_mb": 44.2, "rows": 0.0}
    measured = measure([Sample(side=Side.CANDIDATE, i=0, values=values)])
    tape.end(Outcome.MEASURED, Decision(verdict=Verdict.KEEP, effect=0.005), measured)
    tape.failed(Outcome.CRASH)
    tape.failed(Outcome.PROPOSER_ERROR)
    assert tsv(tape) == (
        "commit\tx\tmemory_mb\trows\tstatus\tdescription\n"
        "0000000\t0.9979\t\t\tkeep\tbaseline\n"
        "0000000\t0.9932\t44.2\t0\tkeep\tincreased learning rate to 0.04\n"
        "0000000\t\t\t\tcrash\tidea 2\n"
        "\t\t\t\tproposer_error\t\n"
    )


def test_primary_stands_first_wherever_the_contract_names_it():
    contract = spec().model_dump(mode="json")
    contract["metrics"] = {"a": {"role": "secondary"}, **contract["metrics"]}
    assert tsv(Tape().open(type(spec()).model_validate(contract))).startswith("commit\tx\ta\tstatus\tdescription\n")


@given(st.text(st.characters()))
def test_description_stays_in_its_cell(text):
    tape = Tape().open()
    tape.experiment(proposal=Proposal(description=text))
    table = tsv(tape).encode().decode()
    assert len(table.splitlines()) == 3
    assert [line.count("\t") for line in table.splitlines()] == [3, 3, 3]


def test_tabs_and_new_lines_of_a_description_become_spaces():
    tape = Tape().open()
    tape.experiment(proposal=Proposal(description="a\tb\r\nc\u2028d"))
    assert tsv(tape).endswith("\ta b c d\n")


def test_a_description_gives_no_orders_to_a_terminal():
    tape = Tape().open()
    tape.experiment(proposal=Proposal(description="\x1b]0;title\x07\x9b31mred \u202etext größe"))
    assert tsv(tape).endswith("\t?]0;title??31mred ?text größe\n")


@given(tapes())
def test_table_has_a_line_per_experiment_and_reads_as_a_table(tape):
    state = fold_all(tape.records)
    read = list(csv.reader(io.StringIO(tsv(tape)), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(read) == 1 + len(state.segments) + len(state.experiments)
    assert {len(row) for row in read} == {4}


@given(tapes())
def test_each_line_of_experiments_is_an_object_with_the_promised_keys(tape):
    found = jsonl(tape)
    assert all(set(PROMISED) <= set(row) for row in found)
    assert [row["n"] for row in found if row["n"]] == [e.n for e in fold_all(tape.records).experiments]


def test_types_of_an_experiment_are_as_promised():
    tape = Tape().open()
    tape.experiment(proposal=Proposal(description="d", asi={"kind": "cache"}))
    row = jsonl(tape)[-1]
    assert isinstance(row["flags"], list)
    assert set(row["tokens"]) == {"input", "cached", "output", "reasoning", "cache_write"}
    assert (row["cost_usd"], row["tokens_used"]) == (None, None)
    assert row["asi"] == {"kind": "cache", "rollback_reason": "because"}


def test_cell_of_a_whole_number_has_no_decimals():
    assert "\t1000000\t" in tsv(Tape().open(values=(1e6,)))


@pytest.mark.parametrize("name", ["results.tsv", "experiments.jsonl"])
def test_text_of_an_empty_campaign_has_no_rows(name):
    assert len(text_of(name, fold_all([])).splitlines()) <= 1


def test_measurement_of_nothing_is_an_empty_cell():
    tape = Tape().open()
    tape.intent()
    tape.end(Outcome.TIMEOUT, measurement=Measurement())
    assert tsv(tape).endswith("\t\ttimeout\t\n")
