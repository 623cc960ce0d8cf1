"""What differs between two trees, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LINK = "120000"
GITLINK = "160000"
PLAIN = "100644"
EXECUTABLE = "100755"


@dataclass(frozen=True, slots=True)
class Entry:
    """A path's content in a tree."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class Change:
    """One path before and after; None where it does not exist."""

    path: str
    old: Entry | None
    new: Entry | None


@dataclass(frozen=True, slots=True)
class Capture:
    """What a proposer left: changes in scope, their blobs already stored, and the paths it had no right to touch.

    `secrets` says in words which kinds of secrets stand where; with one of them no blob is stored and there are no changes.
    `unfit` says of some of those outside why, though they are in scope, they cannot be taken: path -> what it is.
    """

    changes: tuple[Change, ...] = ()
    outside: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)
