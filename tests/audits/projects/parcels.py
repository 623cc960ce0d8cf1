"""Parcels into vans, in Python. Planted: the parcels are drawn anew in each run, without a seed."""

from tests.audits.shape import CHILD, Project, contract, text

TARGET = text('''
    """Puts parcels into vans: the largest first, each into the first van that has room."""

    import json
    import sys


    def load(parcels, room):
        """Give for each parcel the number of its van."""
        free, vans = [], {}
        for at in sorted(range(len(parcels)), key=lambda at: -parcels[at]):
            for van, left in enumerate(free):
                if parcels[at] <= left:
                    break
            else:
                van = len(free)
                free.append(room)
            free[van] -= parcels[at]
            vans[at] = van
        return [vans[at] for at in range(len(parcels))]


    if __name__ == "__main__":
        asked = json.load(sys.stdin)
        json.dump(load(asked["parcels"], asked["room"]), sys.stdout)
''')

DEPOT = text('''
    """Parcels of a day, and whether all are loaded."""

    import random

    ROOM = 1000


    def parcels(seed, count):
        """Draw the sizes of parcels."""
        draw = random.Random(seed)
        return [int(20 + 480 * draw.random()) for _ in range(count)]


    def vans(sizes, answer):
        """Count the vans; raises ValueError when a parcel is not loaded or a van is too full."""
        if not isinstance(answer, list) or len(answer) != len(sizes):
            raise ValueError("a van is wanted for each parcel")
        load = dict.fromkeys(answer, 0)
        for size, van in zip(sizes, answer, strict=True):
            load[van] += size
        if max(load.values(), default=0) > ROOM or any(type(van) is not int for van in answer):
            raise ValueError("a van is too full")
        return len(load)
''')

BENCH = text('''
    """How many vans drawn parcels take."""

    import os

    from child import ask
    from depot import ROOM, parcels, vans

    sizes = parcels(os.environ["AUTOEXP_SEED"], 1_500)
    answer, _ = ask({"parcels": sizes, "room": ROOM})
    print(f"METRIC vans={vans(sizes, answer)}")
''')

CHECK = text('''
    """Is every parcel loaded, and no van too full?"""

    from child import ask
    from depot import ROOM, parcels, vans

    for sizes, most in ((parcels("check", 400), 120), ([ROOM] * 3, 3), ([], 0), ([600, 400, 600, 400], 2)):
        assert vans(sizes, ask({"parcels": sizes, "room": ROOM})[0]) <= most
''')

HOLDOUT = text('''
    """How many vans other parcels take."""

    import os
    import sys

    sys.path.insert(0, "harness")
    from child import ask
    from depot import ROOM, parcels, vans

    sizes = parcels("held out " + os.environ["AUTOEXP_SEED"], 1_500)
    answer, _ = ask({"parcels": sizes, "room": ROOM})
    print(f"METRIC vans={vans(sizes, answer)}")
''')

PROJECT = Project(
    name="parcels",
    kind="python",
    clean={
        "target.py": TARGET,
        "harness/child.py": CHILD,
        "harness/depot.py": DEPOT,
        "harness/bench.py": BENCH,
        "harness/check.py": CHECK,
        "holdout/run.py": HOLDOUT,
    },
    contract=contract("target.py", "vans", "lower"),
    planted="unseeded-data",
    files={
        "harness/bench.py": BENCH.replace("import os\n\n", "").replace('os.environ["AUTOEXP_SEED"]', "None"),
    },
)
