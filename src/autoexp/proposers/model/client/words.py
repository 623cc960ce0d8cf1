"""What a service says, made fit to be shown: short, on one line, without control characters and without the key."""

LIMIT = 300
WINDOW = 8
SHORTEST = 3
MASK = "***"


def shown(text: str, *, key: str, limit: int = LIMIT) -> str:
    """Give `text` on one line, the key and longer pieces of it masked, cut to `limit` characters."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 40 * limit]).split())
    hidden = masked(plain, key=key)
    return hidden if len(hidden) <= limit else hidden[: limit - 1] + "…"


def masked(text: str, *, key: str) -> str:
    """Replace the key, and every piece of it of eight characters or more, by three stars."""
    if len(key) < SHORTEST:
        return text
    width = min(WINDOW, len(key))
    pieces = {key[i : i + width] for i in range(len(key) - width + 1)}
    return _without(text, [(i, i + width) for i in range(len(text) - width + 1) if text[i : i + width] in pieces])


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    end = 0
    for first, last in spans:
        if first >= end:
            parts += [text[end:first], MASK if not parts or first > end else ""]
        end = max(end, last)
    return "".join([*parts, text[end:]])
