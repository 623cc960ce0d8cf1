"""The human's contract: text of autoexp.yaml and program.md to a frozen Spec with a digest. Pure."""

from autoexp.spec.load import load
from autoexp.spec.model import Spec

__all__ = ["Spec", "load"]
