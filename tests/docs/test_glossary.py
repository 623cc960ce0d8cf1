"""The glossary has every word that a status, a flag or a reason is said with, and the words that the house agreed on."""

import ast
import re
from collections.abc import Iterator
from typing import get_args

from autoexp.campaign.events import StopReason
from autoexp.decision.review import SUSPICIOUS
from autoexp.engine.attempt import SECRET
from autoexp.experiment.confirmation import Support
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.experiment.records import NEEDS_REVIEW, OVERFIT
from tests.docs.pages import DOCS, ROOT

PAGE = (DOCS / "glossary.md").read_text("utf-8")
HOUSE = [
    "Spec",
    "Campaign",
    "Session",
    "Segment",
    "Experiment",
    "Directive",
    "Proposal",
    "Candidate",
    "Sample",
    "Measurement",
    "Harness",
    "Checks",
    "Baseline",
    "Incumbent",
    "primary",
    "guard",
    "secondary",
    "Decision",
    "verdict",
    "status",
    "asi",
    "Strategy",
    "Proposer",
    "Executor",
    "Workspace",
    "Scope",
    "Journal",
    "Event",
    "noise",
    "effect",
    "gain",
    "holdout",
    "plateau",
    "Lab",
    "Brief",
    "Objective",
]
SOURCE = ROOT / "src" / "autoexp"
NAMED = {"NEEDS_REVIEW": NEEDS_REVIEW, "OVERFIT": OVERFIT, "SUSPICIOUS": SUSPICIOUS, "SECRET": SECRET[0]}
ROOMS = ("experiment", "campaign", "decision", "engine", "harness", "executors")


def rows(heading: str) -> set[str]:
    """Give the words of one table: what stands in backticks in its first column."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))


def test_every_status_has_a_row_and_no_other_word() -> None:
    assert rows("Statuses") == {*map(str, Outcome), *map(str, Verdict), "guard_failed"}


def test_every_stop_reason_has_a_row_and_no_other_word() -> None:
    assert rows("Stop reasons") == set(get_args(StopReason))


def test_every_flag_has_a_row_and_no_other_word() -> None:
    assert rows("Flags") == set(flags_in_code())


def test_words_of_an_ablation_are_told() -> None:
    assert all(f"`{word}`" in PAGE for word in get_args(Support))


def test_words_of_the_house_have_rows() -> None:
    firsts = " ".join(re.findall(r"^\| (.+?) \|", PAGE, re.MULTILINE))
    assert [word for word in HOUSE if not re.search(rf"\b{word}\b", firsts, re.IGNORECASE)] == []


def flags_in_code() -> Iterator[str]:
    """Give every flag that the code sets or asks for: in `flags=`, in a function `_flags`, and in comparisons with flags."""
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and node.id in NAMED:
                    yield NAMED[node.id]
                elif isinstance(node, ast.keyword) and node.arg == "flags":
                    yield from _texts(node.value)
                elif isinstance(node, ast.FunctionDef) and node.name == "_flags":
                    yield from _texts(node)
                elif isinstance(node, ast.Compare) and _of_flags(node.comparators[0]):
                    yield from _texts(node.left)


def _of_flags(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "flags"


def _texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and re.fullmatch("[a-z_]+", one.value):
            yield one.value
