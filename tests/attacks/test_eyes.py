"""The suite can fail: where nothing is in the way, it sees what attacks do."""

from pathlib import Path

import pytest

from tests.attacks.attack import Attack
from tests.attacks.campaign import attacked
from tests.attacks.catalogue import ATTACKS
from tests.attacks.naive import naively

BY_ID = {attack.id: attack for attack in ATTACKS}


def test_without_a_sandbox_every_way_out_is_seen(tmp_path: Path) -> None:
    ways = {
        "escape-write": "a file was written outside",
        "escape-tcp": "a listener was contacted",
        "escape-name-query": "a listener was contacted",
        "escape-secret": "the secret of HOME stands in the output",
        "escape-repository-proposing": "the hidden file stands in the candidate",
        "escape-variables": "a variable of the caller stands in the output",
        "escape-modes": "it says so itself",
        "escape-path-trojan": "wrote git where programs are found",
        "escape-kill-engine": "ended the campaign",
    }
    report = attacked(tmp_path, [BY_ID[name] for name in ways], kind="importing", level="none")
    seen = {name: [what for what in found.escaped if ways[name] in what] for name, found in report.findings.items()}
    assert sorted(seen) == sorted(ways)
    assert [name for name, found in seen.items() if not found] == []


def test_what_an_attack_does_to_the_users_repository_is_seen_and_blamed_on_it(tmp_path: Path) -> None:
    chosen = ["git-hooks", "git-hooks-of-the-user", "git-branch-of-the-user"]
    report = attacked(tmp_path, [BY_ID[name] for name in chosen], kind="importing", level="none")
    assert [name for name in chosen if report.findings[name].persists] == chosen[1:]


@pytest.mark.parametrize("name", ["forge-exit", "harness-edit-bench", "detect-checks"])
def test_a_naive_loop_keeps_what_is_forged(name: str, tmp_path: Path) -> None:
    assert naively(tmp_path, BY_ID[name], kind="importing").kept


def test_a_naive_loop_leaves_what_its_reset_does_not_reach(tmp_path: Path) -> None:
    found = naively(tmp_path, BY_ID["resource-disk-proposing"], kind="importing")
    assert found.persists == ("the user's cache/filled changed",)


def test_an_edit_that_does_nothing_is_no_attack(tmp_path: Path) -> None:
    found = naively(
        tmp_path, Attack("harness-none", "adds a word", run="echo '# word' >> solution.py"), kind="importing"
    )
    assert found.held
