"""Is pipeline.py right? Small deliveries the benchmark never uses: NULLs everywhere, ties on every bound, nothing at all."""

import sys
from pathlib import Path

from period import DAY_US, DAYS, ORIGIN_US
from target import Target, TargetError

ROWS, SEED, NULL_SHARE = 8_000, 90_210, 0.03
QUERIES = {
    "everything": {"since": ORIGIN_US, "until": ORIGIN_US + DAYS * DAY_US, "min_value": 0.0},
    "four hours": {"since": ORIGIN_US + 9 * DAY_US, "until": ORIGIN_US + 9 * DAY_US + DAY_US // 6, "min_value": 0.01},
    "the long tail": {"since": ORIGIN_US + 3 * DAY_US, "until": ORIGIN_US + 28 * DAY_US, "min_value": 400.0},
    "before the first row": {"since": ORIGIN_US - DAY_US, "until": ORIGIN_US, "min_value": 1.0},
}


def questions(numbers: dict) -> dict[str, dict]:
    """Add a query whose three bounds are met exactly by rows of the delivery."""
    whole = sorted(numbers["timestamp"][numbers["timestamp"] > 0].tolist())
    values = sorted(numbers["value"][numbers["value"] > 0].tolist())
    ties = {"since": whole[ROWS // 10], "until": whole[ROWS // 2], "min_value": values[ROWS // 3]}
    return {**QUERIES, "ties on every bound": ties}


def main() -> int:
    """Ask every question; the exit code is 0 when all answers are right."""
    with Target(Path(__file__).parents[1] / "pipeline.py") as target:
        from generate import Delivery, default_cache  # noqa: PLC0415  (numpy loads while the target does)
        from judge import golden, same  # noqa: PLC0415

        delivery = Delivery(default_cache(), ROWS, SEED, NULL_SHARE)
        asked = questions(delivery.numbers())
        right = {name: golden(delivery, query) for name, query in asked.items()}
        try:
            path = delivery.path(*target.source())
            wrong = [name for name, query in asked.items() if not same(target.ask(path, query).rows, right[name])]
        except (TargetError, ValueError) as failed:
            print(f"check: {failed}", file=sys.stderr)
            return 1
    for name in wrong:
        print(f"check: wrong answer to the question about {name}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
