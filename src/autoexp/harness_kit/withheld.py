"""Keys that the harness uses and the candidate's processes do not get."""

from __future__ import annotations

import os

from .errors import KitError

_taken: dict[str, str] = {}


def withhold(name: str) -> None:
    """Take a variable out of the environment and keep its value for `judge`: programs that start later do not get it.

    Call it before anything of the candidate runs. Raises KitError when the variable is not set.
    """
    value = os.environ.pop(name, "").strip()
    if value:
        _taken[name] = value
    if name not in _taken:
        raise KitError(
            f"the variable {name} is not set: name it in harness.env_from, and set it where autoexp is started"
        )


def value_of(name: str) -> str:
    """Give the value of a variable, which is withheld from now on. Raises KitError when it is not set."""
    withhold(name)
    return _taken[name]
