"""Add a line to sections of reply.md: `python harness/say.py late broken "You will hear from us by {day}."`."""

import re
import sys
from pathlib import Path


def main(names: list[str], line: str) -> None:
    """Put the line at the end of each section named; SystemExit for a section that is not there."""
    path = Path(__file__).parents[1] / "reply.md"
    text = path.read_text(encoding="utf-8")
    for name in names:
        text, found = re.subn(
            rf"(^\[{name}\]\n.*?)(\n*)(?=^\[|\Z)",
            lambda whole: f"{whole[1]}\n{line}{whole[2]}",
            text,
            flags=re.MULTILINE | re.DOTALL,
        )
        if not found:
            sys.exit(f"reply.md has no section [{name}]")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:-1], sys.argv[-1])
