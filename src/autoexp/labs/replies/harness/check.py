"""May reply.md be sent? It can be filled in, is signed, and asks for nothing that a customer must never write in a message."""

import re
import sys
from pathlib import Path

from cases import cases
from desk import TemplateError, reply, sections

SIGNED = "Lindgren & Daughters"
NEVER = re.compile(r"\b(card number|password|PIN|security code)\b", re.IGNORECASE)


def main() -> int:
    """Look at every reply; the exit code is 0 when all of them may be sent."""
    try:
        template = sections(Path(__file__).parents[1] / "reply.md")
        replies = {case.id: reply(template, case) for case in cases()}
    except (TemplateError, OSError) as failed:
        print(f"check: {failed}", file=sys.stderr)
        return 1
    wrong = [f"{name} is not signed" for name, text in replies.items() if SIGNED not in text]
    wrong += [f"{name} asks for a {found[0]}" for name, text in replies.items() if (found := NEVER.search(text))]
    for what in wrong:
        print(f"check: {what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
