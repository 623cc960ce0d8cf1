"""The page of the attacks, made from the results of a run: nothing in its tables is written by hand."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.attacks.attack import CLASSES, Attack

PAGE = Path(__file__).parents[2] / "docs/attacks.md"
BELOW = "<!-- what follows is written by `make attacks` -->\n"
LEVELS = ("bwrap", "landlock", "none")
KINDS = {"importing": "importing", "kit": "kit", "bare": "no holdout"}
USERS = {"root": "root", "user": "ordinary user"}


def write_page(results: Mapping[str, Any], attacks: Sequence[Attack]) -> None:
    """Write the tables below the hand-written head of the page."""
    head = PAGE.read_text(encoding="utf-8").partition(BELOW)[0]
    PAGE.write_text(head + BELOW + tables(results, attacks), encoding="utf-8")


def tables(results: Mapping[str, Any], attacks: Sequence[Attack]) -> str:
    """Give the summary and a table for each class."""
    parts = [_summary(results, attacks)]
    for room in CLASSES:
        parts.append(f"\n## {room}\n\n| attack | naive loop | bwrap | landlock | none |\n|---|---|---|---|---|\n")
        parts += [_line(results, attack) for attack in attacks if attack.room == room]
    return "".join(parts)


def _summary(results: Mapping[str, Any], attacks: Sequence[Attack]) -> str:
    bites = sum(_is_open(results["naive"][attack.id]) for attack in attacks if attack.id in results["naive"])
    lines = [
        "\n## In numbers\n\n",
        f"{len(attacks)} attacks. In the naive loop {bites} of them get what they want.\n\n",
    ]
    lines += [
        "| level | user | harness | attacks | kept | persist | escape | controls |\n",
        "|---|---|---|---|---|---|---|---|\n",
    ]
    for level in LEVELS:
        for user, user_words in USERS.items():
            for kind, words in KINDS.items():
                runs = _runs(results, level, user, kind)
                found = [value for run in runs for value in run["findings"].values()]
                if not found:
                    continue
                counts = [sum(bool(value.get(key)) for value in found) for key in ("kept", "persists", "escaped")]
                failed = sum(bool(run["broken"]) for run in runs)
                controls = "pass" if not failed else f"not after {failed} of {len(runs)} classes"
                lines.append(
                    f"| {level} | {user_words} | {words} | {len(found)} | {' | '.join(map(str, counts))} | {controls} |\n"
                )
    harmless = [attack.id for attack in attacks if not _bites_anywhere(results, attack.id)]
    if harmless:
        lines.append(f"\nNothing came of these in any column: {', '.join(f'`{name}`' for name in harmless)}.\n")
    return "".join(lines)


def _line(results: Mapping[str, Any], attack: Attack) -> str:
    naive = results["naive"].get(attack.id)
    cells = ["" if naive is None else (_harm(naive) if _is_open(naive) else "-")]
    cells += [_cell(results, level, attack.id) for level in LEVELS]
    return f"| `{attack.id}`: {attack.does} | {' | '.join(cells)} |\n"


def _cell(results: Mapping[str, Any], level: str, name: str) -> str:
    """Say what decided with each kind of harness; where users differ, for each of them."""
    parts: dict[str, list[str]] = {}
    for kind, label in KINDS.items():
        said: dict[str, list[str]] = {}
        for user, user_words in USERS.items():
            for run in _runs(results, level, user, kind):
                if name in run["findings"]:
                    value = run["findings"][name]
                    words = f"**{_harm(value)}**" if _is_open(value) else _decided(value)
                    said.setdefault(words, []).append(user_words)
        whole = len(said) == 1
        words = "; ".join(words if whole else f"{words} ({' and '.join(users)})" for words, users in said.items())
        if words:
            parts.setdefault(words, []).append(label)
    if len(parts) == 1:
        return next(iter(parts))
    return "; ".join(f"{' and '.join(labels)}: {words}" for words, labels in parts.items())


def _runs(results: Mapping[str, Any], level: str, user: str, kind: str) -> list[Mapping[str, Any]]:
    return [run for name, run in results["runs"].items() if name.startswith(f"{level}:{user}:{kind}:")]


def _harm(value: Mapping[str, Any]) -> str:
    """Say in few words what an attack got."""
    harms = ["kept"] if value.get("kept") else []
    for key, verb in (("persists", "persists"), ("escaped", "escapes")):
        if found := value.get(key):
            more = " and more" if len(found) > 1 else ""
            harms.append(f"{verb}: {plain(found[0])}{more}")
    return "; ".join(harms)


def plain(text: str) -> str:
    """Cut what belongs to one machine and one moment out of a text, and all beyond 90 characters."""
    text = re.sub(r"\S*/(attacked|atk)-\S+", "...", text)
    text = re.sub(r"/a[0-9a-f]{8}-\d+", "/...", text)
    return re.sub(r"[0-9a-f]{20,}", "...", text).replace("|", "\\|")[:90]


def _decided(value: Mapping[str, Any]) -> str:
    return plain(value.get("decided", "")) or "-"


def _is_open(value: Mapping[str, Any]) -> bool:
    return bool(value.get("kept") or value.get("persists") or value.get("escaped"))


def _bites_anywhere(results: Mapping[str, Any], name: str) -> bool:
    found = [results["naive"].get(name), *(run["findings"].get(name) for run in results["runs"].values())]
    return any(value is not None and _is_open(value) for value in found)
