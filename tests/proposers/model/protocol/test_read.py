"""What is read out of an answer besides its edits: proposals, ideas, what was learned, and that nothing is left."""

import json

import pytest

from autoexp.experiment.records import Idea, Proposal
from autoexp.proposers.model.protocol import Unusable, changes, instructions, read

FILES = {"a.py": b"x = 1\ny = 1\n"}
BLOCK = "FILE: a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = {}\n>>>>>>> REPLACE\n"


def applied(edits: str) -> bytes | None:
    return changes(edits, FILES, may_edit=lambda path: path == "a.py")["a.py"]


def test_header_lines_are_kept_with_the_offer() -> None:
    answer = read(
        "Some thoughts first.\n\n**HYPOTHESIS:** memory is slow,\nthe cache is not.\nDescription: keep rows in order\n"
        "- KIND: `Data Layout`\nEXPECTED GAIN: 5-10%\nRISK: low\nEFFORT: small\n\n" + BLOCK.format(2)
    )
    (offer,) = answer.offers
    assert offer.hypothesis == "memory is slow, the cache is not."
    assert (offer.description, offer.kind, offer.gain) == ("keep rows in order", "data layout", 0.05)
    assert (offer.risk, offer.effort, offer.rank) == ("low", "small", 1)
    assert applied(offer.edits) == b"x = 2\ny = 1\n"
    assert answer.nothing_left == ""


def test_an_answer_without_headers_is_described_by_its_prose() -> None:
    assert read(f"I make x bigger.\n\n{BLOCK.format(2)}").offers[0].description == "I make x bigger."


@pytest.mark.parametrize(
    ("text", "gain"),
    [
        ("12%", 0.12),
        ("about 3.5 percent", 0.035),
        ("0.2", 0.2),
        ("-1%", -0.01),
        ("2x", None),
        ("high", None),
        ("40", None),
    ],
)
def test_an_expected_gain_is_a_fraction_or_unknown(text: str, gain: float | None) -> None:
    assert read(f"EXPECTED GAIN: {text}\n{BLOCK.format(2)}").offers[0].gain == gain


def test_ideas_and_lessons_are_read_before_and_after_the_edits() -> None:
    answer = read(
        f"LEARNED: parsing is not it\n{BLOCK.format(2)}\nIDEA: use threads | WHY: too many changes at once | BLOCKED BY: memory_mb\n"
        "* **IDEA:** another sort\nNEXT: try the writer\n"
    )
    assert answer.ideas == (
        Idea(text="use threads", why="too many changes at once", blocked_by="memory_mb"),
        Idea(text="another sort"),
    )
    assert answer.asi == {"learned": "parsing is not it", "next_action_hint": "try the writer"}


def test_lines_inside_of_an_edit_are_no_headers() -> None:
    answer = read(
        "FILE: notes.md\n````\nHYPOTHESIS: in the file\nIDEA: in the file\n=== PROPOSAL 2 ===\nNOTHING LEFT: x\n````\n",
        several=3,
    )
    assert len(answer.offers) == 1
    assert answer.offers[0].hypothesis == ""
    assert answer.ideas == ()


SEVERAL = "".join(
    f"=== PROPOSAL {n} ===\nHYPOTHESIS: number {n}\nDESCRIPTION: x is {n}\nKIND: k{n}\n{BLOCK.format(n)}\n"
    for n in (2, 3, 4)
)


def test_several_proposals_each_have_their_own_edits() -> None:
    offers = read(f"Here they are.\n{SEVERAL}IDEA: more\n", several=3).offers
    assert [offer.rank for offer in offers] == [1, 2, 3]
    assert [offer.hypothesis for offer in offers] == ["number 2", "number 3", "number 4"]
    assert [applied(offer.edits) for offer in offers] == [b"x = 2\ny = 1\n", b"x = 3\ny = 1\n", b"x = 4\ny = 1\n"]


def test_more_proposals_than_asked_for_are_passed_over() -> None:
    assert [offer.description for offer in read(SEVERAL, several=1).offers] == ["x is 2"]


@pytest.mark.parametrize(
    "line", ["## Proposal {}: faster", "**Proposal {}**", "--- PROPOSAL {} ---", "HYPOTHESIS {}: h", "Option {}."]
)
def test_proposals_are_told_apart_however_they_are_set_off(line: str) -> None:
    text = "".join(f"{line.format(n)}\n\n{BLOCK.format(n)}\n" for n in (2, 3))
    assert [applied(offer.edits) for offer in read(text, several=2).offers] == [b"x = 2\ny = 1\n", b"x = 3\ny = 1\n"]


def test_a_last_proposal_that_is_cut_off_does_not_cost_the_others() -> None:
    cut = SEVERAL[: SEVERAL.rindex("x = 4")]
    assert [offer.hypothesis for offer in read(cut, several=3).offers] == ["number 2", "number 3"]
    with pytest.raises(Unusable, match="cut off"):
        read(cut[: cut.index("x = 2")], several=3)


def test_a_proposal_without_edits_is_no_offer() -> None:
    text = (
        f"=== PROPOSAL 1 ===\nHYPOTHESIS: only words\n\n=== PROPOSAL 2 ===\nHYPOTHESIS: with edits\n{BLOCK.format(2)}"
    )
    assert [(offer.rank, offer.hypothesis) for offer in read(text, several=2).offers] == [(1, "with edits")]


def test_a_json_answer_can_hold_several_proposals() -> None:
    edits = [{"file": "a.py", "old": "x = 1", "new": "x = 2"}]
    proposals = [
        {"hypothesis": "first", "kind": "a", "expected_gain": "5%", "asi": {"why": 1}, "edits": edits},
        {"hypothesis": "second", "file": "a.py", "content": "x = 3\n"},
        {"hypothesis": "no edits"},
    ]
    text = json.dumps({"proposals": proposals, "ideas": [{"text": "i", "why": "w"}, "j"], "next": "n"}, indent=2)
    for answer in (read(text, several=3), read(f"Here:\n```json\n{text}\n```\nDone.", several=3)):
        assert [(offer.rank, offer.hypothesis) for offer in answer.offers] == [(1, "first"), (2, "second")]
        assert (answer.offers[0].gain, answer.offers[0].asi) == (0.05, {"why": 1})
        assert [applied(offer.edits) for offer in answer.offers] == [b"x = 2\ny = 1\n", b"x = 3\n"]
        assert answer.ideas == (Idea(text="i", why="w"), Idea(text="j"))
        assert answer.asi == {"next_action_hint": "n"}


def test_nothing_left_is_an_answer() -> None:
    answer = read("NOTHING LEFT: all ideas were tried\nIDEA: ask for more memory\n")
    assert (answer.offers, answer.nothing_left) == ((), "all ideas were tried")
    assert answer.ideas == (Idea(text="ask for more memory"),)
    assert read("**NOTHING LEFT**").nothing_left
    assert read('{"nothing_left": "all done"}').nothing_left == "all done"


def test_edits_count_more_than_nothing_left() -> None:
    answer = read(f"{BLOCK.format(2)}\nNOTHING LEFT: besides this\n")
    assert len(answer.offers) == 1
    assert answer.nothing_left == ""


@pytest.mark.parametrize("text", ["", "\n\n", "I cannot help with that.", "```bash\nls\n```\n", "{}", "[]", "null"])
def test_an_answer_without_edits_says_so(text: str) -> None:
    with pytest.raises(Unusable, match="there is no edit in the answer"):
        read(text)


def test_long_values_are_cut() -> None:
    answer = read(f"HYPOTHESIS: {'x' * 9000}\nKIND: {'k' * 900}\n" + "IDEA: i\n" * 90 + BLOCK.format(2))
    assert len(answer.offers[0].hypothesis) <= 2000
    assert len(answer.offers[0].kind) <= 60
    assert len(answer.ideas) == 50


def test_what_was_read_can_be_written_to_the_journal() -> None:
    answer = read(f"HYPOTHESIS: half a pair \ud800\n{BLOCK.format(2)}")
    proposal = Proposal(offers=answer.offers, ideas=answer.ideas, asi=answer.asi)
    assert Proposal.model_validate_json(proposal.model_dump_json()) == proposal


@pytest.mark.parametrize("several", [1, 2, 5])
def test_the_instructions_are_short_and_their_own_example_can_be_read(several: int) -> None:
    text = instructions(several)
    assert len(text) / 4 < 450
    answer = read(text, several=several)
    assert answer.offers[0].kind.startswith("one or two words")
    assert (answer.offers[0].risk != "") == (several > 1)
    files = {"path/of/the/file.py": b"lines of the file, copied exactly\n"}
    got = changes(answer.offers[0].edits, files, may_edit=lambda _: True)
    assert got == {"path/of/the/file.py": b"the lines that replace them\n"}


def test_words_about_a_proposal_do_not_divide_it() -> None:
    text = f"HYPOTHESIS: one\n{BLOCK.format(2)}\nProposal 1 also changes y:\n\n{BLOCK.format(3).replace('x', 'y')}"
    (offer,) = read(text, several=2).offers
    assert applied(offer.edits) == b"x = 2\ny = 3\n"


def test_a_hypothesis_behind_its_edits_still_belongs_to_them() -> None:
    (offer,) = read(f"{BLOCK.format(2)}\nHYPOTHESIS: it is faster\nKIND: cache\n").offers
    assert (offer.hypothesis, offer.kind) == ("it is faster", "cache")


def test_code_that_is_only_quoted_is_no_edit_where_nothing_is_left() -> None:
    answer = read("NOTHING LEFT: all was tried\n\nThe best so far is:\n```python\nx = 1\n```\n")
    assert (answer.offers, answer.nothing_left) == ((), "all was tried")


def test_an_idea_that_is_none_is_not_kept() -> None:
    assert read(f"IDEA: none\nIDEA: N/A | WHY: -\n{BLOCK.format(2)}").ideas == ()


def test_a_fence_around_each_proposal_is_taken_away() -> None:
    text = "".join(f"```\n=== PROPOSAL {n} ===\nHYPOTHESIS: h{n}\n{BLOCK.format(n)}```\n\n" for n in (2, 3))
    offers = read(f"Here they are:\n\n{text}", several=2).offers
    assert [(offer.hypothesis, applied(offer.edits)) for offer in offers] == [
        ("h2", b"x = 2\ny = 1\n"),
        ("h3", b"x = 3\ny = 1\n"),
    ]
