"""Server-sent events: bytes as they come to whole events."""

from dataclasses import dataclass

from autoexp.proposers.model.client.failures import Unreadable


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its name, mostly empty, and its data."""

    name: str
    data: str


class Events:
    """Collects bytes and gives the events that they complete."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """Give the events that end in `chunk`. Raises Unreadable when one is no UTF-8."""
        self._rest.append(chunk)
        if b"\n" not in chunk and b"\r" not in chunk:
            return []
        lines = b"".join(self._rest).splitlines(keepends=True)
        # A carriage return at the end may be half of a line end; bytes.splitlines knows only \n, \r and \r\n.
        self._rest = [] if lines[-1].endswith(b"\n") else [lines.pop()]
        return [event for line in lines if (event := self._line(line.rstrip(b"\r\n")))]

    def end(self) -> list[ServerEvent]:
        """Give the event that the end of the body completes, if there is one."""
        rest, self._rest = b"".join(self._rest), []
        events = [self._line(rest.rstrip(b"\r\n")), self._line(b"")] if rest else [self._line(b"")]
        return [event for event in events if event]

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._event()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        return None

    def _event(self) -> ServerEvent | None:
        name, data = self._name, b"\n".join(self._data)
        self._name, self._data = "", []
        if not data.strip():
            return None
        try:
            return ServerEvent(name, data.decode())
        except UnicodeDecodeError:
            raise Unreadable("an event of the stream is no UTF-8") from None
