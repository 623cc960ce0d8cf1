"""One sample: how well pattern.txt finds the addresses in the training strings. It repeats exactly."""

import sys

from score import score
from training import messages

from autoexp.harness_kit import KitError, report


def main() -> int:
    """Measure the pattern.txt of the tree this harness lies in."""
    try:
        found = score(messages())
    except KitError as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    report(f1=found.f1, precision=found.precision, recall=found.recall)
    return 0


if __name__ == "__main__":
    sys.exit(main())
