"""Did every edit of a lab get what it deserves? Compares a finished campaign with the lab's measured truth.

    python benchmarks/lab_score.py etl --repo demo/etl

Prints the share of edits whose status is a right one, the others by name, edits that the truth itself left open (they are not
counted: any status would be right), and what of the wrong answers was kept (there must be none). Exits with 1 if a wrong answer was kept.
"""

import argparse
import json
import subprocess
import sys

from autoexp.labs import gallery

EITHER_WAY = {"keep", "discard"}
WRONG_ANSWER = {"guard_failed", "checks_failed"}


def main() -> int:
    """Score one campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab")
    parser.add_argument("--repo", default=".")
    options = parser.parse_args()
    deserved = gallery.deserved(options.lab)
    command = [sys.executable, "-m", "autoexp", "log", "--json", "--repo", options.repo]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)[1:]
    known = [row for row in rows if row["description"] in deserved and row["status"] != "interrupted"]
    open_ = [row for row in known if {*deserved[row["description"]]} >= EITHER_WAY]
    judged = [row for row in known if row not in open_]
    wrong = [row for row in judged if row["status"] not in deserved[row["description"]]]
    forged = [row for row in judged if row["status"] == "keep" and WRONG_ANSWER & {*deserved[row["description"]]}]
    right = len(judged) - len(wrong)
    print(f"edits that got what they deserve: {right} of {len(judged)} ({right / max(1, len(judged)):.0%})")
    for row in wrong:
        fit = " or ".join(deserved[row["description"]])
        print(f"  {row['n']:>3} {row['status']}, deserves {fit}: {row['description']}")
    for row in open_:
        print(f"  {row['n']:>3} {row['status']}, not counted, its effect lies on the border: {row['description']}")
    print(f"wrong answers kept: {len(forged)}")
    return 1 if forged else 0


if __name__ == "__main__":
    sys.exit(main())
