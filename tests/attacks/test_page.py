"""The page of the attacks says what was found, and all of it."""

import json

from tests.attacks.catalogue import ATTACKS
from tests.attacks.page import BELOW, PAGE, tables
from tests.attacks.table import RESULTS

STORED = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_page_is_what_the_results_say() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(BELOW)[2] == tables(STORED, ATTACKS)


def test_every_attack_was_run_at_every_level_and_in_the_naive_loop() -> None:
    ids = {attack.id for attack in ATTACKS}
    for level in ("bwrap", "landlock", "none"):
        for user in ("root", "user"):
            runs = [run for name, run in STORED["runs"].items() if name.startswith(f"{level}:{user}:importing:")]
            assert {name for run in runs for name in run["findings"]} == ids, f"{level}/{user}"
    assert set(STORED["naive"]) == ids
