"""Fills reply.md in for a customer. Text goes in and text comes out: nothing of it is executed."""

import re
from pathlib import Path

from cases import KINDS, Case

SECTIONS = ("greeting", *KINDS, "ending")
_LONGEST = 20_000
_PLACE = re.compile(r"\{(\w+)\}")


class TemplateError(ValueError):
    """reply.md cannot be filled in; the text says where."""


def sections(path: Path) -> dict[str, str]:
    """Read the sections of a template. Raises TemplateError for one that is missing, unknown or there twice."""
    text = path.read_text(encoding="utf-8")
    if len(text) > _LONGEST:
        raise TemplateError(f"{path.name} has more than {_LONGEST} characters")
    before, *parts = re.split(r"^\[(\w+)\]\n", text, flags=re.MULTILINE)
    names = parts[::2]
    if before.strip() or sorted(names) != sorted(SECTIONS):
        raise TemplateError(
            f"{path.name} has the sections {', '.join(SECTIONS)}, each once, and not {', '.join(names)}"
        )
    return {name: body.strip() for name, body in zip(names, parts[1::2], strict=True)}


def reply(template: dict[str, str], case: Case) -> str:
    """Write the reply to a customer. Raises TemplateError for a word in braces that means nothing."""
    known = {"name": case.name, "order": case.order, "product": case.product, "day": case.day}

    def fill(found: re.Match) -> str:
        if found[1] not in known:
            raise TemplateError(f"{found[0]} means nothing; known: {', '.join(known)}")
        return known[found[1]]

    whole = "\n\n".join(template[name] for name in ("greeting", case.kind, "ending"))
    return _PLACE.sub(fill, whole)
