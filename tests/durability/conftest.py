"""The user's repository and the real command line, as in the tests from end to end."""

from tests.durability.carried import bundle, campaign, elsewhere, ran
from tests.end_to_end.conftest import helper, project

__all__ = ["bundle", "campaign", "elsewhere", "helper", "project", "ran"]
