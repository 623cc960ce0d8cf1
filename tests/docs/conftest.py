"""The helper that runs the command line, as in the tests from end to end."""

from tests.end_to_end.conftest import helper

__all__ = ["helper"]
