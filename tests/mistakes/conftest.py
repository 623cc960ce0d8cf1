"""A project to spoil, as in the end-to-end tests."""

from tests.end_to_end.conftest import helper, project

__all__ = ["helper", "project"]
