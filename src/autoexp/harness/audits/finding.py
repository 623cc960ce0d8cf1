"""What an audit finds, and what it has measured on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness of a contract: which audit saw it, what is wrong, by what it shows, and what to do."""

    audit: str
    what: str
    evidence: str
    fix: str


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that an audit has measured and that is worth knowing also without a finding: in words, and as numbers."""

    audit: str
    words: str
    values: Mapping[str, float] = field(default_factory=dict)
