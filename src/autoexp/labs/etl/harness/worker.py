"""The process in which the target runs: it loads pipeline.py and answers questions, and decides nothing.

It is short-lived: nothing is collected while it loads, and it goes without taking its modules apart.

Questions come as JSON lines on standard input, answers leave on a descriptor that is no longer standard output,
so that whatever the target prints cannot be taken for an answer.
"""

import gc
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
    gc.disable()
    plan.loader.exec_module(pipeline)
    gc.freeze()  # or a collection in the middle of a question would look through all that was loaded
    gc.enable()
    _say(answers, {"source": pipeline.source()})
    for line in sys.stdin:
        asked = json.loads(line)
        rows = pipeline.run(asked["path"], asked["query"])
        _say(answers, {"rows": rows, "cpu_s": time.process_time()})
    sys.stdout.flush()
    os._exit(0)


def _say(stream, message: dict) -> None:
    stream.write(json.dumps(message, default=lambda number: number.item()) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
