"""A cache by its configuration file. Planted: two keys that nothing reads."""

import json

from tests.audits.shape import Project, contract, text

CONFIG = {"entries": 300, "policy": "lru", "lifetime_s": 120}

SIMULATE = text('''
    """A cache under a drawn day of requests."""

    import json
    import random
    from collections import OrderedDict
    from pathlib import Path


    def load(path="cache.json"):
        """Read the configuration; raises when it is none."""
        config = json.loads(Path(path).read_text())
        entries, policy, lifetime_s = config["entries"], config["policy"], config["lifetime_s"]
        if policy not in ("lru", "fifo") or not 1 <= entries <= 600 or not 1 <= lifetime_s <= 86_400:
            raise ValueError(f"no configuration: {config}")
        return entries, policy, lifetime_s


    def hits(seed, requests, entries, policy, lifetime_s):
        """Give the share of requests that the cache answers."""
        draw, kept, found = random.Random(seed), OrderedDict(), 0
        for second in range(requests):
            page = int(2000 * draw.random() ** 2.5)
            if page in kept and second - kept[page] <= lifetime_s * 10:
                found += 1
                if policy == "lru":
                    kept.move_to_end(page)
                continue
            kept.pop(page, None)
            kept[page] = second
            while len(kept) > entries:
                kept.popitem(last=False)
        return found / requests
''')

BENCH = text('''
    """How many requests the cache answers, and what it holds in memory."""

    from simulate import hits, load

    settings = load()
    print(f"METRIC hit_ratio={hits('bench', 60_000, *settings):.6f}")
    print(f"METRIC memory_mb={0.05 * settings[0]:.2f}")
''')

CHECK = text('''
    """Is it a configuration, and does the cache that it makes answer at all?"""

    from simulate import hits, load

    assert hits("check", 5_000, *load()) > 0.2
''')

HOLDOUT = text('''
    """How many requests of another day the cache answers."""

    import sys

    sys.path.insert(0, "harness")
    from simulate import hits, load

    print(f"METRIC hit_ratio={hits('held out', 60_000, *load()):.6f}")
''')


def configuration(**more: object) -> str:
    """Give the file with these keys besides."""
    return json.dumps({**CONFIG, **more}, indent=2) + "\n"


PROJECT = Project(
    name="cache",
    kind="json",
    clean={
        "cache.json": configuration(),
        "harness/simulate.py": SIMULATE,
        "harness/bench.py": BENCH,
        "harness/check.py": CHECK,
        "holdout/run.py": HOLDOUT,
    },
    contract=contract(
        "cache.json",
        "hit_ratio",
        "higher",
        metrics={"memory_mb": {"role": "guard", "at_most": 30}},
        measurement={"deterministic": True},
    ),
    planted="placebo-knobs",
    files={"cache.json": configuration(shards=8, prefetch=True)},
)
