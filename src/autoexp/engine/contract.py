"""The contract as a session holds it: the two files, read once at start."""

from dataclasses import dataclass
from pathlib import Path

from autoexp.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Contract:
    """The two files as read at start."""

    spec: Spec
    spec_text: str
    program: str
    folder: Path
