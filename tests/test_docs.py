"""Pages that cannot lie: their contracts load, and their links lead somewhere. Each key has its test in docs/test_keys.py."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from autoexp import plugins
from autoexp.engine import parts
from autoexp.engine.contract import Contract
from autoexp.spec import load
from tests.agents.install import PINS
from tests.docs.pages import files

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "contract.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_contract_page_is_a_valid_contract() -> None:
    assert load(EXAMPLE).name == "etl"


AGENTS = ("claude-code", "codex", "gemini", "opencode", "pi", "qwen", "aider", "mini-swe-agent")
ROWS = re.findall(
    r"^\| `([\w-]+)` \| \[[^\]]+\]\(([\w-]+\.md)\) \| (\w+)[^|]*\| (\w+)[^|]*\| (\w+)[^|]*\| ([^|]+) \|",
    (DOCS / "agents/index.md").read_text("utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize("name", [*AGENTS, "acp", "argv"])
def test_every_agent_has_a_page_that_shows_its_contract(name: str) -> None:
    page = {row[0]: row[1] for row in ROWS}[name]
    assert f"kind: {name}" in (DOCS / "agents" / page).read_text("utf-8")


@pytest.mark.parametrize("name", AGENTS)
def test_page_of_an_agent_names_the_version_that_is_tried(name: str) -> None:
    version = re.split("@|==", PINS[name].text.split()[0])[-1]
    page = (DOCS / "agents" / f"{name}.md").read_text("utf-8")
    assert version in page
    assert "[fake model]" in page or "plays a model" in page


@pytest.mark.parametrize("name", AGENTS)
def test_table_of_agents_says_what_their_adapters_do(name: str) -> None:
    facts = plugins.find("autoexp.proposers", name).agent.facts
    held, mends, rules, counts = next(row[2:] for row in ROWS if row[0] == name)
    assert held == facts.allow
    assert mends == ("yes" if facts.resumes else "no")
    assert rules == ("yes" if facts.rules else "no")
    assert counts == facts.counts


PAGES = [DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
LEAST: dict[str, Any] = {
    "scope": {"edit": ["a.py"]},
    "harness": {"measure": "python bench.py"},
    "metrics": {"m": {"role": "primary", "direction": "lower"}},
}


def _contracts() -> Iterator[Any]:
    """Give every YAML block of the pages that is a contract or a part of one. Others (edits of a script, say) are lists."""
    for page in PAGES:
        for count, text in enumerate(
            re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        ):
            block = YAML(typ="safe").load(text)
            if isinstance(block, dict):
                yield pytest.param(block, page, id=f"{page.relative_to(DOCS.parent)}-{count}")


@pytest.mark.parametrize(("block", "page"), list(_contracts()))
def test_contract_of_a_page_is_valid_but_for_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: dict[str, Any], page: Path
) -> None:
    if ":" in block.get("proposer", {}).get("kind", ""):  # a module, and it is on the page as well
        for name, content in files(page).items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
    whole = {**LEAST, **block, "harness": {**LEAST["harness"], **block.get("harness", {})}}
    text = json.dumps(whole)  # JSON is YAML
    contract = Contract(spec=load(text), spec_text=text, program="", folder=tmp_path)
    assert parts.plugin_problems(contract) == []


@pytest.mark.parametrize("name", ["codex", "qwen", "aider", "mini-swe-agent"])
def test_pages_hold_no_agent_to_commands_that_cannot_be(name: str) -> None:
    shown = [block.values[0].get("proposer", {}) for block in _contracts()]
    of_agent = [one for one in shown if one.get("kind") == name]
    assert of_agent
    assert all(one.get("allow", ["*"]) == ["*"] for one in of_agent)


def test_every_page_is_in_the_contents_and_every_link_leads_somewhere() -> None:
    named = set(re.findall(r"[\w/-]+\.md", (DOCS.parent / "mkdocs.yml").read_text("utf-8")))
    assert named == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
