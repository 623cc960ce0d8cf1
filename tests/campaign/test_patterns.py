"""What a campaign teaches: groups, best keeps, dead ends, and what shows every ten experiments."""

from hypothesis import given, settings
from tests.builders import Tape, tapes

from autoexp.campaign.endings import decided, effect_of
from autoexp.campaign.fold import fold_all
from autoexp.campaign.patterns import REVIEW_EVERY, patterns
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import Candidate, GuardResult, Proposal

GUARD = GuardResult(metric="calls", bound="equals 7", value=0.0)


def tried(tape):
    return decided(fold_all(tape.records).experiments)


def kind(name, description=""):
    return Proposal(description=description, asi={"kind": name})


@settings(deadline=None)
@given(tapes())
def test_every_decided_experiment_is_in_one_group(tape):
    experiments = tried(tape)
    found = patterns(experiments).grouping.ordered
    assert sorted(n for group in found for n in group.numbers) == [one.n for one in experiments]
    assert sum(group.kept for group in found) == sum(one.kept for one in experiments)
    assert len({group.name for group in found}) == len(found)


@settings(deadline=None)
@given(tapes())
def test_dead_ends_are_no_keeps(tape):
    experiments = tried(tape)
    kept = {one.n for one in experiments if one.kept}
    assert not kept & {n for end in patterns(experiments).dead_ends for n in end.numbers}


@settings(deadline=None)
@given(tapes())
def test_best_keeps_fall(tape):
    effects = [effect_of(one) or 0.0 for one in patterns(tried(tape)).best]
    assert effects == sorted(effects, reverse=True)


@settings(deadline=None)
@given(tapes())
def test_lessons_stay_until_the_next_review(tape):
    experiments = tried(tape)
    found = patterns(experiments).lessons
    assert found.decided == len(experiments) // REVIEW_EVERY * REVIEW_EVERY
    assert found == patterns(experiments[: found.decided]).lessons


def test_group_of_a_kind_tells_what_came_of_it():
    tape = Tape().open()
    tape.experiment(8.0, Verdict.KEEP, effect=0.2, proposal=kind("Data_Layout"))
    tape.experiment(9.0, effect=-0.1, proposal=kind("data layout"))
    tape.failed(Outcome.CRASH)
    found, other = patterns(tried(tape)).grouping.ordered
    assert (found.name, found.tried, found.kept, found.gain, found.best, found.best_n) == (
        "data layout",
        2,
        1,
        0.2,
        0.2,
        1,
    )
    assert (found.last.n, other.numbers, other.crashes, other.failed) == (2, (3,), 1, 1)


def test_without_a_kind_the_first_telling_words_name_the_group():
    tape = Tape().open()
    for text in ("Try a larger buffer (64 kB)", "use the Larger buffer 128", "Sort first", ""):
        tape.experiment(proposal=Proposal(description=text))
    assert {group.name: group.tried for group in patterns(tried(tape)).grouping.ordered} == {
        "larger buffer": 2,
        "sort first": 1,
        "other": 1,
    }


def test_files_name_the_group_where_they_differ():
    tape = Tape().open()
    for paths in (("a.py",), ("b.py",), ("a.py",)):
        tape.intent()
        tape.propose(Proposal(description="anything"))
        proposed = tape.records[-1].event.model_copy(
            update={"candidate": Candidate(commit="c", parent="p", paths=paths)}
        )
        tape.write(proposed)
        tape.end(Outcome.CHECKS_FAILED)
    assert {group.name: group.tried for group in patterns(tried(tape)).grouping.ordered} == {"a.py": 2, "b.py": 1}


def test_dead_ends_name_the_constraint_the_idea_and_the_change_in_turns():
    tape = Tape().open()
    tape.experiment(proposal=kind("memo"), guard=GUARD, effect=0.3)
    tape.failed(Outcome.CHECKS_FAILED)
    for _ in range(3):
        tape.experiment(effect=-0.001, proposal=kind("unroll"))
    tape.experiment(effect=-0.2, proposal=kind("sort"))
    tape.experiment(proposal=kind("memo"), guard=GUARD, effect=0.3)
    experiments = tried(tape)
    found = patterns(experiments).dead_ends
    assert [(end.kind, end.what, end.numbers) for end in found] == [
        ("constraint", "guard calls (equals 7)", (1, 7)),
        ("change", "", (6,)),
        ("group", "unroll", (3, 4, 5)),
        ("constraint", "checks", (2,)),
    ]


def test_lessons_count_gains_endings_and_reasons():
    tape = Tape().open()
    for n in range(REVIEW_EVERY - 1):
        tape.experiment(effect=-0.1, proposal=kind("sort" if n % 2 else "io"))
    assert patterns(tried(tape)).lessons.decided == 0
    tape.experiment(8.0, Verdict.KEEP, effect=0.2, proposal=kind("cache"))
    tape.failed(Outcome.CRASH)
    found = patterns(tried(tape)).lessons
    assert (found.decided, found.kept, found.gain, found.recent_kept, found.recent_gain) == (10, 1, 0.2, 1, 0.2)
    assert [group.name for group in found.bringing] == ["cache"]
    assert [(group.name, group.tried) for group in found.failing] == [("io", 5), ("sort", 4)]
    assert found.reasons == (("because", 9),)
    assert found.endings == ()


def test_typical_reasons_are_the_same_but_for_their_numbers():
    tape = Tape().open()
    for n in range(REVIEW_EVERY):
        tape.failed(Outcome.CRASH if n < 2 else Outcome.CHECKS_FAILED)
    assert patterns(tried(tape)).lessons.endings == (("checks_failed", 8), ("crash", 2))
