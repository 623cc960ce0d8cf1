"""What went through a proxy, host by host: counted from many threads, and bounded however many names are asked for."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from autoexp.spec.network import Endpoint

MOST_NAMES = 256
OTHERS = "(others)"


@dataclass(frozen=True, slots=True)
class Counts:
    """Bytes sent to a host and received from it, tunnels opened, and requests refused."""

    sent: int = 0
    received: int = 0
    connections: int = 0
    refused: int = 0

    def __add__(self, more: "Counts") -> "Counts":
        """Join two."""
        return Counts(
            self.sent + more.sent,
            self.received + more.received,
            self.connections + more.connections,
            self.refused + more.refused,
        )


class Traffic:
    """A growing count for each `host:port`; names beyond a bound share one line, those that were connected to have their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reached: dict[str, Counts] = {}
        self._refused: dict[str, Counts] = {}

    def add(self, endpoint: Endpoint, counts: Counts) -> None:
        """Count something for an endpoint."""
        with self._lock:
            table = self._refused if counts.refused else self._reached
            name = str(endpoint)
            if name not in table and len(table) >= MOST_NAMES:
                name = OTHERS
            table[name] = table.get(name, Counts()) + counts

    def counts(self) -> Mapping[str, Counts]:
        """Give what was counted so far, hosts in the order in which they first appeared."""
        with self._lock:
            joined = dict(self._reached)
            for name, counts in self._refused.items():
                joined[name] = joined.get(name, Counts()) + counts
        return MappingProxyType(joined)
