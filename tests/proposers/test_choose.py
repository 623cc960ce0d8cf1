"""A chooser asks one member, lets another take over where that one cannot serve, and says so."""

import json
from dataclasses import replace
from textwrap import dedent

import pytest
from tests.builders import Tape

from autoexp.campaign.fold import fold_all
from autoexp.campaign.tallies import Tally
from autoexp.campaign.views import Repair, brief_for
from autoexp.engine.contract import Contract
from autoexp.engine.parts import plugin_problems
from autoexp.engine.parts import proposer as build
from autoexp.errors import AutoexpError, ContractError
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Directive, Offer, Proposal, Reserve
from autoexp.ports import AccessRefused, NothingLeft, ProposerFailed, Unavailable
from autoexp.processes.sandbox.cell import Cell
from autoexp.spec import load

SAYING = "tests.proposers.choosable:Saying"


def contract_of(section, folder):
    text = dedent("""\
        version: 1
        scope: {edit: ["*"]}
        harness: {measure: ./bench}
        metrics: {x: {role: primary, direction: lower}}
        proposer:
        """) + dedent(section).replace("SAYING", SAYING).replace("\n", "\n  ").join(["  ", "\n"])
    return Contract(spec=load(text), spec_text=text, program="", folder=folder)


@pytest.fixture
def choose(folder, environ):
    """Build a chooser from its section of a contract, as the engine does."""
    return lambda section, stop=lambda: False: build(contract_of(section, folder), environ, stop, Cell())


@pytest.fixture
def pair(choose):
    """Build one whose member a is asked before b."""

    def made(a="write", b="write", a_more="", b_more="", **more):
        return choose(
            f"""\
            kind: choose
            explore: a
            validate: b
            among:
            - {{kind: SAYING, name: a, says: [{a}]{a_more}}}
            - {{kind: SAYING, name: b, says: [{b}], file: b.txt{b_more}}}
            """,
            **more,
        )

    return made


@pytest.fixture
def start(brief):
    return brief(0)


def refreshed(desk):
    """Give the desk of an engine that can make the copy anew."""

    def fresh():
        (desk.workspace / "half.txt").unlink(missing_ok=True)
        return desk.workspace

    return replace(desk, fresh=fresh)


def test_the_member_that_is_asked_signs_and_the_other_is_left_alone(pair, start, desk):
    said = pair().propose(start, desk)
    assert (said.proposer, said.description, said.asi) == ("a", "write", {"kind": "loops", "chosen": "explores"})
    assert not (desk.workspace / "b.txt").exists()


def test_members_of_every_kind_propose(choose, start, desk, folder):
    (folder / "edits.yaml").write_text("[{description: first, write: {file: a.py, text: s}}]")
    (folder / "propose.sh").write_text("echo c > a.py\n")
    proposer = choose("""\
        kind: choose
        among:
        - {kind: script, file: edits.yaml}
        - {kind: command, command: "sh ../../propose.sh; echo s > a.py"}
        """)
    found = {proposer.propose(replace(start, position=i), desk).proposer for i in range(12)}
    assert found == {"script", "command"}


def test_a_script_counts_its_own_turns(choose, start, desk, folder):
    (folder / "edits.yaml").write_text("[{write: {file: a.py, text: one}}, {write: {file: a.py, text: two}}]")
    proposer = choose("{kind: choose, among: [{kind: script, file: edits.yaml}]}")
    proposer.propose(replace(start, position=30, tallies={"script": Tally(attempts=1)}), desk)
    assert (desk.workspace / "a.py").read_text() == "two"


def test_a_member_reads_its_own_brief(pair, desk):
    tape = Tape().open()
    tape.experiment(9, Verdict.KEEP, effect=0.1, proposal=Proposal(proposer="a"))
    tape.experiment(9, Verdict.INCONCLUSIVE, effect=0.1, proposal=Proposal(proposer="a"))
    brief = brief_for(fold_all(tape.records), Directive(), goal="", program="", scope=("*",))
    said = pair().propose(brief, desk)
    assert (said.proposer, said.asi["chosen"]) == ("b", "reworks experiment 2: better, but inconclusive")
    told = json.loads(desk.brief_json.read_text())
    assert (told["position"], told["hints"][0][:20]) == (0, "Rework experiment 2:")
    assert "Rework experiment 2:" in desk.brief_md.read_text()


def test_who_takes_over_for_the_validator_gets_no_task_of_its(pair, desk):
    tape = Tape().open()
    tape.experiment(9, Verdict.INCONCLUSIVE, effect=0.1, proposal=Proposal(proposer="a"))
    brief = brief_for(fold_all(tape.records), Directive(), goal="", program="", scope=("*",))
    assert pair(b="away").propose(brief, desk).proposer == "a"
    assert (json.loads(desk.brief_json.read_text())["position"], "Rework" in desk.brief_md.read_text()) == (1, False)


# --- taking over


@pytest.mark.parametrize(
    ("weather", "why"),
    [("away", "it answers 429"), ("refused", "the key expired (renew it)")],
)
def test_another_member_takes_over_and_it_is_told(pair, start, desk, weather, why):
    said = pair(a=weather).propose(start, refreshed(desk))
    assert said.proposer == "b"
    assert said.asi == {"kind": "loops", "chosen": "took over (explores)", "unavailable": {"a": why}}
    assert (said.cost_usd, said.requests) == (0.25, 1)


def test_who_takes_over_finds_the_copy_as_it_was_and_the_output_of_the_first_is_kept(pair, start, desk):
    pair(a="away").propose(start, refreshed(desk))
    assert not (desk.workspace / "half.txt").exists()
    assert (desk.output / "proposer.out").read_text() == "write"
    assert (desk.output / "asked-a" / "proposer.out").read_text() == "away"


def test_what_it_cost_to_hear_that_nothing_is_left_is_paid_by_who_takes_over(pair, start, desk):
    said = pair(a="nothing").propose(start, desk)
    assert (said.proposer, said.asi["nothing_left"], said.cost_usd, said.requests) == ("b", ["a"], 0.5, 2)
    assert (said.tokens.input, said.tokens.output, said.tokens.cached) == (20, 2, None)


def test_one_that_had_nothing_left_is_asked_again_only_when_all_say_so(pair, start, desk):
    left = replace(start, tallies={"a": Tally(nothing_left=True)})
    proposer = pair(b="write, nothing")
    said = proposer.propose(left, desk)
    assert (said.proposer, said.asi["nothing_left"]) == ("b", ["a"])
    again = proposer.propose(replace(left, position=1), desk)
    assert (again.proposer, again.asi["nothing_left"]) == ("a", ["b"])


def test_nothing_is_left_when_no_member_has_anything(pair, start, desk):
    with pytest.raises(NothingLeft, match="a: all is tried; b: all is tried") as left:
        pair(a="nothing", b="nothing").propose(start, desk)
    assert (left.value.said.cost_usd, left.value.said.requests) == (0.5, 2)


@pytest.mark.parametrize(
    ("a", "b", "seconds"),
    [("away 9", "away 4", 4.0), ("away", "away 4", 4.0), ("away", "away", None), ("refused", "away 4", 4.0)],
)
def test_all_away_is_waited_for_as_short_as_may_help(pair, start, desk, a, b, seconds):
    with pytest.raises(Unavailable, match=r"a: .*; b: it answers 429") as away:
        pair(a=a, b=b).propose(start, desk)
    assert (away.value.retry_after_s, away.value.kind) == (seconds, "rate_limit")


def test_a_refusal_stops_only_when_nobody_else_can_serve(pair, start, desk):
    with pytest.raises(AccessRefused, match="a: the key expired") as refused:
        pair(a="refused", b="nothing").propose(start, desk)
    assert refused.value.fix == "renew it"


def test_nobody_pays_again_to_hear_that_nothing_is_left_while_another_is_waited_for(pair, start, desk):
    proposer = pair(a="nothing", b="away, cut, write")
    used = []
    for _ in range(2):
        with pytest.raises(Unavailable) as away:
            proposer.propose(start, desk)
        used.append(away.value.said.cost_usd)
    said = proposer.propose(start, desk)
    assert (used, said.cost_usd, said.asi["nothing_left"]) == ([0.25, 0.25], 0.25, ["a"])
    assert proposer.propose(start, desk).cost_usd == 0.25, (
        "it is paid once, also when the experiment has to be made again"
    )


def test_who_could_not_serve_is_told_also_when_the_one_that_took_over_failed(pair, start, desk):
    with pytest.raises(ProposerFailed) as failed:
        pair(a="refused", b="failed").propose(start, desk)
    assert list(failed.value.said.asi["unavailable"]) == ["a"]
    with pytest.raises(ProposerFailed) as failed:
        pair(a="nothing", b="garbled").propose(start, desk)
    assert (failed.value.said.asi["nothing_left"], failed.value.said.cost_usd) == (["a"], 0.25)


def test_a_useless_answer_is_its_members_own_failure(pair, start, desk):
    for says, cost in (("failed", 0.25), ("garbled", None)):
        with pytest.raises(ProposerFailed) as failed:
            pair(a=says).propose(start, desk)
        assert (failed.value.said.proposer, failed.value.said.cost_usd, failed.value.mendable) == (
            "a",
            cost,
            says == "failed",
        )


def test_a_stop_ends_the_asking(pair, start, desk):
    with pytest.raises(ProposerFailed, match="stopped"):
        pair(a="away", stop=lambda: True).propose(start, desk)


@pytest.mark.parametrize("a", ["nothing", "cut"])
def test_a_stop_loses_no_cost_of_who_was_asked_before(pair, start, desk, a):
    with pytest.raises(ProposerFailed, match="stopped") as stopped:
        pair(a=a, stop=lambda: True).propose(start, desk)
    assert (stopped.value.said.cost_usd, stopped.value.said.requests) == (0.25, 1)


def test_who_was_cut_off_is_paid_by_who_takes_over(pair, start, desk):
    said = pair(a="cut").propose(start, refreshed(desk))
    assert (said.proposer, said.cost_usd, said.requests) == ("b", 0.5, 2)


# --- mending, paid hypotheses, estimates


def test_a_change_is_mended_by_its_own_member_as_often_as_that_may(pair, start, desk):
    proposer = pair(b_more=", mends: 2, patience: 90")
    assert (proposer.repairs, proposer.repairs_of("a"), proposer.repairs_of("b"), proposer.patience_s) == (2, 0, 2, 90)
    mend = replace(start, repair=Repair(Outcome.CRASH, "it broke", proposer="b"))
    assert proposer.propose(mend, desk).proposer == "b"


def test_nobody_else_mends_a_change_whose_member_is_away(pair, start, desk):
    with pytest.raises(Unavailable, match=r"^it answers 429$"):
        pair(a="away").propose(replace(start, repair=Repair(Outcome.CRASH, "", proposer="a")), desk)


def test_a_change_of_nobody_is_not_mended(pair, start, desk):
    with pytest.raises(ProposerFailed, match="no member c"):
        pair().propose(replace(start, repair=Repair(Outcome.CRASH, "", proposer="c")), desk)


def test_hypotheses_that_are_paid_for_go_to_their_member_alone(pair, start, desk):
    proposer = pair(b="offers")
    said = proposer.propose(replace(start, offers=(Offer(rank=2, proposer="b"), Offer(rank=3, proposer="gone"))), desk)
    assert [offer.proposer for offer in said.offers] == ["b", "b"]
    assert [offer.rank for offer in proposer._members["b"].briefs[0].offers] == [2]


def test_the_estimate_is_that_of_the_member_that_will_be_asked(pair, start):
    proposer = pair(a_more=", mends: 3")
    assert proposer.estimate(start) == Reserve(cost_usd=3.0, requests=0)
    paid = replace(start, offers=(Offer(rank=2, proposer="b"),))
    assert proposer.estimate(paid) == Reserve(cost_usd=0.0, requests=1)


def test_there_is_no_estimate_of_one_that_gives_none(choose, start):
    assert choose("{kind: choose, among: [{kind: command, command: x}]}").estimate(start) is None


# --- the contract


def test_names_are_the_kind_and_the_model(choose):
    proposer = choose("{kind: choose, among: [{kind: command, command: x}, {kind: SAYING, name: b}]}")
    assert proposer._policy.names == ("command", "b")
    model = "autoexp.proposers.model:ModelProposer"
    named = choose(f'{{kind: choose, among: [{{kind: "{model}", model: m, base_url: "http://127.0.0.1:1"}}]}}')
    assert named._policy.names == (f"{model}:m",)


WRONG = {
    "among: []": {"among: name at least one proposer"},
    "by: weights": {"among: a required key is missing"},
    "among: [3]": {"among.0: a mapping with a kind is expected"},
    "among: [{file: x}]": {"among.0.kind: a kind is expected"},
    "among: [{kind: scrip, file: x}]": {"among.0.kind: there is no scrip among the proposers (did you mean script?"},
    "among: [{kind: choose, among: []}]": {"among.0.kind: one that chooses cannot be chosen"},
    "among: [{kind: script, file: x}, {kind: command, comand: y, timeout: soon}]": {
        "among.1.command: a required key is missing",
        "among.1.comand: unknown key; keys of command here: allow, command, env",
        "among.1.timeout: ",
    },
    "among: [{kind: script, file: x, weight: 0}]": {"among.0.weight: a number above 0 is expected"},
    "among: [{kind: script, file: x, weight: yes}]": {"among.0.weight: a number above 0 is expected"},
    "among: [{kind: script, file: x, name: ''}]": {"among.0.name: a name of 1 to 60 letters is expected"},
    "among: [{kind: script, file: x}, {kind: script, file: y}]": {"among.1: a second member is called script"},
    "{among: [{kind: script, file: x}], by: luck}": {"by: 'weights' or 'cost-aware' is expected"},
    "{among: [{kind: script, file: x, weight: 2}], by: cost-aware}": {
        "among.0.weight: weights count only with by: weights"
    },
    "{among: [{kind: script, file: x}], explore: script}": {"explore: it needs validate beside it"},
    "{among: [{kind: script, file: x}], explore: script, validate: script}": {
        "validate: another member than the one that explores"
    },
    "{among: [{kind: script, file: x}], explore: a, validate: script}": {"explore: a is no member; members are script"},
    "{among: [{kind: script, file: x}, {kind: command, command: y}], explore: script, validate: command, by: weights}": {
        "by: explore and validate say who proposes"
    },
    "{among: [{kind: script, file: x}], waits: 3}": {"waits: unknown key"},
}


@pytest.mark.parametrize("keys", WRONG)
def test_every_mistake_is_told_at_its_key(keys, folder):
    text = keys if keys.startswith("{") else f"{{{keys}}}"
    problems = plugin_problems(contract_of(text.replace("{", "{kind: choose, ", 1), folder))
    told = {f"{problem.key.removeprefix('proposer.')}: {problem.message}" for problem in problems}
    assert len(told) == len(WRONG[keys])
    for expected in WRONG[keys]:
        assert any(one.startswith(expected) for one in told), told


def test_mistakes_have_the_line_of_their_member(folder):
    contract = contract_of("kind: choose\namong:\n- kind: script\n  file: x\n- kind: command\n  comand: y\n", folder)
    assert {(problem.key, problem.line) for problem in plugin_problems(contract)} == {
        ("proposer.among.1.comand", 11),
        ("proposer.among.1.command", 10),
    }


def test_what_a_member_refuses_when_it_is_built_is_told_at_its_place(choose, folder):
    with pytest.raises(ContractError) as wrong:
        choose("{kind: choose, among: [{kind: script, name: a, file: x}, {kind: script, name: b, file: y}]}")
    assert [problem.key for problem in wrong.value.problems] == ["proposer.among.0.file", "proposer.among.1.file"]
    with pytest.raises(AutoexpError, match="its key is not set") as unset:
        choose("{kind: choose, among: [{kind: SAYING, broken: true}]}")
    assert (unset.value.where, unset.value.fix) == ("proposer.among.0", "export KEY=...")
    with pytest.raises(AutoexpError, match="NO_SUCH_KEY is not set") as unset:
        choose(
            "{kind: choose, among: [{kind: 'autoexp.proposers.model:ModelProposer', model: m, api_key_env: NO_SUCH_KEY}]}"
        )
    assert unset.value.where == "proposer.among.0.api_key_env"
