"""A campaign whose proposer is a real coding agent, and the fake model that tells it what to do, experiment by experiment."""

import json
from typing import Any

from autoexp.testing.fake_model import FakeModel
from autoexp.testing.fake_model.agents import ASKED, ENDS_BY, Script, change, step
from tests.agents import install
from tests.end_to_end.conftest import CONTRACT, Project

__all__ = ["ASKED", "ENDS_BY", "Script", "change", "step"]

KEY = "sk-of-these-agents-0123456789"
SECTIONS: dict[str, dict[str, Any]] = {
    "aider": {"kind": "aider", "model": "fake-model"},
    "claude-code": {"kind": "claude-code", "model": "claude-sonnet-4-5"},
    "codex": {"kind": "codex", "model": "gpt-5.5"},
    "gemini": {"kind": "gemini", "model": "gemini-2.5-flash"},
    "opencode": {"kind": "opencode", "model": "fake-model"},
    "pi": {"kind": "pi", "model": "fake-model"},
    "qwen": {"kind": "qwen", "model": "fake-model"},
    "mini-swe-agent": {"kind": "mini-swe-agent", "model": "fake-model"},
}
"""What a contract says of each agent, address and key aside."""

PLAIN_URL = frozenset({"claude-code", "gemini"})
"""Agents whose provider's address has no /v1 at its end."""


def by_agent(
    project: Project, name: str, model: FakeModel, *, level: str = "auto", more: str = "", **keys: Any
) -> None:
    """Write a contract whose proposer is an agent, in the sandbox."""
    url = model.url if name in PLAIN_URL else model.openai_url
    section = {**SECTIONS[name], "base_url": url, "api_key_env": "FAKE_KEY", **keys}
    text = CONTRACT.replace("proposer: {kind: script, file: edits.yaml}", f"proposer: {json.dumps(section)}")
    text = text.replace("proposer: {level: none}", f"proposer: {{level: {level}}}")
    project.contract(text + more)
    project.environ["FAKE_KEY"] = KEY
    project.environ["PATH"] = install.path(name)
    project.patience_s = 600.0  # an agent may take ten seconds of a CPU to start


def used(model: FakeModel) -> dict[str, int]:
    """Give the tokens that the server counted, cached ones in `input` as autoexp counts them."""
    total: dict[str, int] = {}
    for part in model.stats().values():
        for kind, count in part["usage"].items():
            total[kind] = total.get(kind, 0) + count
    return {
        "input": total["input"] + total["cache_read"] + total["cache_write"],
        "cached": total["cache_read"],
        "output": total["output"],
    }


def proposals(project: Project) -> list[dict[str, Any]]:
    """Give what was proposed, in order."""
    return [event["proposal"] for event in project.journal() if event["event"] == "proposal"]
