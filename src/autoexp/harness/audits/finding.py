"""What an audit finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness of a contract: which audit saw it, what is wrong, by what it shows, and what to do."""

    audit: str
    what: str
    evidence: str
    fix: str
