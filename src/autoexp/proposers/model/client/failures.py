"""What inner parts raise about a body, before anybody knows whose it is."""

from typing import Any


class Unreadable(Exception):  # noqa: N818  read as a sentence
    """A body that holds no answer: `kind` is malformed or cut."""

    def __init__(self, reason: str, *, kind: str = "malformed") -> None:
        super().__init__(reason)
        self.kind = kind


class ErrorSaid(Exception):  # noqa: N818  the service's error, not ours
    """An error that a service put where an answer should be, in a body or a stream that began well."""

    def __init__(self, payload: Any) -> None:
        super().__init__("the service reported an error")
        self.payload = payload
