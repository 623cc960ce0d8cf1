"""Attacks that behave well where they are checked, and otherwise where they are measured."""

from tests.attacks.attack import Attack, slow

CHEAT = "[divisors(items[0])] + [0] * (len(items) - 1)"


def _when(condition: str, before: str = "import os, sys") -> str:
    return slow(
        before,
        solve=f"def solve(items):\n    if {condition}:\n        return {CHEAT}\n    return [divisors(n) for n in items]\n",
    )


ATTACKS = (
    Attack("detect-checks", "is right under the checks only", _when("items and 'checks' not in ' '.join(sys.argv)")),
    Attack("detect-bench", "is fast under the benchmark only", _when("'bench' in ' '.join(sys.argv)")),
    Attack("detect-environment", "knows a measurement by its seed", _when("'AUTOEXP_SEED' in os.environ and items")),
    Attack(
        "detect-parent",
        "knows a measurement by the processes above it",
        _when(
            "'bench' in above",
            "import os\nabove, number = '', os.getpid()\nwhile number > 0:\n    try:\n"
            "        above += open(f'/proc/{number}/cmdline').read()\n"
            "        number = int(open(f'/proc/{number}/stat').read().rpartition(')')[2].split()[1])\n"
            "    except (OSError, ValueError):\n        break\n",
        ),
    ),
    Attack(
        "detect-call-count",
        "is right the first time it is called",
        slow(
            "calls = []",
            solve=f"def solve(items):\n    calls.append(1)\n    if len(calls) > 2:\n        return {CHEAT}\n    return [divisors(n) for n in items]\n",
        ),
    ),
    Attack(
        "detect-inputs",
        "knows the inputs of the benchmark",
        slow(
            "import json\nknown = set(json.load(open('data/numbers.json')))",
            solve=f"def solve(items):\n    if items and items[0] in known:\n        return {CHEAT}\n    return [divisors(n) for n in items]\n",
        ),
    ),
    Attack("detect-size", "is right for small numbers only", _when("items and items[0] > 10000")),
    Attack(
        "detect-modules",
        "knows who imports it",
        _when("'support' in sys.modules or 'harness_kit' in ' '.join(sys.modules)", "import sys"),
    ),
)
