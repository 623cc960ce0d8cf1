"""Set constants of the configuration block: `python harness/set.py NAME VALUE [NAME VALUE ...]`."""

import ast
import re
import sys
from pathlib import Path


def assign(source: str, name: str, value: str) -> str:
    """Give the one-line constant a new value and keep its comment; a bare word is taken as text."""
    try:
        ast.literal_eval(value)
        literal = value
    except (SyntaxError, ValueError):
        literal = f'"{value}"'
    changed, count = re.subn(
        rf"^{name} = [^#\n]*?(?P<comment>\s*#.*)?$",
        lambda found: f"{name} = {literal}{found['comment'] or ''}",
        source,
        flags=re.MULTILINE,
    )
    if count != 1:
        raise SystemExit(f"{name}: {count} one-line constants of that name in pipeline.py, need exactly one")
    return changed


def main() -> None:
    """Rewrite pipeline.py in the current folder."""
    words = sys.argv[1:]
    if not words or len(words) % 2:
        raise SystemExit(__doc__)
    path = Path("pipeline.py")
    source = path.read_text(encoding="utf-8")
    for name, value in zip(words[::2], words[1::2], strict=True):
        source = assign(source, name, value)
    path.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
