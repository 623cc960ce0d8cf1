"""The parts of the extra `models`, loaded on first use."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from autoexp.errors import AutoexpError


def need(*names: str) -> None:
    """Say before anything is sent that a package is missing. Raises AutoexpError."""
    for name in names:
        if find_spec(name) is None:
            raise _missing(name)


def load(name: str) -> ModuleType:
    """Give a package of the extra. Raises AutoexpError when it is not installed."""
    need(name)
    return import_module(name)


def _missing(name: str) -> AutoexpError:
    return AutoexpError(
        f"asking a model needs the package {name}, which is not installed", fix="pip install 'autoexp[models]'"
    )
