"""May pattern.txt be used? It is a pattern, and nothing that it matches is empty, holds a blank, or has more or less than one @."""

import sys

from score import matches
from training import messages

from autoexp.harness_kit import KitError

TEXTS = ("", " ", "no address here", "@", "a at b dot c", "12:30 - 14:00; 3 * 4 = 12", "\n\n", "x" * 64)


def main() -> int:
    """Look at every match; the exit code is 0 when all of them may be addresses."""
    texts = [*TEXTS, *(message.text for message in messages())]
    try:
        found = [text[begin:end] for text, spans in zip(texts, matches(texts), strict=True) for begin, end in spans]
    except KitError as failed:
        print(f"check: {failed}", file=sys.stderr)
        return 1
    wrong = sorted({match for match in found if match.count("@") != 1 or match.split() != [match]})
    for match in wrong[:10]:
        print(f"check: {match!r} is no address", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
