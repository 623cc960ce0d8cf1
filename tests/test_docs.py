"""Pages that cannot lie: the contract page loads, and names every key that is built."""

import re
from pathlib import Path

import pytest

from autoexp import plugins
from autoexp.spec import load
from autoexp.spec.model import Spec

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "contract.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_contract_page_is_a_valid_contract() -> None:
    assert load(EXAMPLE).name == "etl"


def test_contract_page_names_every_key() -> None:
    for name, field in Spec.model_fields.items():
        section = getattr(field.annotation, "model_fields", {})
        for key, inner in {name: field, **section}.items():
            assert re.search(rf"\b{inner.alias or key}\b", PAGE), f"{name}.{inner.alias or key}"


AGENTS = ("claude-code", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini-swe-agent")
ROWS = re.findall(
    r"^\| `([\w-]+)` \| \[[^\]]+\]\(([\w-]+\.md)\) \| (\w+)[^|]*\| (\w+)[^|]*\| (\w+)[^|]*\| ([^|]+) \|",
    (DOCS / "agents/index.md").read_text("utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize("name", [*AGENTS, "acp", "argv"])
def test_contract_page_names_every_key_of_an_agent(name: str) -> None:
    for key, field in plugins.find("autoexp.proposers", name).Options.model_fields.items():
        assert f"`{field.alias or key}`" in PAGE, field.alias or key


@pytest.mark.parametrize("name", [*AGENTS, "acp", "argv"])
def test_every_agent_has_a_page_that_shows_its_contract(name: str) -> None:
    page = {row[0]: row[1] for row in ROWS}[name]
    assert f"kind: {name}" in (DOCS / "agents" / page).read_text("utf-8")


@pytest.mark.parametrize("name", AGENTS)
def test_table_of_agents_says_what_their_adapters_do(name: str) -> None:
    facts = plugins.find("autoexp.proposers", name).agent.facts
    held, mends, rules, counts = next(row[2:] for row in ROWS if row[0] == name)
    assert held == facts.allow
    assert mends == ("yes" if facts.resumes else "no")
    assert rules == ("yes" if facts.rules else "no")
    assert counts == facts.counts
