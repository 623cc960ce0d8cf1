"""What a repair is going to write into git: blobs with the refs that they belong to, and moves of refs."""

from dataclasses import dataclass, field

from autoexp.workspaces.refs import RefUpdate


@dataclass(slots=True)
class Plan:
    """What is to be written: blobs with the refs that they belong to, and moves of refs."""

    blobs: list[tuple[str, bytes]] = field(default_factory=list)
    moves: list[RefUpdate] = field(default_factory=list)
