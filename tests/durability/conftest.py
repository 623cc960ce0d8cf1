"""The user's repository and the real command line, as in the tests from end to end."""

from tests.end_to_end.conftest import helper, project

__all__ = ["helper", "project"]
