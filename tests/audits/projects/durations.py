"""Durations as people write them, in Python. Planted: so few of them that the start of the process is all there is to time."""

from tests.audits.shape import CHILD, Project, contract, text

TARGET = text('''
    """Reads durations such as 1h30m or 2 days and gives seconds."""

    import json
    import re
    import sys

    UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
    PART = re.compile(r"\\s*(\\d+)\\s*([a-z]+)\\s*")


    def seconds(words):
        """Give the seconds of a duration, or None for a text that is none."""
        total, at = 0, 0
        while at < len(words):
            part = PART.match(words, at)
            if part is None or part[2][0] not in UNITS:
                return None
            total += int(part[1]) * UNITS[part[2][0]]
            at = part.end()
        return total if at else None


    def read(texts):
        """Give the seconds of each text."""
        return [seconds(words.lower()) for words in texts]


    if __name__ == "__main__":
        json.dump(read(json.load(sys.stdin)), sys.stdout)
''')

WRITTEN = text('''
    """Durations in many forms, and their seconds."""

    import random

    UNITS = {"s": 1, "sec": 1, "m": 60, "Min": 60, "h": 3600, "hours": 3600, "d": 86_400, "days": 86_400, "W": 604_800}
    NONE = ["", "soon", "5", "h", "3 x", "1h later", "-2m"]


    def written(seed, count):
        """Draw texts with their seconds; some texts are no durations."""
        draw = random.Random(seed)
        pairs = [_pair(draw) for _ in range(count)]
        return [words for words, _ in pairs], [seconds for _, seconds in pairs]


    def _pair(draw):
        if draw.random() < 0.1:
            return draw.choice(NONE), None
        parts = [(draw.randrange(100), draw.choice(list(UNITS))) for _ in range(draw.randrange(1, 4))]
        words = draw.choice(["", " "]).join(f"{number}{draw.choice(['', ' '])}{unit}" for number, unit in parts)
        return words, sum(number * UNITS[unit] for number, unit in parts)
''')

BENCH = text('''
    """What it costs to read durations."""

    import sys

    from child import ask
    from written import written

    TEXTS = 40_000

    texts, right = written("bench", TEXTS)
    answer, cpu_ms = ask(texts)
    if answer != right:
        sys.exit("wrong seconds")
    print(f"METRIC cpu_ms={cpu_ms:.3f}")
''')

CHECK = text('''
    """Are the seconds right?"""

    import sys

    from child import ask
    from written import NONE, written

    texts, right = written("check", 2_000)
    if ask([*texts, *NONE, "1w2d3h4m5s", " 7 days"])[0] != [*right, *[None] * len(NONE), 788_645, 604_800]:
        sys.exit("wrong seconds")
''')

HOLDOUT = (
    BENCH.replace("from child", 'sys.path.insert(0, "harness")\nfrom child')
    .replace("TEXTS = 40_000", "TEXTS = 35_000")
    .replace('"bench"', '"held out"')
)

PROJECT = Project(
    name="durations",
    kind="python",
    clean={
        "target.py": TARGET,
        "harness/child.py": CHILD,
        "harness/written.py": WRITTEN,
        "harness/bench.py": BENCH,
        "harness/check.py": CHECK,
        "holdout/run.py": HOLDOUT,
    },
    contract=contract("target.py", "cpu_ms", "lower", primary={"unit": "ms", "min_effect": "3%"}),
    planted="short-run",
    files={
        "harness/bench.py": BENCH.replace("40_000", "20"),
        "holdout/run.py": HOLDOUT.replace("35_000", "20"),
    },
)
