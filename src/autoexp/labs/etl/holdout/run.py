"""What pipeline.py takes for questions about deliveries of another kind, drawn afresh and kept nowhere.

No proposer reads this folder, and no measurement has it: what it draws is left in no cache that a target could look into.
"""

import os
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).parents[1]
sys.path.insert(0, str(TREE / "harness"))

from period import DAY_US, DAYS, ORIGIN_US  # noqa: E402
from quiet import Cores  # noqa: E402
from target import Target, TargetError  # noqa: E402

QUESTIONS = 4  # timed ones; one more goes before them to warm up
WINDOW_DAYS = 13
ROWS = int(os.environ.get("ETL_ROWS") or 120_000) * 3 // 4  # as many chunks as in the benchmark, and less to draw


class WithoutPandas:
    """Keeps this process from loading pandas, which Arrow does where it can: it takes longer than all the rest of the judge's work."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse pandas, and leave everything else to others."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def main() -> int:
    """Print the least CPU time of a question; exit code 1 when an answer is wrong or missing."""
    with Target(TREE / "pipeline.py") as target, tempfile.TemporaryDirectory(prefix="holdout-") as scratch:
        sys.meta_path.insert(0, WithoutPandas)
        from other import deliveries  # noqa: PLC0415  (numpy and Arrow load while the target does)

        drawn = deliveries(int(os.environ.get("AUTOEXP_SEED") or 0), 1 + QUESTIONS, ROWS)
        asked = [_question(delivery) for delivery in drawn]
        right = [delivery.answer(query) for delivery, query in zip(drawn, asked, strict=True)]
        cores = Cores()
        try:
            while not target.loaded(0.01):
                cores.give_quiet(target.process.pid, patience_s=0)
            source = target.source()
            paths = [delivery.write(Path(scratch) / str(n), *source) for n, delivery in enumerate(drawn)]
            answers = []
            for path, query in zip(paths, asked, strict=True):
                cores.give_quiet(target.process.pid)
                answers.append(target.ask(path, query))
        except (TargetError, ValueError) as failed:
            print(f"holdout: {failed}", file=sys.stderr)
            return 1
        from judge import same  # noqa: PLC0415

        if not all(same(answer.rows, rows) for answer, rows in zip(answers, right, strict=True)):
            print("holdout: a wrong answer", file=sys.stderr)
            return 1
    print(f"METRIC query_cpu_ms={1000 * min(answer.cpu_s for answer in answers[1:]):.6g}")
    return 0


def _question(delivery) -> dict:
    since = ORIGIN_US + int(delivery.draw.integers(0, (DAYS - WINDOW_DAYS) * DAY_US // 1_000_000)) * 1_000_000
    low = round(float(delivery.draw.uniform(0.5, 4)), 2)
    return {"since": since, "until": since + WINDOW_DAYS * DAY_US, "min_value": low}


if __name__ == "__main__":
    sys.exit(main())
