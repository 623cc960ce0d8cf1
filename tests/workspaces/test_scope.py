"""Which paths may be edited, and what the parent commit ignores."""

import pytest

from autoexp.workspaces import Scope
from autoexp.workspaces.ignore import IgnoreRules, is_leftover


@pytest.mark.parametrize(
    ("edit", "path", "allowed"),
    [
        (["src/model.py"], "src/model.py", True),
        (["src/model.py"], "deep/src/model.py", False),
        (["model.py"], "deep/src/model.py", True),
        (["/model.py"], "src/model.py", False),
        (["src/"], "src/a/b.py", True),
        (["src/**"], "src/a/b.py", True),
        (["*.py"], "a/b.py", True),
        (["src/", "!src/keep.py"], "src/keep.py", False),
        (["src/", "!src/keep/"], "src/keep/x.py", False),
        (["src/model.py"], "src/model.pyc", False),
        (["a b.py"], "a b.py", True),
        (["*.py"], "odd\udcff.py", True),
        (["src/"], "src\nx", False),
        (["src/**/x.py"], "src/a\nb/x.py", True),
        (["**/x.py"], "a\nb/x.py", True),
        (["model.py"], "model.py\n", False),
        (["model.py\n"], "model.py", True),
        (["a\nb.py"], "a\nb.py", True),
        (["a\nb.py"], "a b.py", False),
        (["*.py"], "back\\slash.py", True),
        ([r"back\\slash.py"], "back\\slash.py", True),
        (["-dash.py"], "-dash.py", True),
        (['it\'s "so".py'], 'it\'s "so".py', True),
        (["\u00e9.py"], "\u00e9.py", True),
        (["\u00e9.py"], "e\u0301.py", False),
        (["model.py"], "Model.py", False),
        (["# a comment", ""], "a", False),
        ([], "a", False),
    ],
)
def test_scope_speaks_gitignore(edit, path, allowed):
    assert Scope(edit).matches(path) is allowed


@pytest.mark.parametrize(
    "path",
    [
        "x.log",
        "deep/x.log",
        "build/x",
        "deep/build/x/y",
        "src/x.log",
        "src/kept.log",
        "src/build/kept.log",
        "bench.py",
        "build",
        "odd\u2028name",
    ],
)
def test_ignore_rules_agree_with_git(user, repository, path):
    rules = IgnoreRules(repository, repository.entries("HEAD"))
    # One path more, which git surely ignores: it exits with 1 when it ignores none.
    said = user.git("check-ignore", "--no-index", "-v", "-n", "--stdin", stdin=f"{path}\nx.log".encode())
    pattern = said.splitlines()[0].split("\t")[0].split(":", 2)[2]
    assert rules.ignores(path) is (bool(pattern) and not pattern.startswith("!"))


@pytest.mark.parametrize("path", ["__pycache__/", "a/__pycache__/x", "a/b.pyc", "b.pyo"])
def test_interpreter_caches_are_leftovers(path):
    assert is_leftover(path)
