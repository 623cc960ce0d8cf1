"""What holds for the house as a whole: words for every public name, a cheap start, pages that exist."""

import ast
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "autoexp"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if not re.search(r"labs/\w+/", path.as_posix()))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_public_name_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "the module"
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            assert node.name.startswith("_") or ast.get_docstring(node), node.name
            public = [item for item in node.body if isinstance(item, ast.FunctionDef)] if node.name[0] != "_" else []
        else:
            public = []
        for item in public:
            assert item.name.startswith("_") or ast.get_docstring(item), f"{node.name}.{item.name}"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not _is_overload(node):
            assert node.name.startswith("_") or ast.get_docstring(node), node.name


def _is_overload(node: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_ends_before_500_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 500


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, autoexp; print(sorted({'pydantic', 'typer', 'rich', 'ruamel'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_help_loads_no_engine() -> None:
    code = (
        "import sys; sys.argv = ['autoexp', '--help']\n"
        "from autoexp.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pydantic', 'ruamel', 'autoexp.engine', 'autoexp.api'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_every_built_in_plugin_loads() -> None:
    for group in ("autoexp.proposers", "autoexp.strategies", "autoexp.executors"):
        found = entry_points(group=group)
        assert found
        for entry in found:
            assert entry.load()


def test_every_page_of_the_navigation_exists_and_every_page_is_in_it() -> None:
    named = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert named == {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}


def test_the_two_commands_of_the_readme_are_targets() -> None:
    readme, makefile = (ROOT / "README.md").read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
