"""Plausibility: a new file that stands in for another is named."""

import pytest
from tests.decision.oddities import of_paths


@pytest.mark.parametrize(
    "path",
    ["json.py", "src/random/__init__.py", "autoexp/__init__.py", "conftest.py", "a/b/conftest.py", "pytest.ini", "setup.cfg",
     "sitecustomize.py", "x.pth", "fast.so", "a/x.pyc", "numpy.py", "deep/down/statistics.py"],
)  # fmt: skip
def test_new_file_that_stands_in_for_another_is_named(path):
    (reason,) = of_paths(path)
    assert path in reason


@pytest.mark.parametrize(
    "path", ["solution.py", "fast.py", "data/words.txt", "src/lib.rs", "json.md", "a.c", "json/data.csv"]
)
def test_new_file_of_an_honest_change_is_left_alone(path):
    assert of_paths(path) == ()


def test_name_of_the_standard_library_shadows_nothing_in_a_package():
    assert of_paths("pkg/core/types.py", tree=["pkg/core/__init__.py"]) == ()
    assert of_paths("pkg/core/types.py", "pkg/core/__init__.py", tree=["pkg/x.py"])
    assert of_paths("types.py", tree=["__init__.py"])


def test_new_program_is_named():
    assert of_paths("bin/git", executable=["bin/git"]) == ("new file 'bin/git' is a program",)
