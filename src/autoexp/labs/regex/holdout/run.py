"""The holdout: messages of people who wrote before and of more who did not, with names, hosts and images of their own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "harness"))

from score import score
from strings import Words, addresses, labelled
from training import PEOPLE

from autoexp.harness_kit import KitError, item, report

UNSEEN = Words(
    names=(
        "amara", "bruno", "carmen", "dmitri", "esther", "feng", "gita", "henrik", "isla", "jamal", "katya", "liam", "mona", "nils",
    ),
    families=(
        "abdi", "brandt", "chen", "dubois", "eriksen", "fontana", "greco", "horvat", "ivanov", "jansen", "keller", "lopez",
    ),
    hosts=("sample", "south-bank", "letters", "seven7", "copper", "quay", "lighthouse", "orchard"),
    endings=("com", "com", "com", "com", "com", "com", "io", "fr", "museum", "com.au"),
    images=("@double.png", "@big.jpg", "@print.jpg"),
)  # fmt: skip
RETURNING, NEW = 104, 116


def main() -> int:
    """Measure the pattern.txt of the tree this lies in."""
    people = [*PEOPLE[:RETURNING], *addresses(UNSEEN, seed="regex: who is new", count=NEW)]
    try:
        found = score(labelled(people, UNSEEN, seed="regex: what is held out"))
    except KitError as failed:
        print(f"holdout: {failed}", file=sys.stderr)
        return 1
    for number, right in enumerate(found.right):
        item(f"message-{number}", float(right))  # so that autoexp knows how large the holdout is
    report(f1=found.f1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
