"""init --from: the contract of another campaign or folder, or the files of a pi-autoresearch session."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from autoexp.api.places import CONTRACT_FILE, PROGRAM_FILE, read_text
from autoexp.api.starting.answers import Answers, Started
from autoexp.api.starting.notices import notices
from autoexp.api.starting.writing import refuse_existing, write
from autoexp.errors import AutoexpError
from autoexp.spec import load

_LAYOUTS = (
    (".auto/log.jsonl", ".auto/prompt.md", ".auto/measure.sh", ".auto/checks.sh"),
    ("autoresearch.jsonl", "autoresearch.md", "autoresearch.sh", "autoresearch.checks.sh"),
)
"""The two layouts of a pi-autoresearch session: log, prompt, measure, checks. The first one of which a file is there counts."""
_SECTION = re.compile(r"^#+\s*(.+?)\s*$")
_QUOTED = re.compile(r"`([^`\s]+)`")
_TITLE = re.compile(r"^#\s*(?:Autoresearch:\s*)?(.+?)\s*$", re.MULTILINE)


def take_over(folder: Path, source: Path, answers: Answers) -> Started | Answers:
    """Write the contract that lies at `source` here, with a goal and a name that the answers give; of a session, give the answers it holds.

    Raises AutoexpError, with nothing written, when there is a contract already, or none at the source.
    """
    if (path := _contract_at(source)) is not None:
        return _copied(folder, path, answers)
    for layout in _LAYOUTS:
        if any((source / name).is_file() for name in layout):
            return _of_session(folder, source, layout, answers)
    raise AutoexpError(
        f"there is nothing to take over: no {CONTRACT_FILE} and no session of pi-autoresearch",
        where=str(source),
        fix=f"name a folder with {CONTRACT_FILE}, the file itself, .autoexp/TAG of an imported campaign, or a folder with autoresearch.sh or .auto",
    )


def _contract_at(source: Path) -> Path | None:
    return next((path for path in (source, source / CONTRACT_FILE) if path.is_file()), None)


def _copied(folder: Path, path: Path, answers: Answers) -> Started:
    """Copy a contract and its program, comments included."""
    refuse_existing(folder)
    given = [flag for flag, value in _flags(answers).items() if value]
    if given:
        raise AutoexpError(
            f"--from takes a whole contract, and {' and '.join(given)} would change it",
            fix=f"edit {CONTRACT_FILE} afterwards",
        )
    text = read_text(path)
    load(text, file=str(path))
    changes = {key: value for key, value in (("name", answers.name), ("goal", answers.goal)) if value}
    text = _with(text, changes) if changes else text
    spec = load(text, file="your answers")
    beside = path.parent / PROGRAM_FILE
    program = read_text(beside) if beside.is_file() else f"# {spec.goal or 'Goal'}\n"
    found = tuple(notices(folder, spec, Answers(propose="taken over")))
    return write(folder, {CONTRACT_FILE: text}, program=program, found=found)


def _flags(answers: Answers) -> dict[str, Any]:
    plain = Answers()
    kept = {"goal", "name"}
    return {
        f"--{name.replace('_', '-')}": getattr(answers, name) != getattr(plain, name)
        for name in Answers.__slots__
        if name not in kept
    }


def _with(text: str, changes: dict[str, str]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    for key, value in changes.items():
        if key in document:
            document[key] = value
        else:
            document.insert(1, key, value)
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _of_session(folder: Path, source: Path, layout: tuple[str, ...], answers: Answers) -> Answers:
    """Give the answers that a session holds, where the person gave none. Its scripts have to lie in the folder itself."""
    log, prompt, measure, checks = layout
    if source.resolve() != folder.resolve():
        raise AutoexpError(
            "a session of pi-autoresearch is taken over where its scripts lie",
            where=str(source),
            fix=f"autoexp init --from {source} --repo {source}",
        )
    told = dict(_config(source / log))
    page = read_text(source / prompt) if (source / prompt).is_file() else ""
    title = _TITLE.search(page)
    return replace(
        answers,
        goal=answers.goal or str(told.get("name") or "") or (title[1] if title else ""),
        measure=answers.measure or (measure if (source / measure).is_file() else ""),
        checks=answers.checks or (checks if (source / checks).is_file() else ""),
        edit=answers.edit or tuple(_scope(page)),
        metric=answers.metric or _plain(str(told.get("metricName") or "")),
        unit=answers.unit or str(told.get("metricUnit") or ""),
        direction=answers.direction or _direction(told),
    )


def _config(log: Path) -> Iterator[tuple[str, Any]]:
    """Give the keys of the last config line of a session's log."""
    if not log.is_file():
        return
    last: dict[str, Any] = {}
    for line in read_text(log).splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and found.get("type") == "config":
            last = found
    yield from last.items()


def _direction(told: dict[str, Any]) -> str:
    said = told.get("bestDirection")
    return said if said in {"lower", "higher"} else "lower" if told else ""


def _plain(name: str) -> str:
    return re.sub(r"[^\w.@%µμ-]+", "_", name).strip("_")


def _scope(page: str) -> Iterator[str]:
    """Give the paths in backquotes below the heading Files in Scope."""
    inside = False
    for line in page.splitlines():
        if heading := _SECTION.match(line):
            inside = heading[1].lower().startswith("files in scope")
        elif inside:
            yield from _QUOTED.findall(line)
