"""A campaign whose proposer is a model: the fake one, over real HTTP, asked by the real command line."""

import json
from collections.abc import Sequence
from typing import Any

from autoexp.testing.fake_model import FakeModel
from tests.end_to_end.conftest import CONTRACT, Project

KEY = "sk-of-this-test-0123456789"


def answer(value: object, *, more: str = "", old: object = None, kind: str = "numbers") -> str:
    """Give an answer that puts a value into value.txt: a whole file, or a replacement of the old value."""
    head = f"HYPOTHESIS: {value} is better\nDESCRIPTION: value {value}\nKIND: {kind}\n{more}\nFILE: value.txt\n"
    if old is None:
        return f"{head}````\n{value}\n````\n"
    return f"{head}<<<<<<< SEARCH\n{old}\n=======\n{value}\n>>>>>>> REPLACE\n"


def by_model(project: Project, model: FakeModel, *, api: str = "openai", budget: str = "", **keys: Any) -> None:
    """Write a contract whose proposer is a model."""
    url = model.openai_url if api == "openai" else model.url
    section = {"kind": "model", "api": api, "base_url": url, "model": "fake-model", "api_key_env": "FAKE_KEY", **keys}
    text = CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {json.dumps(section)}")
    project.contract(text.replace("consecutive_crashes: null", f"consecutive_crashes: null{budget}"))
    project.environ["FAKE_KEY"] = KEY


def proposals(project: Project) -> list[dict[str, Any]]:
    """Give what was proposed, in order."""
    return [event["proposal"] for event in project.journal() if event["event"] == "proposal"]


def waits(project: Project) -> list[dict[str, Any]]:
    """Give the waits on record."""
    path = project.path / ".git/autoexp/demo/journal.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []  # it may be written right now
    return [event for line in lines if (event := json.loads(line)["data"])["event"] == "waiting"]


def values(*, first: int, count: int) -> Sequence[str]:
    """Give answers that make the value smaller step by step."""
    return [answer(first - step) for step in range(count)]
