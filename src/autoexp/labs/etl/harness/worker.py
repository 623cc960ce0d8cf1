"""The process in which the target runs: it loads pipeline.py and answers questions, and decides nothing.

Questions come as JSON lines on standard input, answers leave on a descriptor that is no longer standard output,
so that whatever the target prints cannot be taken for an answer.
"""

import importlib.util
import json
import os
import sys
import time


def main() -> None:
    """Load the target, say what data it wants, then answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    plan = importlib.util.spec_from_file_location("pipeline", sys.argv[1])
    pipeline = importlib.util.module_from_spec(plan)
    sys.modules["pipeline"] = pipeline
    plan.loader.exec_module(pipeline)
    _say(answers, {"source": pipeline.source()})
    for line in sys.stdin:
        asked = json.loads(line)
        rows = pipeline.run(asked["path"], asked["query"])
        _say(answers, {"rows": rows, "cpu_s": time.process_time()})


def _say(stream, message: dict) -> None:
    stream.write(json.dumps(message, default=lambda number: number.item()) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
